import type { AdviceWords } from './advice-words.ts';

export const ADVICE_KOREAN: AdviceWords = {
  title: (strategy, mirror) => `${mirror}에 대한 조언: ${strategy}`,
  opening: (day, revision, requests) =>
    `${day}, ${revision}. HEAD와 GET으로만 읽었습니다(요청 ${requests}건). 아무것도 쓰지 않았습니다.`,
  today: (production, staging, strategy) =>
    `production은 ${production}, staging은 ${staging}, mirror.yaml의 전략은 ${strategy}입니다.`,
  unclear: (count) =>
    `분명한 답을 받지 못한 부분이 있습니다(${count}건, 맨 끝). 그만큼 적게 아는 숫자에는 그렇게 적혀 있습니다.`,
  why: '이유',
  reasons: {
    'no-outage': () =>
      'append에서 production은 늘어나기만 합니다. 지우거나 덮어쓰지 않으므로 잊히는 것이 없습니다.',
    'copies-less': ({ size }) => `append는 relocate보다 ${size} 적게 복사합니다.`,
    fits: ({ size, names }) => `들어갑니다. ${names}의 여유 공간은 ${size}입니다.`,
    'fits-later': () => '앞으로 올 것으로 계산한 반입분도 들어갑니다.',
    'room-unknown': ({ names }) =>
      `들어가는지 알 수 없습니다. mirror.yaml에서 ${names}의 \`storagePath\`를 정하거나 \`--free-${names} 500GB\`처럼 알려 주십시오.`,
    full: ({ size }) => `들어가지 않습니다. production에 ${size}가 모자랍니다.`,
    'full-later': () =>
      '앞으로 올 것으로 계산한 반입분은 들어가지 않습니다. 제때 더 큰 디스크를 준비하십시오.',
    'both-full': () =>
      'relocate도 들어가지 않습니다. 사용 중인 것을 담기에 staging의 공간이 모자랍니다.',
    'use-unknown': () =>
      '클러스터가 무엇을 사용하는지 몰라 아무것도 두고 갈 수 없습니다. relocate를 생각하기 전에 클러스터마다 `olmirror in-use`를 실행하십시오.',
    'use-partial': ({ names }) =>
      `클러스터가 사용하는 것을 다 알지 못합니다(${names}). relocate를 생각하기 전에 \`olmirror in-use\`로 다시 살펴보십시오.`,
    'use-known': () =>
      '클러스터가 사용하는 것을 알고 있으므로 relocate를 `olmirror relocate check`로 증명할 수 있습니다.',
    saves: ({ size }) => `production을 지운 뒤 relocate는 디스크에 ${size} 적게 남깁니다.`,
    'saves-nothing': () =>
      'relocate로 아낄 디스크가 없습니다. production에 있는 것이 모두 사용 중이거나 반입된 것입니다.',
    'not-planned': ({ names }) => `relocate를 계획하지 못했습니다: ${names}`,
    'held-up': ({ names }) => `append를 막는 것이 있습니다(\`olmirror plan\`): ${names}`,
    'goes-already': () =>
      'mirror.yaml이 이미 이 방법을 씁니다. append로 가려면 두고 온 것을 다시 가져와야 합니다.',
    split: ({ names }) =>
      `지금 클러스터가 이름으로 staging을 사용합니다(${names}). 문서의 "이미 두 포트로 나뉜 경우"를 보십시오.`,
    'pending-first': ({ names }) =>
      `staging에서 기다리는 것을 먼저 받아들이십시오: \`olmirror merge\` (${names}).`,
  },
  where: '다음 반입분을 둘 곳',
  goes: (host) => `staging, ${host}. production에 바로 넣지 않습니다.`,
  goesAfterSwap: (host) => `그 전에 역할을 바꾼다면 그때의 staging인 ${host}.`,
  waiting: {
    applied: (catalog) => `${catalog}: staging의 반입분이 이미 production에 있습니다.`,
    merged: (catalog, reference) =>
      `${catalog}: ${reference}은(는) 병합되었지만 아직 서비스되지 않습니다. \`olmirror apply\`를 실행하십시오.`,
    'merged-not-committed': (catalog, reference) =>
      `${catalog}: ${reference}은(는) 작업 트리에만 병합되었습니다. 커밋하십시오.`,
    'not-merged': (catalog, reference, images) =>
      `${catalog}: ${reference}이(가) 병합을 기다립니다. production에 없는 이미지가 ${images}개 있습니다. \`olmirror merge ${catalog}\`를 실행하십시오.`,
    none: (catalog) => `${catalog}: staging에 반입분이 없습니다.`,
    unknown: (catalog, reference) =>
      `${catalog}: staging이 ${reference}에 분명히 답하지 않았습니다.`,
  },
  emptying: {
    yes: (host) =>
      `그 전에 staging, ${host}을(를) 비울 수 있습니다. 막는 것이 보이지 않습니다. \`olmirror staging check\`가 이를 증명합니다.`,
    no: (host) => `staging, ${host}은(는) 지금 비우면 안 됩니다:`,
    unknown: (host) => `staging, ${host}을(를) 비워도 되는지 알 수 없습니다:`,
  },
  hindrances: {
    served: (count) => `클러스터가 이름으로 가져오는 이미지 ${count}개`,
    'mirror-rule': (count) => `그쪽으로 보내는 클러스터의 미러 규칙 ${count}개`,
    unmerged: (count) => `production에 없는 반입분 ${count}개`,
    'only-staging': (count) => `필요한 이미지 중 이곳에만 있는 것 ${count}개`,
    unknown: (count) => `받지 못한 답 ${count}개`,
    'no-objects': () => 'in-use.yaml이 없어 무엇이 그쪽을 가리키는지 알 수 없습니다',
  },
  numbers: '이 사이트의 숫자로 본 두 가지 방법',
  strategies: { append: 'append', relocate: 'relocate' },
  comparison: {
    labels: {
      idea: '방식',
      images: '이미지',
      index: '인덱스',
      safety: '안전',
      bytes: '지금 복사할 양',
      time: '복사 시간',
      each: '매번 복사할 양',
      steps: '단계',
    },
    idea: ['production은 늘어나기만 함', '사용 중인 것을 옮기고 역할을 바꿈'],
    images: (count, host) => `${count} → ${host}`,
    index: [(host) => `모든 오퍼레이터, ${host}`, (host) => `사용 중이거나 반입된 것, ${host}`],
    safety: ['옛 내용을 잃을 수 없음', '잊힌 이미지는 장애가 됨'],
    now: (host) => `${host}의 디스크, 지금`,
    after: () => '… 복사 후',
    cleaned: () => '… 정리 후',
    later: (count) => `… 반입 ${count}번 더 한 뒤`,
    free: () => '… 지금 여유 공간',
    full: ' (들어가지 않음)',
    steps: (count, disturbing) =>
      disturbing === 0
        ? `${count}단계, 클러스터에 영향 없음`
        : `${count}단계, ${disturbing}단계는 클러스터에 영향`,
  },
  unknown: '알 수 없음',
  atLeast: (size) => `최소 ${size}`,
  doubts: {
    unlisted: '레지스트리가 이 사용자에게 모든 저장소를 보여 주지 않습니다',
    unanswered: '레지스트리가 일부에 분명히 답하지 않았습니다',
    gone: '어느 레지스트리에도 없는 이미지가 있어 그 크기를 알 수 없습니다',
    'not-merged': '병합으로 생길 인덱스가 더해집니다',
    podman: 'podman이 빌드하는 인덱스가 더해집니다',
    history: 'Git이 반입 시점을 알려 주지 않습니다(얕은 클론이거나 읽을 수 없는 옛 커밋)',
    'no-deliveries': '아직 받아들인 반입분이 없습니다',
    'no-use': '클러스터가 사용하는 것을 다 알지 못합니다',
    blocked: '계획하지 못했습니다',
  },
  basis: '숫자의 근거',
  rate: {
    measured: (rate, passes) => `속도: ${rate}/s, 이 장비의 앞선 실행 ${passes}번에서 잰 값입니다.`,
    given: (rate) => `속도: ${rate}/s, --rate로 주어진 값입니다.`,
    none: () =>
      '속도: 알 수 없음. 이 장비에서 아직 복사한 적이 없습니다. --rate 50MB처럼 알려 주십시오.',
  },
  pace: (size, count) => `반입 한 번: ${size}, Git이 아는 최근 ${count}번의 평균입니다.`,
  paceDays: (days, ahead, span) =>
    `${days}마다 한 번 왔으므로 ${ahead}번 더 오는 데 약 ${span} 걸립니다.`,
  paceWaiting: (size) =>
    `반입 한 번: ${size}, staging에서 기다리는 것의 값입니다. Git은 그전의 반입을 모릅니다.`,
  noPace: '반입 한 번: 지난 반입을 알 수 없어, 앞으로 올 것도 알 수 없습니다.',
  use: {
    known: (clusters) => `사용 중인 것: in-use.yaml, ${clusters}.`,
    partial: (clusters) => `사용 중인 것: in-use.yaml, ${clusters}. 다 알지는 못합니다:`,
    unknown: () => '사용 중인 것: 아무도 모릅니다. `olmirror in-use`가 기록합니다.',
  },
  disk: '디스크: 이름이 있는 레이어, config, 매니페스트를 한 번씩 센 값입니다. 레지스트리는 자체 정리 전까지 더 많이 갖고 있고, 다음 Git 백업이 더해집니다.',
  oneDisk:
    '두 레지스트리가 블롭을 같은 디스크에 둡니다. 여유 공간은 하나뿐이어서 한쪽이 쓴 만큼 다른 쪽이 줄어듭니다.',
  steps: (strategy) => `${strategy}의 단계`,
  step: {
    look: '모든 클러스터를 살펴봅니다: `olmirror in-use`, 그다음 in-use.yaml을 커밋',
    merge: '반입분을 받아들입니다: `olmirror merge`, 살펴보고 커밋',
    apply: '복사하고 게시합니다: `olmirror plan`, `olmirror apply`',
    status: 'production이 Git과 같은지 봅니다: `olmirror status`',
    'staging-check': 'staging이 필요 없음을 증명합니다: `olmirror staging check`',
    'empty-staging': '레지스트리의 방법으로 staging을 비웁니다. olmirror는 비우지 않습니다',
    'rules-staging-first':
      'staging을 먼저, production을 다음에 적은 미러 규칙: 여기서부터 `olmirror relocate swap`이 안내합니다',
    pools: '모든 machine config pool이 갱신될 때까지 기다립니다',
    restart: '파드를 다시 시작합니다',
    'rules-staging-only': 'production이 없는 미러 규칙',
    'relocate-check':
      'production이 필요 없음을 증명합니다: `olmirror relocate check --output relocate-check.json`, 커밋',
    swap: 'mirror.yaml에서 역할을 한 커밋으로 바꿉니다: `olmirror relocate swap`',
    'wipe-production': '레지스트리의 방법으로 옛 production을 지웁니다. olmirror는 지우지 않습니다',
  },
  disturbs: '(클러스터에 영향)',
  risks: '잘못될 수 있는 것',
  noRisks: '보이지 않습니다.',
  risk: {
    'only-production': (count) =>
      `production에만 있는 이미지 ${count}개: 이 사이트에 다른 사본이 없습니다`,
    'only-staging': (count) => `staging에만 있는 이미지 ${count}개: 복사 전에 비우면 잃습니다`,
    neither: (count) =>
      `어느 레지스트리에도 없는 이미지 ${count}개: 다시 가져오거나 known missing에 적으십시오`,
    'unknown-place': (count) => `어디에 있는지 알 수 없는 이미지 ${count}개`,
    'unknown-use': (count) => `클러스터가 사용하는 것 중 모르는 것 ${count}가지`,
    stranded: (count) => `최신으로 가는 길이 없는 설치된 버전 ${count}개`,
    'not-served': (count) => `Git의 카탈로그에 없는 설치된 버전 ${count}개`,
    unexplained: (count) =>
      `Git이 설명하지 못하는 production의 이미지 ${count}개: 지우면 사라집니다 (\`olmirror audit\`)`,
  },
  onlyFor: (strategy) => `${strategy}일 때`,
  cleaning: (strategy) => `${strategy}에서 정리해도 되는 것`,
  repositories: (role, host) => `${role}, ${host}`,
  verdicts: {
    keep: '그대로 둠',
    clean: '증명 후 정리 가능',
    decide: '사람이 정함',
    unknown: '알 수 없으므로 그대로 둠',
  },
  because: {
    wanted: 'Git이 그 안의 이미지를 필요로 합니다',
    index: '인덱스와 이전 인덱스로 돌아가는 길',
    backup: 'Git의 백업',
    unexplained: '안에 있는 것을 Git이 설명하지 못합니다',
    waiting: '아직 production에 없는 반입분',
    'only-copy': '필요한 이미지가 production에 없습니다',
    'in-use': '클러스터가 이곳에서 가져옵니다',
    'in-production': '모두 production에 있습니다',
    'becomes-production': 'staging이 production이 됩니다',
    moves: '사용 중인 것은 먼저 staging으로 복사됩니다',
    unused: '사용 중이거나 반입된 것이 없습니다',
    'use-unknown': '무엇이 사용 중인지 알 수 없습니다',
    unanswered: '레지스트리가 분명히 답하지 않았습니다',
  },
  place: (images, about, size) =>
    about === images ? `이미지 ${images}개, ${size}` : `이미지 ${images}개 중 ${about}개, ${size}`,
  unanswered: '분명한 답이 없는 것',
  more: (count) => `… 외 ${count}개 (--format json에 모두 있음)`,
  span: (unit, count) => {
    const names = { s: '초', min: '분', h: '시간', d: '일' };
    return `${count}${names[unit]}`;
  },
};
