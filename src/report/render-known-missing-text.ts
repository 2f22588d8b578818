import { formatCount } from '../base/text.ts';
import type { ListedStanding } from '../images/judge-listed.ts';
import { canGo } from '../plan/known-missing-checks.ts';
import type { KnownMissingItem, KnownMissingReport } from '../plan/known-missing-types.ts';
import { cleanLine, renderLines } from './clean-line.ts';

/** The lists of known missing, held against production: a list a block, then what can go and what went. */
export function renderKnownMissingText(report: KnownMissingReport): string {
  const byCatalog = Map.groupBy(report.items, ({ catalog }) => catalog);
  return renderLines([
    formatVerdict(report),
    ...[...byCatalog].flatMap(([catalog, items]) => [
      '',
      `Catalog ${catalog}`,
      ...items.flatMap(listItem),
    ]),
    ...listEnd(report),
  ]);
}

function formatVerdict({ items, host }: KnownMissingReport): string {
  if (items.length === 0) return 'No catalog lists anything as known missing.';
  const groups = Map.groupBy(items, groupOf);
  const parts = GROUPS.flatMap((name) => {
    const count = groups.get(name)?.length ?? 0;
    return count === 0 ? [] : [`${count} ${name}`];
  });
  return `${formatCount(items.length, 'item')} of known missing held against ${host}: ${parts.join(', ')}.`;
}

const GROUPS = ['as listed', 'can go', 'to be looked at', 'unknown'] as const;

function groupOf(item: KnownMissingItem): (typeof GROUPS)[number] {
  if (goes(item)) return 'can go';
  switch (item.standing) {
    case 'owed':
      return item.there.length === 0 ? 'as listed' : 'to be looked at';
    case 'unknown':
      return 'unknown';
    case 'there':
    case 'unnamed':
    case 'ended':
      return 'to be looked at';
  }
}

const MARKS: Readonly<Record<ListedStanding, string>> = {
  owed: '–',
  there: '✔',
  unnamed: '·',
  ended: '✖',
  unknown: '?',
};

function listItem(item: KnownMissingItem): readonly string[] {
  return [
    cleanLine(`  ${MARKS[item.standing]} ${item.image}`),
    cleanLine(`      ${formatStanding(item)}`),
    cleanLine(
      `      ${item.place}: ${item.reason}, since ${item.since}${item.until === null ? '' : `, until ${item.until}`}`,
    ),
  ];
}

function formatStanding(item: KnownMissingItem): string {
  const { standing, isPattern, images, there, bundles, message, until } = item;
  const named = bundles.length === 0 ? '' : `, named by ${bundles.join(', ')}`;
  switch (standing) {
    case 'owed':
      return isPattern
        ? `fits ${formatCount(images, 'image')} that Git names${formatThere(there)}`
        : `production lacks it${named}`;
    case 'there':
      return isPattern
        ? `production has all that it fits${formatThere(there)}`
        : 'production has it now';
    case 'unnamed':
      return isPattern
        ? 'fits no image that the catalog names'
        : 'nothing in Git names it any more';
    case 'ended':
      return `has ended on ${until ?? ''}: it counts no longer${named}`;
    case 'unknown':
      return `unknown: ${message ?? ''}`;
  }
}

function formatThere(there: readonly string[]): string {
  return there.length === 0 ? '' : `; production has ${there.length}: ${there.join(', ')}`;
}

function listEnd({ items, pruned }: KnownMissingReport): readonly string[] {
  if (pruned === null) {
    const going = items.filter(goes).length;
    return going === 0
      ? []
      : ['', 'Nothing was changed. `olmirror known-missing --prune` takes out what can go.'];
  }
  if (pruned.length === 0) return ['', 'Nothing was taken out.'];
  return [
    '',
    ...pruned.map(({ file, images }) =>
      cleanLine(`Took ${formatCount(images.length, 'item')} out of ${file}.`),
    ),
    'Look at it with `git diff`, then commit.',
  ];
}

function goes(item: KnownMissingItem): boolean {
  return canGo({ item, standing: item.standing });
}
