import { capitalize, formatCount, joinNames } from '../base/text.ts';
import type { JudgedListed, ListedStanding } from '../images/judge-listed.ts';
import { isImagePattern } from '../manifest/image-pattern.ts';
import { buildKnownMissingFileName } from '../manifest/known-missing.ts';
import type { ListedMissing, RoleName } from '../manifest/types.ts';
import type { Check } from './types.ts';

/**
 * What a person should do about the items of known-missing.yaml: take out those whose image has come, or that
 * nothing names any more, and look at patterns that reach too far or nowhere, and at what has ended.
 */
export function checkKnownMissing(
  judged: readonly JudgedListed[],
  serving: RoleName,
): readonly Check[] {
  const byCatalog = Map.groupBy(judged, ({ item }) => item.catalog);
  return [...byCatalog].flatMap(([catalog, items]) => [
    ...proposeRemoval(catalog, items, serving),
    ...items
      .filter(({ item }) => isImagePattern(item.image))
      .flatMap((item) => checkPattern(item, serving)),
    ...items.filter(({ standing }) => standing === 'ended').map(tellEnded),
  ]);
}

/** Items that say nothing any more: what `known-missing --prune` takes out. */
export function canGo({
  item,
  standing,
}: {
  readonly item: Pick<ListedMissing, 'image'>;
  readonly standing: ListedStanding;
}): boolean {
  return !isImagePattern(item.image) && (standing === 'there' || standing === 'unnamed');
}

function proposeRemoval(
  catalog: string,
  items: readonly JudgedListed[],
  serving: RoleName,
): readonly Check[] {
  const file = buildKnownMissingFileName(catalog);
  const going = items.filter(canGo);
  const there = going.filter(({ standing }) => standing === 'there');
  const unnamed = going.filter(({ standing }) => standing === 'unnamed');
  const hint = `\`olmirror known-missing --prune ${catalog}\` takes them out of the list; look at it with \`git diff\`, then commit.`;
  return [
    ...(there.length === 0
      ? []
      : [
          warn('known-missing-there', catalog, {
            message: `${capitalize(serving)} has ${formatCount(there.length, 'image')} now that ${file} lists as missing: ${listImages(there)}.`,
            hint,
          }),
        ]),
    ...(unnamed.length === 0
      ? []
      : [
          warn('known-missing-idle', catalog, {
            message: `${file} lists ${formatCount(unnamed.length, 'image')} that nothing in Git names any more: ${listImages(unnamed)}.`,
            hint,
          }),
        ]),
  ];
}

function checkPattern(
  { item, standing, there }: JudgedListed,
  serving: RoleName,
): readonly Check[] {
  const { image, place, catalog } = item;
  if (standing === 'unnamed')
    return [
      warn('known-missing-idle', catalog, {
        message: `The pattern ${image} at ${place} fits no image that ${catalog} names.`,
        hint: 'Correct it, or take it out.',
      }),
    ];
  if (there.length === 0) return [];
  return [
    warn('known-missing-wide', catalog, {
      message: `The pattern ${image} at ${place} also fits ${formatCount(there.length, 'image')} that ${serving} has: ${joinNames(there)}. Were they lost, a new index would not be held back.`,
      hint: 'Make it narrower, so that it fits only what this site never mirrors.',
    }),
  ];
}

function tellEnded({ item: { image, place, catalog, until } }: JudgedListed): Check {
  return warn('known-missing-ended', catalog, {
    message: `What ${place} says of ${image} has ended (until ${until}): it counts no longer.`,
    hint: 'Take the item out, or give it another until.',
  });
}

function listImages(items: readonly JudgedListed[]): string {
  return joinNames(items.map(({ item }) => item.image));
}

function warn(
  kind: Check['kind'],
  catalog: string,
  words: { readonly message: string; readonly hint: string },
): Check {
  return { kind, severity: 'warning', ...words, catalog, item: null, neededBy: [] };
}
