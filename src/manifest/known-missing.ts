import { dump } from 'js-yaml';
import type { Problem } from '../base/problem.ts';
import { compareBytes } from '../base/text.ts';
import { isImagePattern, namesRegistry } from './image-pattern.ts';
import { readChecked } from './parse-record.ts';
import { faultAt, findDayFault, type RuleItem } from './rule-faults.ts';
import { knownMissingSchema, type RawKnownMissing } from './schemas.ts';
import type { KnownMissing, ListedMissing } from './types.ts';
import type { YamlDocument } from './yaml-document.ts';

const HEADER = `# Images that the catalog names but production lacked when \`olmirror init\` looked. They are reported
# and do not block the index. \`olmirror known-missing --prune\` takes out what has come; the list only ever shrinks.
# What this site never mirrors: an item with a pattern, such as image: registry.example.com/vendor/*
`;

export interface KnownMissingFile {
  readonly listed: readonly ListedMissing[];
  readonly problems: readonly Problem[];
}

/** The list as YAML, in byte order of the images. */
export function formatKnownMissing(list: readonly KnownMissing[]): string {
  const sorted = list.toSorted((a, b) => compareBytes(a.image, b.image));
  return HEADER + dump(sorted.map(buildRaw), { lineWidth: -1, noRefs: true });
}

/** Its fields in the order in which they are written. */
export function buildRaw({ image, bundles, reason, since, until }: KnownMissing): RawKnownMissing {
  return {
    image,
    ...(bundles.length === 0 && isImagePattern(image)
      ? {}
      : { bundles: bundles.toSorted(compareBytes) }),
    reason,
    since,
    ...(until === null ? {} : { until }),
  };
}

/** Reads the list of one catalog; with a fault, of which all are listed, there is none. A file of comments lists nothing. */
export function parseKnownMissing(text: string, catalog: string): KnownMissingFile {
  const file = buildKnownMissingFileName(catalog);
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  if (lines.every((line) => /^\s*(?:#|$)/.test(line))) return { listed: [], problems: [] };
  const { value, document, problems } = readChecked(text, file, {
    check: knownMissingSchema,
    code: 'MANIFEST_RULES_INVALID',
  });
  if (value === null) return { listed: [], problems: placeIn(catalog, problems) };
  const faults = value.flatMap((raw, index) => findFaults(value, { raw, index, document }));
  return faults.length > 0
    ? { listed: [], problems: placeIn(catalog, faults) }
    : {
        listed: value.map((raw, index) => buildListed(raw, index, { document, catalog })),
        problems,
      };
}

/** Path in the state repository. */
export function buildKnownMissingFileName(catalog: string): string {
  return `rules/${catalog}/known-missing.yaml`;
}

function placeIn(catalog: string, problems: readonly Problem[]): readonly Problem[] {
  return problems.map((problem) => ({ ...problem, catalog }));
}

interface Item extends RuleItem {
  readonly raw: RawKnownMissing;
}

function findFaults(all: readonly RawKnownMissing[], item: Item): readonly Problem[] {
  const { raw, index } = item;
  const first = all.findIndex(({ image }) => image === raw.image);
  return [
    ...findImageFaults(item, first < index ? first : null),
    ...findDayFault(item, 'since', raw.since),
    ...findDayFault(item, 'until', raw.until),
  ];
}

function findImageFaults(item: Item, first: number | null): readonly Problem[] {
  const { image, bundles } = item.raw;
  const isPattern = isImagePattern(image);
  return [
    ...(first === null
      ? []
      : [
          faultAt(item, 'image', {
            message: `The same is listed twice: ${image}.`,
            hint: `The first is item ${first + 1} of the list; keep one of them.`,
          }),
        ]),
    ...(!isPattern || namesRegistry(image)
      ? []
      : [
          faultAt(item, 'image', {
            message: `The pattern ${image} does not name its registry, so it would take in what no one has seen.`,
            hint: 'Begin it with the registry, such as registry.example.com/vendor/*.',
          }),
        ]),
    ...(isPattern || bundles !== undefined
      ? []
      : [
          faultAt(item, 'image', {
            message: `The item for ${image} does not say which bundles name it.`,
            hint: 'Add bundles: [NAME]; only a pattern, with a *, needs none.',
          }),
        ]),
  ];
}

function buildListed(
  { image, bundles = [], reason, since, until = null }: RawKnownMissing,
  index: number,
  { document, catalog }: { readonly document: YamlDocument; readonly catalog: string },
): ListedMissing {
  const { line } = document.placeOf([index]);
  return {
    image,
    bundles,
    reason,
    since,
    until,
    catalog,
    place: `${document.file}:${line}`,
  };
}
