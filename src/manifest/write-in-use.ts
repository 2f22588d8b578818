import { dump } from 'js-yaml';
import { compareBytes } from '../base/text.ts';
import { addDays } from './day.ts';
import type { RawCluster } from './schemas.ts';

const HEADER = `# What clusters use, as \`olmirror in-use\` saw it: names, versions and images alone. The next look writes it anew.
`;

/** Sections that one look replaces as a whole. */
const SECTIONS: ReadonlySet<string> = new Set([
  'release',
  'subscriptions',
  'clusterExtensions',
  'bundles',
  'mirrors',
]);

type Image = Exclude<NonNullable<RawCluster['images']>[number], string>;

/**
 * The clusters of `in-use.yaml` after one of them was looked at. Images that somebody used within `days` of it stay, with the day on which they
 * were seen last. A section of which no object was `looked` at stays as it was.
 */
export function uniteInUse(
  known: readonly RawCluster[],
  seen: RawCluster & { readonly seen: string },
  { days, looked }: { readonly days: number; readonly looked: ReadonlySet<string> },
): readonly RawCluster[] {
  const before = known.find(({ name }) => name === seen.name);
  const others = known.filter(({ name }) => name !== seen.name);
  const united = before === undefined ? seen : unite(before, seen, { days, looked });
  return [...others, united].toSorted((a, b) => compareBytes(a.name, b.name));
}

function unite(
  before: RawCluster,
  seen: RawCluster & { readonly seen: string },
  { days, looked }: { readonly days: number; readonly looked: ReadonlySet<string> },
): RawCluster {
  const kept = Object.entries(before).filter(
    ([section]) => SECTIONS.has(section) && !looked.has(section),
  );
  return { ...seen, ...Object.fromEntries(kept), images: uniteImages(before, seen, days) };
}

function uniteImages(
  before: RawCluster,
  seen: RawCluster & { readonly seen: string },
  days: number,
): readonly Image[] {
  const oldest = addDays(seen.seen, -days);
  const now = new Map(listImages(seen).map((image) => [image.image, image]));
  const past = listImages(before)
    .map((image) => ({ ...image, seen: image.seen ?? before.seen ?? null }))
    .filter(({ image, seen: day }) => !now.has(image) && day !== null && day >= oldest);
  return [...now.values(), ...past].toSorted((a, b) => compareBytes(a.image, b.image));
}

function listImages({ images = [] }: RawCluster): readonly Image[] {
  return images.map((image) => (typeof image === 'string' ? { image } : image));
}

/** `in-use.yaml` as text: fields without a value are left out, everything else stands in one order. */
export function renderInUse(clusters: readonly RawCluster[]): string {
  const document = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'InUse',
    spec: { clusters: clusters.map(dropEmpty) },
  };
  return HEADER + dump(document, { lineWidth: -1, noRefs: true });
}

// `installed: null` says that nothing is installed yet, and is asked for.
function dropEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dropEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, member]) => key === 'installed' || hasContent(member),
  );
  return Object.fromEntries(entries.map(([key, member]) => [key, dropEmpty(member)]));
}

function hasContent(member: unknown): boolean {
  if (member === null || member === undefined || member === false) return false;
  return !(Array.isArray(member) && member.length === 0);
}
