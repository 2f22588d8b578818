import { compareBytes } from '../base/text.ts';
import { servingRepository } from '../images/image-places.ts';
import type { WantedImage } from '../images/types.ts';
import type { PerRole } from '../manifest/types.ts';
import type { ExplainedPlace, ExplainedSharing } from '../plan/explain-types.ts';
import type { RegistryPort } from '../registry/port.ts';
import type { Explainable } from './find-explained.ts';
import { measureImage } from './measure-image.ts';

/** Which other images of the serving registry have layers in common with one that lies at these places. */
export type SharingFinder = (
  image: Explainable,
  places: readonly ExplainedPlace[],
) => Promise<ExplainedSharing>;

export interface SharingOptions {
  readonly images: readonly WantedImage[];
  readonly registries: PerRole<RegistryPort>;
  /** Requests after which no further image is looked into; 0: nothing is looked for. */
  readonly mostRequests: number;
  readonly signal: AbortSignal;
}

type Blobs = Readonly<Record<string, number>>;
/** What the registry told of an image. */
type Told = Blobs | 'absent' | 'unknown';

const NOTHING = {
  blobs: 0,
  bytes: 0,
  compared: 0,
  absent: 0,
  unread: 0,
  left: 0,
  sharing: 0,
  images: [],
} as const;
/** Images that are read side by side, between two looks at the bound. */
const IMAGES_AT_ONCE = 16;
/** Images that are named; the others share less. */
const MOST_NAMED = 20;

/**
 * Makes a finder that reads each manifest once, however many images it is asked about, and ends with
 * `mostRequests` for all of them. Nearest come first: images of the same packages or releases, of the
 * same catalogs, then all others.
 */
export function createSharingFinder(options: SharingOptions): SharingFinder {
  const { registries } = options;
  function count(): number {
    return registries.production.countRequests() + registries.staging.countRequests();
  }
  const known = new Map<string, Told>();
  let spent = 0;
  async function read(images: readonly WantedImage[]): Promise<void> {
    const unread = images.filter(({ key }) => !known.has(key));
    for (let i = 0; i < unread.length && spent < options.mostRequests; i += IMAGES_AT_ONCE) {
      options.signal.throwIfAborted();
      const before = count();
      const group = unread.slice(i, i + IMAGES_AT_ONCE);
      const told = await Promise.all(group.map((image) => readBlobs(image, registries)));
      for (const [j, { key }] of group.entries()) known.set(key, told[j] ?? 'unknown');
      spent += count() - before;
    }
  }
  return async (image, places) => {
    // Index images share layers with each other, which \`index show\` tells.
    if (options.mostRequests === 0 || image.kind === 'index')
      return { state: 'skipped', ...NOTHING, message: null };
    const { blobs: own, fault } = await readOwn(places, options.registries);
    if (own === null) return { state: 'unknown', ...NOTHING, message: fault };
    const others = sortByNearness(image, options.images);
    await read(others);
    return compare(own, others, known);
  };
}

function compare(
  own: Blobs,
  others: readonly WantedImage[],
  known: ReadonlyMap<string, Told>,
): ExplainedSharing {
  const counts = { compared: 0, absent: 0, unread: 0, left: 0 };
  const images: ExplainedSharing['images'][number][] = [];
  for (const { key, upstream } of others) {
    const told = known.get(key);
    if (told === undefined) counts.left += 1;
    else if (told === 'absent') counts.absent += 1;
    else if (told === 'unknown') counts.unread += 1;
    else {
      counts.compared += 1;
      images.push({ upstream, ...shareOf(own, told) });
    }
  }
  const sharing = images.filter(({ blobs }) => blobs > 0);
  return {
    state: 'known',
    blobs: Object.keys(own).length,
    bytes: sum(Object.values(own)),
    ...counts,
    sharing: sharing.length,
    images: sharing
      .toSorted((a, b) => b.bytes - a.bytes || compareBytes(a.upstream, b.upstream))
      .slice(0, MOST_NAMED),
    message: null,
  };
}

async function readBlobs(image: WantedImage, registries: PerRole<RegistryPort>): Promise<Told> {
  const reference = image.digest ?? image.tag ?? 'latest';
  const found = await measureImage(registries[image.serving], servingRepository(image), reference);
  if (found.state === 'measured') return found.blobs;
  return found.code === 'REGISTRY_NOT_FOUND' ? 'absent' : 'unknown';
}

// Where a registry does not tell, it would not of the others either.
async function readOwn(
  places: readonly ExplainedPlace[],
  registries: PerRole<RegistryPort>,
): Promise<{ readonly blobs: Blobs | null; readonly fault: string }> {
  for (const { role, repository, state, digest, message } of places) {
    if (state === 'unknown') return { blobs: null, fault: message ?? '' };
    if (digest === null) continue;
    const found = await measureImage(registries[role], repository, digest);
    if (found.state === 'measured') return { blobs: found.blobs, fault: '' };
    return { blobs: null, fault: found.message };
  }
  return { blobs: null, fault: 'no registry has it' };
}

function sortByNearness(
  image: Explainable,
  images: readonly WantedImage[],
): readonly WantedImage[] {
  const packages = new Set(image.neededBy.map(groupOf));
  const catalogs = new Set(image.neededBy.map(({ catalog }) => catalog));
  function distance({ neededBy }: WantedImage): number {
    if (neededBy.some((need) => packages.has(groupOf(need)))) return 0;
    return neededBy.some(({ catalog }) => catalogs.has(catalog)) ? 1 : 2;
  }
  return images
    .filter(({ key }) => key !== image.key)
    .map((other) => ({ other, distance: distance(other) }))
    .toSorted((a, b) => a.distance - b.distance)
    .map(({ other }) => other);
}

// A package may be in several catalogs; a release is a group of its own.
function groupOf({ package: name, item }: WantedImage['neededBy'][number]): string {
  return name ?? ` ${item}`;
}

function shareOf(own: Blobs, other: Blobs): { readonly blobs: number; readonly bytes: number } {
  const common = Object.entries(other).filter(([digest]) => Object.hasOwn(own, digest));
  return { blobs: common.length, bytes: sum(common.map(([, size]) => size)) };
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}
