import { shortHex } from '../base/digest.ts';
import { clip, formatCount, formatNumber, shortRevision } from '../base/text.ts';
import { formatTime } from '../plan/format-moment.ts';
import type { Review, ReviewedCommit } from '../plan/review-types.ts';
import { listCosts } from './page-costs.ts';
import { isQuiet, type PageFacts } from './page-facts.ts';
import { listRefusals, listWarnings } from './page-findings.ts';
import { listOperators } from './page-operators.ts';
import { describeRest } from './page-rest.ts';
import { listResults } from './page-results.ts';
import type { Attachment, Block, Page, PageLimits, Section } from './page-types.ts';
import { listAutomatic, listManual, listOpened } from './page-upgrades.ts';
import { formatPageVerdict, judgeTone } from './page-verdict.ts';
import { formatStep } from './render-plan-text.ts';
import { name, type Rich, rich, sentence } from './rich-text.ts';

/** A digest with its repository is about 150 characters. */
const LONGEST_LINE = 300;

/**
 * What a plan or a review says to people: what upgrades by itself, what needs a person, what users
 * get, what it costs, what was checked; then the raw steps. Nothing to say is one line.
 */
export function buildPage(
  facts: PageFacts,
  limits: PageLimits,
  attachment: Attachment | null,
): Page {
  const frame = {
    tone: judgeTone(facts),
    mirror: clip(facts.mirror, limits.message),
    verdict: formatPageVerdict(facts),
  };
  if (isQuiet(facts)) return { ...frame, about: [], sections: [], footer: [] };
  const person = [...listRefusals(facts, limits), ...listManual(facts, limits)];
  const warnings = listWarnings(facts, limits);
  return {
    ...frame,
    about: describeAbout(facts, limits),
    sections: [
      ...listAutomatic(facts, limits),
      ...list('Needs a person', person),
      ...listOperators(facts, limits),
      ...listOpened(facts, limits),
      ...list('Settings of the manifest', listSettings(facts.review, limits)),
      ...listCosts(facts, limits),
      ...list('Warnings', warnings),
      listResults(facts),
      ...list('Details', listRaw(facts, limits)),
    ],
    footer: describeRest(facts, limits, attachment),
  };
}

function list(title: string, blocks: readonly Block[]): readonly Section[] {
  return blocks.length === 0 ? [] : [{ title: [title], blocks }];
}

function describeAbout({ mirror, plan, review }: PageFacts, limits: PageLimits): Rich {
  const commits: Rich =
    review === null
      ? rich`, commit ${name(shortRevision(plan?.revision ?? ''))}`
      : rich`, ${formatCommit(review.from, limits)} → ${formatCommit(review.to, limits)}`;
  const seen = plan === null ? [', offline'] : [`, registries as seen ${formatTime(plan.time)}`];
  const hash = plan === null ? [] : rich`, plan ${name(shortHex(plan.hash))}`;
  return rich`Mirror ${name(mirror)}${commits}${seen}${hash}`;
}

function formatCommit({ revision, subject }: ReviewedCommit, { message }: PageLimits): Rich {
  const words = subject === '' ? '' : ` (${clip(subject, Math.min(message, 80))})`;
  return rich`${name(shortRevision(revision))}${words}`;
}

function listSettings(review: Review | null, limits: PageLimits): readonly Block[] {
  const settings = review?.settings ?? [];
  if (settings.length === 0) return [];
  const shown = settings
    .slice(0, limits.settings)
    .map((text) => ({ text: sentence(clip(text, limits.message)) }));
  const rest = settings.length - shown.length;
  const more = rest === 0 ? [] : [{ text: [`… and ${formatCount(rest, 'more setting')}`] }];
  return [{ kind: 'list', items: [...shown, ...more] }];
}

function listRaw({ plan, review }: PageFacts, { steps: most }: PageLimits): readonly Block[] {
  const steps = plan?.steps ?? [];
  const { added, removed } = review?.images ?? { added: [], removed: [] };
  const lines = steps.slice(0, most).map((step) => formatStep(step).replace(/^~/, '!'));
  const more = added.slice(0, most).map((image) => `+ ${image}`);
  const gone = removed.slice(0, most).map((image) => `- ${image}`);
  return [
    ...foldLines(formatCount(steps.length, 'step'), lines, steps.length),
    ...foldLines(`${formatCount(added.length, 'image')} more wanted`, more, added.length),
    ...foldLines(`${formatCount(removed.length, 'image')} no longer wanted`, gone, removed.length),
  ];
}

function foldLines(summary: string, lines: readonly string[], all: number): readonly Block[] {
  if (lines.length === 0) return [];
  const rest = all - lines.length;
  const shown = lines.map((line) => clip(line, LONGEST_LINE));
  const more = rest === 0 ? [] : [`… and ${formatNumber(rest)} more`];
  return [{ kind: 'fold', summary, blocks: [{ kind: 'diff', lines: [...shown, ...more] }] }];
}
