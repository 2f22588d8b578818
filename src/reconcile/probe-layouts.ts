import pMap from 'p-map';
import { type ImageRef, parseImageRef } from '../base/image-ref.ts';
import type { Presence } from '../base/presence.ts';
import { compareBytes } from '../base/text.ts';
import type { FoundRepository } from '../images/derive-paths.ts';
import type { Layout } from '../images/layouts.ts';
import { type LayoutPlace, listPlaces } from '../images/list-places.ts';

/** Asks one registry for a manifest. */
export type HeadManifest = (repository: string, reference: string) => Promise<Presence>;

export interface ProbeContext {
  readonly layouts: readonly Layout[];
  readonly head: HeadManifest;
  /** Called after each image. */
  readonly onImage: () => void;
}

/** What a probe found of each image. */
export interface LayoutProbe {
  /** In byte order of names. */
  readonly found: readonly FoundRepository[];
  /** Upstream names that the registry clearly lacks, wherever a layout would put them. */
  readonly nowhere: readonly string[];
  /** Upstream names that were found nowhere, while the registry did not answer clearly of all places. */
  readonly unknown: readonly UnknownImage[];
}

export interface UnknownImage {
  readonly upstream: string;
  /** Of the first place of which nobody knows. */
  readonly message: string;
}

// The registry bounds its own requests; this only bounds how many images wait in memory at once.
const IMAGES_AT_ONCE = 64;
const SAMPLES = 3;

/**
 * Looks for images in a registry under every layout: first up to three of each namespace under all of them, then each
 * other where its namespace was seen first, until it is found. Costs little more than one HEAD an image that is there,
 * and one a layout for one that is not. Equal answers give equal results.
 */
export async function probeLayouts(
  references: readonly string[],
  context: ProbeContext,
): Promise<LayoutProbe> {
  const images = [...new Set(references)].toSorted(compareBytes).map(describe);
  const samples = chooseSamples(images);
  const sampled = await pMap(
    samples,
    async (image) => {
      const places = listPlaces(image.ref, context.layouts);
      const sights = await Promise.all(places.map((place) => look(image, place, context)));
      context.onImage();
      return { image, sights };
    },
    { concurrency: IMAGES_AT_ONCE },
  );
  const rank = createRanking(sampled);
  const chosen = new Set(samples);
  const rest = await pMap(
    images.filter((image) => !chosen.has(image)),
    async (image) => {
      const places = rank(image.namespace, listPlaces(image.ref, context.layouts));
      const sights = await lookUntilFound(image, places, context);
      context.onImage();
      return { image, sights };
    },
    { concurrency: IMAGES_AT_ONCE },
  );
  return summarize([...sampled, ...rest]);
}

interface ProbedImage {
  readonly upstream: string;
  readonly ref: ImageRef;
  readonly namespace: string;
}

interface Sight {
  readonly place: LayoutPlace;
  readonly presence: Presence;
}

interface SeenImage {
  readonly image: ProbedImage;
  readonly sights: readonly Sight[];
}

function describe(upstream: string): ProbedImage {
  const ref = parseImageRef(upstream);
  const [first = ''] = ref.repository.split('/');
  return { upstream, ref, namespace: `${ref.registry}/${first}` };
}

/** Of as many repositories of a namespace as there may be samples. */
function chooseSamples(images: readonly ProbedImage[]): readonly ProbedImage[] {
  const seen = new Map<string, Set<string>>();
  return images.filter(({ namespace, ref: { repository } }) => {
    const repositories = seen.get(namespace) ?? new Set();
    seen.set(namespace, repositories);
    if (repositories.size === SAMPLES || repositories.has(repository)) return false;
    repositories.add(repository);
    return true;
  });
}

async function look(
  { ref }: ProbedImage,
  place: LayoutPlace,
  { head }: ProbeContext,
): Promise<Sight> {
  const reference = ref.digest ?? ref.tag ?? 'latest';
  return { place, presence: await head(place.repository, reference) };
}

async function lookUntilFound(
  image: ProbedImage,
  [place, ...others]: readonly LayoutPlace[],
  context: ProbeContext,
): Promise<readonly Sight[]> {
  if (place === undefined) return [];
  const sight = await look(image, place, context);
  if (sight.presence.state === 'present') return [sight];
  return [sight, ...(await lookUntilFound(image, others, context))];
}

type Rank = (namespace: string, places: readonly LayoutPlace[]) => readonly LayoutPlace[];

function createRanking(sampled: readonly SeenImage[]): Rank {
  const anywhere = new Map<number, number>();
  const byNamespace = new Map<string, Map<number, number>>();
  for (const { image, sights } of sampled) {
    const here = byNamespace.get(image.namespace) ?? new Map<number, number>();
    byNamespace.set(image.namespace, here);
    for (const { place, presence } of sights) {
      if (presence.state !== 'present') continue;
      for (const counts of [anywhere, here])
        counts.set(place.layout, (counts.get(place.layout) ?? 0) + 1);
    }
  }
  return (namespace, places) => {
    const here = byNamespace.get(namespace);
    return places.toSorted(
      (a, b) =>
        (here?.get(b.layout) ?? 0) - (here?.get(a.layout) ?? 0) ||
        (anywhere.get(b.layout) ?? 0) - (anywhere.get(a.layout) ?? 0) ||
        a.layout - b.layout,
    );
  };
}

function summarize(seen: readonly SeenImage[]): LayoutProbe {
  const found = new Map<string, FoundRepository & { readonly images: Map<string, number> }>();
  const nowhere: string[] = [];
  const unknown: UnknownImage[] = [];
  for (const { image, sights } of seen) {
    const here = sights.filter(({ presence }) => presence.state === 'present');
    const { registry, repository } = image.ref;
    const name = `${registry}/${repository}`;
    const entry = found.get(name) ?? { registry, repository, images: new Map<string, number>() };
    if (here.length > 0) found.set(name, entry);
    for (const { place } of here)
      entry.images.set(place.repository, (entry.images.get(place.repository) ?? 0) + 1);
    if (here.length > 0) continue;
    const message = findUnknown(sights);
    if (message === null) nowhere.push(image.upstream);
    else unknown.push({ upstream: image.upstream, message });
  }
  return {
    found: [...found.values()].toSorted((a, b) =>
      compareBytes(`${a.registry}/${a.repository}`, `${b.registry}/${b.repository}`),
    ),
    nowhere: nowhere.toSorted(compareBytes),
    unknown: unknown.toSorted((a, b) => compareBytes(a.upstream, b.upstream)),
  };
}

function findUnknown(sights: readonly Sight[]): string | null {
  for (const { presence } of sights) if (presence.state === 'unknown') return presence.message;
  return null;
}
