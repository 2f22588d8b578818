import { formatCount } from '../base/text.ts';
import type { Hindrance } from '../plan/survey-types.ts';

/** What a survey says, in one language. */
export interface SurveyWords {
  readonly title: (production: string, staging: string, day: string) => string;
  readonly readOnly: (requests: number) => string;
  readonly cut: string;
  readonly production: string;
  readonly staging: string;
  readonly indexes: string;
  readonly holds: (packages: number, bundles: number) => string;
  readonly serving: Readonly<Record<'itself' | 'extract', string>>;
  readonly servedBy: (objects: string) => string;
  readonly servedByNone: string;
  readonly operators: string;
  readonly columns: readonly [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  readonly layout: string;
  readonly noRules: string;
  readonly rule: (from: string, to: string, hits: string) => string;
  readonly alias: (host: string, of: string) => string;
  readonly missing: (count: number) => string;
  readonly onlyStaging: (count: number) => string;
  readonly unknown: (count: number) => string;
  readonly unclear: (count: number) => string;
  readonly foreign: (count: number, listed: number) => string;
  readonly noList: string;
  readonly tags: (digests: number, hashes: number, attached: number) => string;
  readonly unlisted: (count: number) => string;
  readonly odd: (repository: string, tags: string) => string;
  readonly emptying: string;
  readonly verdicts: Readonly<Record<'yes' | 'no' | 'unknown', string>>;
  readonly hindrances: Readonly<Record<Hindrance['kind'], (count: number) => string>>;
  readonly next: string;
  readonly more: (count: number) => string;
  readonly topLevel: string;
}

const ENGLISH: SurveyWords = {
  title: (production, staging, day) =>
    `Survey of production ${production} and staging ${staging}, ${day}`,
  readOnly: (requests) =>
    `Read by HEAD and GET alone, ${formatCount(requests, 'request')}; nothing was written.`,
  cut: 'The requests of this run were used up. Run it again: it goes on where it was.',
  production: 'production',
  staging: 'staging',
  indexes: 'Indexes',
  holds: (packages, bundles) =>
    `${formatCount(packages, 'package')}, ${formatCount(bundles, 'bundle')}`,
  serving: {
    itself: 'its own command serves it',
    extract: 'needs extractContent in the CatalogSource',
  },
  servedBy: (objects) => `served by ${objects}`,
  servedByNone: 'no object given serves it',
  operators: 'Operators',
  columns: [
    'operator',
    'installed',
    'production',
    'staging',
    'in both',
    'only production',
    'only staging',
    'in neither',
    'unknown',
  ],
  layout: 'Where images lie',
  noRules: 'At their upstream path without the host, in both registries.',
  rule: (from, to, hits) => `${from} → ${to} (${hits})`,
  alias: (host, of) => `${host} is another name of ${of}.`,
  missing: (count) => `In neither registry: ${count}`,
  onlyStaging: (count) => `Only in staging: ${count}`,
  unknown: (count) => `Not answered clearly: ${count}`,
  unclear: (count) => `Addresses of our own hosts without an upstream name: ${count}`,
  foreign: (count, listed) =>
    `Repositories in production that no index explains: ${count} of ${listed}`,
  noList:
    'Production does not list its repositories to this user, so that what else it holds is not known.',
  tags: (digests, hashes, attached) =>
    `Tags of the images in production: ${digests} named after digests, ${hashes} after oc-mirror v1 hashes, ${attached} of signatures and the like.`,
  unlisted: (count) => `Repositories that do not list their tags: ${count}`,
  odd: (repository, tags) => `${repository}: ${tags}`,
  emptying: 'May staging be emptied?',
  verdicts: {
    yes: 'Nothing was seen that hinders it. `olmirror staging check` proves it once the site is taken over.',
    no: 'No.',
    unknown: 'Nobody knows.',
  },
  hindrances: {
    served: (count) => `Clusters are served ${formatCount(count, 'index', 'indexes')} from it:`,
    'mirror-rule': (count) => `Nodes are sent there by ${formatCount(count, 'mirror rule')}:`,
    unmerged: (count) =>
      `Its indexes have ${formatCount(count, 'bundle')} that no index of production has:`,
    'only-staging': (count) => `It alone has ${formatCount(count, 'image')}:`,
    unknown: (count) => `Nobody knows the place of ${formatCount(count, 'image')}:`,
    'no-objects': () =>
      'No objects of clusters were given (--cluster-resources), so that nobody knows what points there.',
  },
  next: 'What to do next',
  more: (count) => `… and ${count} more`,
  topLevel: '(top level)',
};

const KOREAN: SurveyWords = {
  title: (production, staging, day) =>
    `현황 조사: 프로덕션 ${production}, 스테이징 ${staging}, ${day}`,
  readOnly: (requests) =>
    `HEAD와 GET으로만 읽었습니다(요청 ${requests}건). 아무것도 쓰지 않았습니다.`,
  cut: '이번 실행의 요청 한도를 다 썼습니다. 다시 실행하면 멈춘 곳에서 이어집니다.',
  production: '프로덕션',
  staging: '스테이징',
  indexes: '인덱스',
  holds: (packages, bundles) => `패키지 ${packages}개, 번들 ${bundles}개`,
  serving: {
    itself: '이미지 자체 명령으로 서비스됩니다',
    extract: 'CatalogSource에 extractContent가 필요합니다',
  },
  servedBy: (objects) => `서비스하는 객체: ${objects}`,
  servedByNone: '주어진 객체 중 이것을 서비스하는 것이 없습니다',
  operators: '오퍼레이터',
  columns: [
    '오퍼레이터',
    '설치됨',
    '프로덕션',
    '스테이징',
    '양쪽',
    '프로덕션만',
    '스테이징만',
    '없음',
    '알 수 없음',
  ],
  layout: '이미지가 놓인 위치',
  noRules: '두 레지스트리 모두 호스트를 뺀 업스트림 경로에 있습니다.',
  rule: (from, to, hits) => `${from} → ${to} (${hits})`,
  alias: (host, of) => `${host}은(는) ${of}의 다른 이름입니다.`,
  missing: (count) => `어느 레지스트리에도 없음: ${count}`,
  onlyStaging: (count) => `스테이징에만 있음: ${count}`,
  unknown: (count) => `분명한 답이 없음: ${count}`,
  unclear: (count) => `업스트림 이름을 알 수 없는 자체 호스트 주소: ${count}`,
  foreign: (count, listed) =>
    `어떤 인덱스도 설명하지 못하는 프로덕션의 저장소: ${listed}개 중 ${count}개`,
  noList:
    '프로덕션 레지스트리가 이 사용자에게 저장소 목록을 보여 주지 않아, 그 밖에 무엇이 있는지 알 수 없습니다.',
  tags: (digests, hashes, attached) =>
    `프로덕션 이미지의 태그: 다이제스트 이름 ${digests}개, oc-mirror v1 해시 ${hashes}개, 서명 등 ${attached}개.`,
  unlisted: (count) => `태그 목록을 주지 않는 저장소: ${count}`,
  odd: (repository, tags) => `${repository}: ${tags}`,
  emptying: '스테이징을 비워도 됩니까?',
  verdicts: {
    yes: '막는 것이 보이지 않습니다. 사이트를 인수한 뒤 `olmirror staging check`가 이를 증명합니다.',
    no: '아니요.',
    unknown: '알 수 없습니다.',
  },
  hindrances: {
    served: (count) => `클러스터가 스테이징의 인덱스 ${count}개를 사용합니다:`,
    'mirror-rule': (count) => `미러 규칙 ${count}개가 노드를 그쪽으로 보냅니다:`,
    unmerged: (count) => `프로덕션의 어느 인덱스에도 없는 번들이 ${count}개 있습니다:`,
    'only-staging': (count) => `스테이징에만 있는 이미지가 ${count}개입니다:`,
    unknown: (count) => `어디에 있는지 알 수 없는 이미지가 ${count}개입니다:`,
    'no-objects': () =>
      '클러스터 객체가 주어지지 않아(--cluster-resources) 무엇이 그쪽을 가리키는지 알 수 없습니다.',
  },
  next: '다음에 할 일',
  more: (count) => `… 외 ${count}개`,
  topLevel: '(최상위)',
};

export const SURVEY_WORDS: Readonly<Record<'en' | 'ko', SurveyWords>> = {
  en: ENGLISH,
  ko: KOREAN,
};
