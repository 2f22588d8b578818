import type { Digest } from '../base/digest.ts';
import { isDigest } from '../base/digest.ts';
import { type ImageRef, tryParseImageRef } from '../base/image-ref.ts';
import { compareBytes } from '../base/text.ts';
import { listBundleImages } from '../catalog/list-images.ts';
import type { Catalog } from '../catalog/types.ts';
import { mapRepository } from '../images/map-path.ts';
import type { MediaSnapshot, Need, NeededImage, SizedBlob } from '../plan/media-types.ts';

/** What the registry upstream said of an image. */
export type UpstreamImage =
  | {
      readonly state: 'measured';
      readonly digest: Digest;
      readonly blobs: Readonly<Record<string, number>>;
    }
  | { readonly state: 'unknown'; readonly message: string };

/** Asks upstream for an image; null where nobody is to be asked. */
export type MeasureUpstream = ((ref: ImageRef) => Promise<UpstreamImage>) | null;

export type NeededImages = Pick<Need, 'images' | 'held' | 'unreadable' | 'blobs'>;

/** Lists the images of deliveries that production lacks, with the blobs that it lacks of them. */
export async function listNeededImages(
  deliveries: readonly Catalog[],
  snapshot: MediaSnapshot,
  measure: MeasureUpstream,
): Promise<NeededImages> {
  const named = collectReferences(deliveries);
  const holds = openHoldings(snapshot);
  const images: NeededImage[] = [];
  const held: string[] = [];
  const unreadable: string[] = [];
  const blobs = new Map<string, number>();
  for (const [reference, bundles] of named) {
    const ref = tryParseImageRef(reference);
    if (ref === null) {
      unreadable.push(reference);
      continue;
    }
    const repository = mapRepository(ref, 'production', snapshot);
    const state = holds.stateOf(repository, ref);
    if (state === 'held') {
      held.push(reference);
      continue;
    }
    const found = measure === null ? NOT_ASKED : await measure(ref);
    const lacking = found.state === 'measured' ? holds.listLacking(found.blobs) : null;
    for (const blob of lacking ?? []) blobs.set(blob.digest, blob.size);
    const image = { reference, repository, digest: ref.digest, state, bundles };
    images.push({ ...image, ...describeSize(found, lacking) });
  }
  return { images, held, unreadable, blobs: measure === null ? null : listBlobs(blobs) };
}

function describeSize(
  found: UpstreamImage,
  lacking: readonly SizedBlob[] | null,
): Pick<NeededImage, 'bytes' | 'unknown'> & { readonly digest?: Digest } {
  if (found.state === 'unknown') return { bytes: null, unknown: found.message };
  const bytes = lacking?.reduce((sum, blob) => sum + blob.size, 0) ?? 0;
  return { digest: found.digest, bytes, unknown: null };
}

const NOT_ASKED = { state: 'unknown', message: 'nobody was asked; --sizes asks upstream' } as const;

function collectReferences(deliveries: readonly Catalog[]): ReadonlyMap<string, readonly string[]> {
  const named = new Map<string, Set<string>>();
  for (const bundle of deliveries.flatMap(listBundleImages))
    for (const reference of [bundle.image, ...bundle.relatedImages]) {
      if (reference === '') continue;
      const users = named.get(reference) ?? new Set();
      named.set(reference, users.add(`${bundle.package}/${bundle.bundle}`));
    }
  return new Map(
    [...named]
      .toSorted(([a], [b]) => compareBytes(a, b))
      .map(([reference, users]) => [reference, [...users].toSorted(compareBytes)]),
  );
}

interface KnownHoldings {
  stateOf(repository: string, ref: ImageRef): 'held' | NeededImage['state'];
  listLacking(blobs: Readonly<Record<string, number>>): readonly SizedBlob[];
}

function openHoldings(snapshot: MediaSnapshot): KnownHoldings {
  const places = new Set(
    snapshot.manifests.flatMap(({ repository, digest, tags }) => [
      `${repository}@${digest}`,
      ...tags.map((tag) => `${repository}:${tag}`),
    ]),
  );
  const blobs = new Set<string>(snapshot.blobs.map(({ digest }) => digest));
  return {
    stateOf(repository, ref) {
      const place =
        ref.digest === null
          ? `${repository}:${ref.tag ?? 'latest'}`
          : `${repository}@${ref.digest}`;
      if (places.has(place)) return 'held';
      const unsure = snapshot.unclear.some(({ subject }) => subject.includes(`/${repository}`));
      return unsure ? 'unknown' : 'absent';
    },
    listLacking: (sizes) =>
      listBlobs(new Map(Object.entries(sizes).filter(([it]) => !blobs.has(it)))),
  };
}

function listBlobs(sizes: ReadonlyMap<string, number>): readonly SizedBlob[] {
  return [...sizes]
    .flatMap(([digest, size]) => (isDigest(digest) ? [{ digest, size }] : []))
    .toSorted((a, b) => compareBytes(a.digest, b.digest));
}
