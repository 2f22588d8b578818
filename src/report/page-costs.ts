import { shortHex } from '../base/digest.ts';
import { clip, formatBytes, formatCount } from '../base/text.ts';
import { assertNever } from '../base/tool-error.ts';
import { rolesOf } from '../plan/plan-roles.ts';
import type { CatalogPlan, Plan } from '../plan/types.ts';
import { listVerification } from './list-verification.ts';
import type { PageCatalog, PageFacts } from './page-facts.ts';
import type { Block, PageLimits, Row, Section } from './page-types.ts';
import {
  formatRequests,
  formatRest,
  formatStorage,
  listRecipeLines,
  MUCH,
} from './render-plan-text.ts';
import { name, type Rich, rich, sentence, strong } from './rich-text.ts';

/** What is moved, and which index is served afterwards. */
export function listCosts(facts: PageFacts, limits: PageLimits): readonly Section[] {
  const blocks = [
    ...describeImages(facts),
    ...tabulateIndexes(facts, limits),
    ...(facts.plan === null ? [] : describeRoom(facts.plan, limits)),
  ];
  return blocks.length === 0 ? [] : [{ title: ['Images, bytes and indexes'], blocks }];
}

function describeImages({ plan, review }: PageFacts): readonly Block[] {
  const lines: Rich[] = [];
  if (review !== null) {
    const { added, removed } = review.images;
    const gone =
      removed.length === 0
        ? ''
        : `, ${formatCount(removed.length, 'image')} no longer wanted (nothing is deleted)`;
    lines.push([`Between the commits: ${formatCount(added.length, 'image')} more wanted${gone}.`]);
  }
  if (plan === null) {
    lines.push([
      'No registry was asked: how much is to be moved, whether staging has it, and what production serves are not known here.',
    ]);
  } else if (plan.steps.length > 0) {
    lines.push([describeCopies(plan)]);
  }
  return lines.map((text) => ({ kind: 'paragraph', text }));
}

function describeCopies({ steps, bytes, wantedItems, settled }: Plan): string {
  const copies = steps.filter(({ kind }) => kind === 'copy').length;
  const inSync = settled.filter(({ kind }) => kind === 'in-sync').length;
  const what = copies === 0 ? 'No image' : formatCount(copies, 'image');
  return `${what} to copy; ${formatBytes(bytes)} to move, layers that images share counted once. ${formatCount(wantedItems, 'item')} wanted, ${inSync} in sync already.`;
}

function tabulateIndexes({ catalogs }: PageFacts, limits: PageLimits): readonly Block[] {
  const changed = catalogs.filter((entry) => (entry.plan?.action ?? 'none') !== 'none');
  const shown = changed.slice(0, limits.catalogs);
  const rest = changed.length - shown.length;
  const same = catalogs.filter(({ plan }) => plan?.action === 'none').map((entry) => entry.catalog);
  const table: Block = {
    kind: 'table',
    columns: ['Index', 'Now', 'After', 'What happens'],
    rows: shown.map(formatIndex),
  };
  const recipes = shown.flatMap(({ plan }) => (plan === null ? [] : listRecipeLines(plan)));
  return [
    ...(shown.length === 0 ? [] : [table]),
    ...(rest === 0
      ? []
      : [paragraph([`… and ${formatCount(rest, 'more index', 'more indexes')}.`])]),
    ...recipes.map((line) => paragraph([line])),
    ...describeSame(same, limits),
  ];
}

function paragraph(text: Rich): Block {
  return { kind: 'paragraph', text };
}

function formatIndex({ catalog, target, plan }: PageCatalog): Row {
  const place = [name(target === '' ? catalog : target)];
  return plan === null ? [place, ['–'], ['–'], ['not known']] : [place, ...formatTurn(plan)];
}

/** Now, afterwards, and what happens. */
function formatTurn({ action, servedId, wantedId, pin }: CatalogPlan): Row {
  const now = servedId === null ? ['–'] : [name(shortHex(servedId))];
  const then = wantedId === null ? ['what Git says'] : [name(shortHex(wantedId))];
  switch (action) {
    case 'publish':
      return [now, [strong(then)], [pin === null ? 'published' : 'served, as pinned']];
    case 'restore':
      return [['none'], [strong(then)], ['published: nothing is served there now']];
    case 'pinned':
      return [now, now, ['stays, as pinned']];
    case 'blocked':
      return [now, now, rich`stays as it is; ${then} is blocked`];
    case 'none':
      return [now, now, ['in step']];
    default:
      return assertNever(action);
  }
}

function describeSame(names: readonly string[], { unchanged }: PageLimits): readonly Block[] {
  if (names.length === 0 || unchanged === 0) return [];
  const many = names.length > unchanged ? ` and ${names.length - unchanged} more` : '';
  const list = names.slice(0, unchanged).flatMap((own, i) => [i === 0 ? '' : ', ', name(own)]);
  return [paragraph(rich`In step already: ${list}${many}.`)];
}

function describeRoom(plan: Plan, { repositories: most, message }: PageLimits): readonly Block[] {
  const { repositories, bytes, storage } = plan;
  const verified = listVerification(plan).map((line) => paragraph(sentence(line)));
  if (bytes < MUCH) return verified;
  const shown = repositories.slice(0, most);
  const rest = repositories.slice(shown.length);
  const rows = shown.map(
    (entry): Row => [[name(entry.repository)], [`${entry.images}`], [formatBytes(entry.bytes)]],
  );
  const fold: Block = {
    kind: 'fold',
    summary: `Where the bytes go: ${formatCount(repositories.length, 'repository', 'repositories')}`,
    blocks: [
      { kind: 'table', columns: ['Repository', 'Images', 'To move'], rows },
      ...(rest.length === 0 ? [] : [paragraph([`… and ${formatRest(rest)}.`])]),
      ...(plan.requests === undefined
        ? []
        : [paragraph([formatRequests(plan.requests, rolesOf(plan))])]),
    ],
  };
  return [
    ...(storage === null
      ? []
      : [paragraph([`${clip(formatStorage(storage, rolesOf(plan).serving), message)}.`])]),
    ...verified,
    ...(shown.length === 0 ? [] : [fold]),
  ];
}
