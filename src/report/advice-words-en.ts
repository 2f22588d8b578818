import { formatCount } from '../base/text.ts';
import type { AdviceWords } from './advice-words.ts';

export const ADVICE_ENGLISH: AdviceWords = {
  title: (strategy, mirror) => `Advice for ${mirror}: ${strategy}`,
  opening: (day, revision, requests) =>
    `${day}, ${revision}. Read by HEAD and GET alone, ${formatCount(requests, 'request')}; nothing was written.`,
  today: (production, staging, strategy) =>
    `Production is ${production}, staging ${staging}, the strategy of mirror.yaml ${strategy}.`,
  unclear: (count) =>
    `A part was not answered clearly (${count}, at the end): the numbers say where they rest on less.`,
  why: 'Why',
  reasons: {
    'no-outage': () =>
      'Production only grows under append: nothing is deleted or overwritten, so nothing can be forgotten.',
    'copies-less': ({ size }) => `Append copies ${size} less than relocate.`,
    fits: ({ size, names }) => `It fits: ${names} has ${size} free.`,
    'fits-later': () => 'So do the further deliveries that are reckoned with.',
    'room-unknown': ({ names }) =>
      `Whether it fits is not known: set \`storagePath\` of ${names} in mirror.yaml, or give \`--free-${names} 500GB\`.`,
    full: ({ size }) => `It does not fit: production lacks ${size}.`,
    'full-later': () =>
      'The further deliveries that are reckoned with do not fit: plan a larger disk in time.',
    'both-full': () =>
      'Relocate does not fit either: staging has too little room for what is in use.',
    'use-unknown': () =>
      'What clusters use is not known, so nobody may leave anything behind: run `olmirror in-use` for each cluster before you think of relocate.',
    'use-partial': ({ names }) =>
      `What clusters use is not known wholly (${names}): look again with \`olmirror in-use\` before you think of relocate.`,
    'use-known': () =>
      'What clusters use is known, so relocate can be proved with `olmirror relocate check`.',
    saves: ({ size }) => `Relocate would leave ${size} less on the disks once production is wiped.`,
    'saves-nothing': () =>
      'Relocate would save no disk: all that production has is in use or delivered.',
    'not-planned': ({ names }) => `Relocate could not be planned: ${names}`,
    'held-up': ({ names }) => `Something holds append up, which \`olmirror plan\` tells: ${names}`,
    'goes-already': () =>
      'mirror.yaml goes this way already: what was left behind would have to be brought again for append.',
    split: ({ names }) =>
      `Clusters are served from staging by name today (${names}): see "Already split over two ports" in the docs.`,
    'pending-first': ({ names }) =>
      `Take in what waits in staging first: \`olmirror merge\` (${names}).`,
  },
  where: 'Where the next delivery goes',
  goes: (host) => `Into staging, ${host}, never straight into production.`,
  goesAfterSwap: (host) =>
    `If the roles are swapped before it comes: into ${host}, which is staging then.`,
  waiting: {
    applied: (catalog) => `${catalog}: what staging delivers is in production already.`,
    merged: (catalog, reference) =>
      `${catalog}: ${reference} is merged and not served yet. Run \`olmirror apply\`.`,
    'merged-not-committed': (catalog, reference) =>
      `${catalog}: ${reference} is merged in the working tree only. Commit it.`,
    'not-merged': (catalog, reference, images) =>
      `${catalog}: ${reference} waits to be merged, with ${formatCount(images, 'image')} that production lacks. Run \`olmirror merge ${catalog}\`.`,
    none: (catalog) => `${catalog}: no delivery is in staging.`,
    unknown: (catalog, reference) => `${catalog}: staging gave no clear answer of ${reference}.`,
  },
  emptying: {
    yes: (host) =>
      `Staging, ${host}, could be emptied before: nothing was seen that hinders it. \`olmirror staging check\` proves it.`,
    no: (host) => `Staging, ${host}, may not be emptied now:`,
    unknown: (host) => `Whether staging, ${host}, may be emptied is not known:`,
  },
  hindrances: {
    served: (count) => `Clusters pull ${formatCount(count, 'image')} from it by name`,
    'mirror-rule': (count) => `${formatCount(count, 'mirror rule')} of clusters lead there`,
    unmerged: (count) => `${formatCount(count, 'delivery', 'deliveries')} not in production`,
    'only-staging': (count) => `It alone has ${formatCount(count, 'image')} that are asked for`,
    unknown: (count) => `${formatCount(count, 'answer')} missing`,
    'no-objects': () => 'There is no in-use.yaml, so nobody knows what points there',
  },
  numbers: "Both ways in this site's numbers",
  strategies: { append: 'append', relocate: 'relocate' },
  comparison: {
    labels: {
      idea: 'idea',
      images: 'images',
      index: 'index',
      safety: 'safety',
      bytes: 'to copy now',
      time: 'time of the copy',
      each: 'to copy each time',
      steps: 'steps',
    },
    idea: ['production only grows', 'what is in use moves, roles change'],
    images: (count, host) => `${count} to ${host}`,
    index: [(host) => `all operators, at ${host}`, (host) => `in use and delivered, at ${host}`],
    safety: ['old content cannot be lost', 'a forgotten image is an outage'],
    now: (host) => `disk of ${host}, now`,
    after: () => '… after the copy',
    cleaned: () => '… cleaned',
    later: (count) => `… after ${formatCount(count, 'more delivery', 'more deliveries')}`,
    free: () => '… free now',
    full: ' (does not fit)',
    steps: (count, disturbing) =>
      disturbing === 0
        ? `${count}, clusters notice nothing`
        : `${count}, ${disturbing} disturb clusters`,
  },
  unknown: 'unknown',
  atLeast: (size) => `at least ${size}`,
  doubts: {
    unlisted: 'a registry does not list all its repositories to this user',
    unanswered: 'a registry gave no clear answer to a part',
    gone: 'some images are in neither registry any more, so their size is not known',
    'not-merged': 'the index that the merge will give comes on top',
    podman: 'the index that podman builds comes on top',
    history:
      'Git does not tell when deliveries came (a shallow clone, or an older commit that cannot be read)',
    'no-deliveries': 'no delivery was taken in yet',
    'no-use': 'what clusters use is not known wholly',
    blocked: 'it could not be planned',
  },
  basis: 'How the numbers came about',
  rate: {
    measured: (rate, passes) =>
      `Rate: ${rate}/s, measured by ${formatCount(passes, 'earlier pass', 'earlier passes')} of this machine.`,
    given: (rate) => `Rate: ${rate}/s, as given by --rate.`,
    none: () =>
      'Rate: not known, as no pass on this machine copied anything yet. Give one, such as --rate 50MB.',
  },
  pace: (size, count) => `A delivery: ${size}, the mean of the last ${count} that Git knows.`,
  paceDays: (days, ahead, span) =>
    `One came every ${days}, so ${formatCount(ahead, 'more delivery', 'more deliveries')} take about ${span}.`,
  paceWaiting: (size) =>
    `A delivery: ${size}, as the one that waits in staging; Git knows no earlier one.`,
  noPace: 'A delivery: no past one is known, so what further ones bring is not known either.',
  use: {
    known: (clusters) => `In use: in-use.yaml, of ${clusters}.`,
    partial: (clusters) => `In use: in-use.yaml, of ${clusters}; not all of it:`,
    unknown: () => 'In use: nobody knows. `olmirror in-use` writes it down.',
  },
  disk: 'Disk: each layer, config and manifest that has a name, once; a registry keeps more until its own clean-up, and the next backup of Git comes on top.',
  oneDisk:
    'Both registries keep their blobs on one disk: its room is there once, and what one takes the other lacks.',
  steps: (strategy) => `Steps with ${strategy}`,
  step: {
    look: 'Look at every cluster: `olmirror in-use`, then commit in-use.yaml',
    merge: 'Take in the delivery: `olmirror merge`, look at it, commit',
    apply: 'Copy and publish: `olmirror plan`, `olmirror apply`',
    status: 'See that production is in step: `olmirror status`',
    'staging-check': 'Prove that staging is not needed: `olmirror staging check`',
    'empty-staging': 'Empty staging with the means of the registry; olmirror never does',
    'rules-staging-first':
      'Mirror rules that name staging first, production second: `olmirror relocate swap` leads the way from here',
    pools: 'Wait until all machine config pools are updated',
    restart: 'Let pods start anew',
    'rules-staging-only': 'Mirror rules without production',
    'relocate-check':
      'Prove that production is not needed: `olmirror relocate check --output relocate-check.json`, commit it',
    swap: 'Exchange the roles in mirror.yaml, by one commit: `olmirror relocate swap`',
    'wipe-production':
      'Wipe the old production with the means of the registry; olmirror never does',
  },
  disturbs: '(disturbs clusters)',
  risks: 'What may go wrong',
  noRisks: 'Nothing was seen.',
  risk: {
    'only-production': (count) =>
      `${formatCount(count, 'image')} only in production: no second copy at this site`,
    'only-staging': (count) =>
      `${formatCount(count, 'image')} only in staging: lost if it is emptied before the copy`,
    neither: (count) =>
      `${formatCount(count, 'image')} in neither registry: bring them again, or list them as known missing`,
    'unknown-place': (count) =>
      `${formatCount(count, 'image')} of which nobody knows where they are`,
    'unknown-use': (count) => `${formatCount(count, 'thing')} not known of what clusters use`,
    stranded: (count) =>
      `${formatCount(count, 'installed version')} without a way to the newest one`,
    'not-served': (count) => `${formatCount(count, 'installed version')} in no catalog in Git`,
    unexplained: (count) =>
      `${formatCount(count, 'image')} in production that Git does not explain: gone with a wipe (\`olmirror audit\`)`,
  },
  onlyFor: (strategy) => `with ${strategy}`,
  cleaning: (strategy) => `What may be cleaned with ${strategy}`,
  repositories: (role, host) => `${role}, ${host}`,
  verdicts: {
    keep: 'keep',
    clean: 'may be cleaned after the proof',
    decide: 'a person decides',
    unknown: 'keep, as it is not known',
  },
  because: {
    wanted: 'Git asks for images in it',
    index: 'the indexes, and the ways back to earlier ones',
    backup: 'the backups of Git',
    unexplained: 'Git does not explain what is in it',
    waiting: 'a delivery that is not in production yet',
    'only-copy': 'production lacks images of it that are asked for',
    'in-use': 'clusters pull from it',
    'in-production': 'production has all of it',
    'becomes-production': 'staging becomes production',
    moves: 'what is in use is copied to staging before',
    unused: 'nothing in it is in use or delivered',
    'use-unknown': 'nobody knows what is in use',
    unanswered: 'the registry gave no clear answer',
  },
  place: (images, about, size) =>
    about === images
      ? `${formatCount(images, 'image')}, ${size}`
      : `${about} of ${formatCount(images, 'image')}, ${size}`,
  unanswered: 'Not answered clearly',
  more: (count) => `… and ${count} more (--format json lists all)`,
  span: (unit, count) => {
    const names = { s: 'second', min: 'minute', h: 'hour', d: 'day' };
    return formatCount(count, names[unit]);
  },
};
