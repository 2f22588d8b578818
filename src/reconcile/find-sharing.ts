import pLimit from 'p-limit';
import { compareBytes } from '../base/text.ts';
import type { WantedImage } from '../images/types.ts';
import type { PerRole, RoleName } from '../manifest/types.ts';
import type { ExplainedPlace, ExplainedSharing } from '../plan/explain-types.ts';
import type { RegistryPort } from '../registry/port.ts';
import type { ExplainableImage } from './explain-image.ts';
import { measureImage } from './measure-image.ts';

/** What has layers in common with an image that lies at these places. */
export type SharingFinder = (
  image: ExplainableImage,
  places: readonly ExplainedPlace[],
) => Promise<ExplainedSharing>;

export interface SharingOptions {
  readonly images: readonly WantedImage[];
  /** `package`: images of the same packages or releases only. */
  readonly among: 'package' | 'all' | 'none';
  readonly registries: PerRole<RegistryPort>;
  readonly signal: AbortSignal;
}

type Blobs = Readonly<Record<string, number>>;

const NOTHING = { blobs: 0, bytes: 0, compared: 0, images: [] } as const;
const IMAGES_AT_ONCE = 16;
/** Images that are told; the rest shares less. */
const MOST_IMAGES = 20;

/** Makes a finder that reads each manifest once, however many images it is asked about. */
export function createSharingFinder(options: SharingOptions): SharingFinder {
  const known = new Map<string, Promise<Blobs | null>>();
  const limit = pLimit(IMAGES_AT_ONCE);
  function read(image: WantedImage): Promise<Blobs | null> {
    const found = known.get(image.key) ?? limit(() => readSomewhere(image, options));
    known.set(image.key, found);
    return found;
  }
  return async (image, places) => {
    if (options.among === 'none') return { state: 'skipped', ...NOTHING, message: null };
    const { blobs: own, fault } = await readAt(places, options.registries);
    if (own === null) return { state: 'unknown', ...NOTHING, message: fault };
    const others = options.images.filter(
      (other) => other.key !== image.key && (options.among === 'all' || isRelated(other, image)),
    );
    const blobs = await Promise.all(others.map(read));
    const shared = others.flatMap((other, i) => {
      const common = Object.entries(blobs[i] ?? {}).filter(([digest]) =>
        Object.hasOwn(own, digest),
      );
      return common.length === 0
        ? []
        : [{ upstream: other.upstream, blobs: common.length, bytes: sum(common) }];
    });
    const unread = blobs.filter((found) => found === null).length;
    return {
      state: 'known',
      blobs: Object.keys(own).length,
      bytes: sum(Object.entries(own)),
      compared: others.length - unread,
      images: shared
        .toSorted((a, b) => b.bytes - a.bytes || compareBytes(a.upstream, b.upstream))
        .slice(0, MOST_IMAGES),
      message: unread === 0 ? null : `${unread} of them could not be read`,
    };
  };
}

async function readAt(
  places: readonly ExplainedPlace[],
  registries: PerRole<RegistryPort>,
): Promise<{ readonly blobs: Blobs | null; readonly fault: string | null }> {
  const faults: string[] = [];
  for (const { role, repository, digest, message } of places) {
    if (digest === null) {
      if (message !== null) faults.push(message);
      continue;
    }
    const found = await measureImage(registries[role], repository, digest);
    if (found.state === 'measured') return { blobs: found.blobs, fault: null };
    faults.push(found.message);
  }
  return { blobs: null, fault: faults[0] ?? 'neither registry has it' };
}

async function readSomewhere(
  image: WantedImage,
  { registries, signal }: SharingOptions,
): Promise<Blobs | null> {
  for (const role of ['production', 'staging'] satisfies readonly RoleName[]) {
    signal.throwIfAborted();
    const reference = image.digest ?? image.tag ?? 'latest';
    const found = await measureImage(registries[role], image.repository[role], reference);
    if (found.state === 'measured') return found.blobs;
  }
  return null;
}

function isRelated(a: ExplainableImage, b: ExplainableImage): boolean {
  const groups = new Set(a.neededBy.map(groupOf));
  return b.neededBy.some((need) => groups.has(groupOf(need)));
}

function groupOf({ catalog, package: name, item }: WantedImage['neededBy'][number]): string {
  return name === null ? `${catalog} ${item}` : `${name}`;
}

function sum(blobs: readonly (readonly [string, number])[]): number {
  return blobs.reduce((total, [, size]) => total + size, 0);
}
