import { clip, formatCount, formatNumber } from '../base/text.ts';
import type { Check } from '../plan/types.ts';
import { CHECK_WORDS } from './check-words.ts';
import type { Finding, PageFacts } from './page-facts.ts';
import type { Block, Item, PageLimits } from './page-types.ts';
import { listWhy } from './render-plan-text.ts';
import { mark, type Rich, rich, sentence, strong } from './rich-text.ts';

const SEVERITIES = {
  blocked: { mark: 'blocked', word: 'Refused' },
  error: { mark: 'error', word: 'Error' },
  warning: { mark: 'warning', word: 'Warning' },
} as const;

/** What is refused or failed: a person has to do something about it. */
export function listRefusals(
  { checks, findings }: PageFacts,
  limits: PageLimits,
): readonly Block[] {
  const own = findings.filter(({ severity }) => severity !== 'warning');
  const why = listWhy(checks).map((line): Block => ({ kind: 'paragraph', text: sentence(line) }));
  return [...listFindings(own, limits), ...why];
}

export function listWarnings({ findings }: PageFacts, limits: PageLimits): readonly Block[] {
  return listFindings(
    findings.filter(({ severity }) => severity === 'warning'),
    limits,
  );
}

function listFindings(findings: readonly Finding[], limits: PageLimits): readonly Block[] {
  const items = findings.map((finding) => formatFinding(finding, limits));
  return items.length === 0 ? [] : [{ kind: 'list', items }];
}

function formatFinding({ severity, kind, checks }: Finding, limits: PageLimits): Item {
  const [first] = checks;
  const { mark: symbol, word } = SEVERITIES[severity];
  if (first !== undefined && checks.length === 1 && limits.examples > 0) {
    const item = formatCheck(first, limits);
    return { ...item, text: rich`${mark(symbol)} ${strong(`${word}:`)} ${item.text}` };
  }
  const { one, many } = CHECK_WORDS[kind];
  const text = rich`${mark(symbol)} ${strong(`${word}: ${formatCount(checks.length, one, many)}`)}`;
  return formatMany(checks, text, limits);
}

/** All of one kind: the first few, how many more, and a hint that all of them share once. */
function formatMany(group: readonly Check[], text: Rich, limits: PageLimits): Item {
  const hints = new Set(group.map(({ hint }) => hint));
  const [only] = hints;
  const shared = hints.size === 1 && typeof only === 'string' ? only : null;
  const shown = group
    .slice(0, limits.examples)
    .map((check) => formatCheck(shared === null ? check : { ...check, hint: null }, limits));
  const rest = group.length - shown.length;
  const more: readonly Item[] =
    rest === 0 || shown.length === 0 ? [] : [{ text: [`… and ${formatNumber(rest)} more`] }];
  return { text, items: [...shown, ...more], ...formatHint(shared, limits) };
}

function formatCheck({ message, hint }: Check, limits: PageLimits): Item {
  return { text: sentence(clip(message, limits.message)), ...formatHint(hint, limits) };
}

function formatHint(hint: string | null, { examples, message }: PageLimits): { hint?: Rich } {
  return hint === null || examples === 0 ? {} : { hint: sentence(clip(hint, message)) };
}
