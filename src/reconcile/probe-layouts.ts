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
 * Looks for images in a registry under every layout: first up to three repositories of each namespace under all of
 * them, then one image of each other repository until it is found, then the rest where anything was found so far. Costs little
 * more than one HEAD an image that is there, and one a layout for a repository that is not. Equal answers give equal results.
 */
export async function probeLayouts(
  references: readonly string[],
  context: ProbeContext,
): Promise<LayoutProbe> {
  const images = [...new Set(references)].toSorted(compareBytes).map(describe);
  const firsts = chooseFirsts(images);
  const samples = chooseSamples(firsts);
  const sampled = await lookAtAll(samples, context, async (image) => {
    const places = listPlaces(image.ref, context.layouts);
    return Promise.all(places.map((place) => look(image, place, context)));
  });
  const ofSamples = createRanking(sampled, context.layouts);
  const others = await lookAtAll(without(firsts, samples), context, (image) =>
    lookUntilFound(image, ofSamples.order(image), context),
  );
  const ranking = createRanking([...sampled, ...others], context.layouts);
  const rest = await lookAtAll(without(images, firsts), context, (image) =>
    lookUntilFound(
      image,
      ranking.order(image).filter((place) => ranking.isLikely(place)),
      context,
    ),
  );
  return summarize([...sampled, ...others, ...rest]);
}

function lookAtAll(
  images: readonly ProbedImage[],
  { onImage }: ProbeContext,
  lookAt: (image: ProbedImage) => Promise<readonly Sight[]>,
): Promise<readonly SeenImage[]> {
  return pMap(
    images,
    async (image) => {
      const sights = await lookAt(image);
      onImage();
      return { image, sights };
    },
    { concurrency: IMAGES_AT_ONCE },
  );
}

function without(
  images: readonly ProbedImage[],
  left: readonly ProbedImage[],
): readonly ProbedImage[] {
  const out = new Set(left);
  return images.filter((image) => !out.has(image));
}

interface ProbedImage {
  readonly upstream: string;
  readonly ref: ImageRef;
  /** Host and first part of the path. */
  readonly namespace: string;
  /** Of the repository, with its host. */
  readonly name: string;
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
  return {
    upstream,
    ref,
    namespace: `${ref.registry}/${first}`,
    name: `${ref.registry}/${ref.repository}`,
  };
}

/** One image of each repository. */
function chooseFirsts(images: readonly ProbedImage[]): readonly ProbedImage[] {
  const seen = new Set<string>();
  return images.filter(({ name }) => !seen.has(name) && seen.add(name));
}

/** As many of each namespace as there may be samples. */
function chooseSamples(firsts: readonly ProbedImage[]): readonly ProbedImage[] {
  const counts = new Map<string, number>();
  return firsts.filter(({ namespace }) => {
    const count = (counts.get(namespace) ?? 0) + 1;
    counts.set(namespace, count);
    return count <= SAMPLES;
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

interface Ranking {
  /** Where layouts put an image, those first that hold most of its repository, its namespace, or anything. */
  order(image: ProbedImage): readonly LayoutPlace[];
  /** Whether anything was found under a layout, or it is the one that sites use first. */
  isLikely(place: LayoutPlace): boolean;
}

function createRanking(seen: readonly SeenImage[], layouts: readonly Layout[]): Ranking {
  const counts = new Map<string, number>();
  for (const { image, sights } of seen)
    for (const { place } of sights.filter(({ presence }) => presence.state === 'present'))
      for (const scope of listScopes(image)) {
        const key = `${scope} ${place.layout}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
  function compare(image: ProbedImage, a: LayoutPlace, b: LayoutPlace): number {
    for (const scope of listScopes(image)) {
      const difference =
        (counts.get(`${scope} ${b.layout}`) ?? 0) - (counts.get(`${scope} ${a.layout}`) ?? 0);
      if (difference !== 0) return difference;
    }
    return a.layout - b.layout;
  }
  return {
    order: (image) => listPlaces(image.ref, layouts).toSorted((a, b) => compare(image, a, b)),
    isLikely: ({ layout }) => layout === 0 || counts.has(`${ANYWHERE} ${layout}`),
  };
}

const ANYWHERE = '*';

function listScopes({ name, namespace }: ProbedImage): readonly string[] {
  return [name, namespace, ANYWHERE];
}

function summarize(seen: readonly SeenImage[]): LayoutProbe {
  const found = new Map<string, FoundRepository & { readonly images: Map<string, number> }>();
  const nowhere: string[] = [];
  const unknown: UnknownImage[] = [];
  for (const { image, sights } of seen) {
    const here = sights.filter(({ presence }) => presence.state === 'present');
    const { name, ref } = image;
    const { registry, repository } = ref;
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
