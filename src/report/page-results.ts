import { formatBytes, formatCount } from '../base/text.ts';
import { type PlanRoles, rolesOf } from '../plan/plan-roles.ts';
import { CHECK_WORDS, type Question } from './check-words.ts';
import type { Finding, PageFacts } from './page-facts.ts';
import type { Row, Section } from './page-types.ts';
import { type Mark, mark, type Rich, rich } from './rich-text.ts';

/** What one look came to where nothing was found: that it passed, or why nobody looked. */
interface Clean {
  readonly mark: 'ok' | 'unasked';
  readonly text: string;
}

interface Look {
  readonly title: (roles: PlanRoles) => string;
  /** Null where it is said only when something was found. */
  readonly judge: ((facts: PageFacts) => Clean) | null;
  /** Nobody can tell without a registry. */
  readonly asks: boolean;
}

const QUESTIONS: Readonly<Record<Question, Look>> = {
  users: {
    title: () => 'Installed versions keep their way to a head',
    judge: judgeUsers,
    asks: false,
  },
  images: {
    title: ({ serving, source }) =>
      `Every image that an index names is in ${serving}, or comes from ${source}`,
    judge: judgeImages,
    asks: true,
  },
  tags: { title: () => 'No tag moves but those of indexes', judge: judgeAnswered, asks: true },
  indexes: {
    title: ({ serving }) => `What ${serving} serves is ours`,
    judge: judgeAnswered,
    asks: true,
  },
  answers: { title: () => 'Every registry gave a clear answer', judge: judgeAnswered, asks: true },
  room: {
    title: () => 'It fits into the free space and the requests of a day',
    judge: judgeRoom,
    asks: true,
  },
  input: {
    title: () => 'Manifest and catalogs are valid',
    judge: () => passed('holds'),
    asks: false,
  },
  writing: { title: ({ serving }) => `What ${serving} lets be written`, judge: null, asks: true },
  time: { title: () => 'What waits for its time', judge: null, asks: true },
};

const NO_PLAN: PlanRoles = { serving: 'production', source: 'staging' };

/** In the order in which they are told. */
const ORDER = [
  'users',
  'images',
  'tags',
  'indexes',
  'answers',
  'room',
  'input',
  'writing',
  'time',
] as const satisfies readonly Question[];

/** Every check with its result, those that passed and those that could not be made too. */
export function listResults(facts: PageFacts): Section {
  const rows = ORDER.flatMap((question) => judgeQuestion(question, facts));
  const unseen: readonly Row[] =
    facts.plan === null
      ? [
          [
            ['Images, tags, indexes and room in the registries'],
            rich`${mark('unasked')} not checked: no registry was asked`,
          ],
        ]
      : [];
  return {
    title: ['Checks'],
    blocks: [{ kind: 'table', columns: ['Check', 'Result'], rows: [...rows, ...unseen] }],
  };
}

function judgeQuestion(question: Question, facts: PageFacts): readonly Row[] {
  const { title: name, judge, asks } = QUESTIONS[question];
  const title = name(facts.plan === null ? NO_PLAN : rolesOf(facts.plan));
  const found = facts.findings.filter(({ kind }) => CHECK_WORDS[kind].question === question);
  const stranded = question === 'users' ? countStranded(facts) : 0;
  if (found.length + stranded > 0) return [[[title], formatFound(found, stranded)]];
  if (judge === null || (asks && facts.plan === null)) return [];
  const clean = judge(facts);
  return [[[title], rich`${mark(clean.mark)} ${clean.text}`]];
}

function formatFound(found: readonly Finding[], stranded: number): Rich {
  const counts = found.map(({ kind, checks }) =>
    formatCount(checks.length, CHECK_WORDS[kind].one, CHECK_WORDS[kind].many),
  );
  const cutOff = stranded === 0 ? [] : [`${formatCount(stranded, 'installation')} cut off`];
  return rich`${mark(worst(found, stranded))} ${[...cutOff, ...counts].join(', ')}`;
}

function worst(found: readonly Finding[], stranded: number): Mark {
  const severities = new Set(found.map(({ severity }) => severity));
  if (severities.has('error')) return 'error';
  return severities.has('blocked') || stranded > 0 ? 'blocked' : 'warning';
}

function countStranded({ upgrades }: PageFacts): number {
  return upgrades?.filter(({ effect }) => effect === 'stranded').length ?? 0;
}

function passed(text: string): Clean {
  return { mark: 'ok', text };
}

function unasked(text: string): Clean {
  return { mark: 'unasked', text };
}

function judgeAnswered({ findings }: PageFacts): Clean {
  const isClear = findings.every(({ kind }) => kind !== 'unknown');
  return isClear ? passed('holds') : unasked('not known: answers are missing');
}

function judgeUsers({ upgrades }: PageFacts): Clean {
  return upgrades === null
    ? unasked('not checked: in-use.yaml is missing, or cannot be read')
    : passed('holds');
}

function judgeImages(facts: PageFacts): Clean {
  if (facts.plan?.indexOnly === true) return unasked('not checked: --index-only');
  return judgeAnswered(facts);
}

function judgeRoom({ plan }: PageFacts): Clean {
  const bytes = plan?.bytes ?? 0;
  if (bytes === 0) return passed('nothing to move');
  const free = plan?.storage?.freeBytes ?? null;
  return free === null
    ? unasked(
        `not checked: the manifest names no storagePath of ${plan === null ? 'production' : rolesOf(plan).serving}`,
      )
    : passed(`${formatBytes(bytes)} to move, ${formatBytes(free)} free`);
}
