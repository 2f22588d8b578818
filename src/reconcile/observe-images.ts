import pMap from 'p-map';
import type { Digest } from '../base/digest.ts';
import type { EmitEvent } from '../base/events.ts';
import { isIndexManifest, parseManifestBody } from '../base/oci.ts';
import type { Presence } from '../base/presence.ts';
import { isToolError } from '../base/tool-error.ts';
import { askedTags, servingRepository, sourcePlace } from '../images/image-places.ts';
import { formatProtectTag } from '../images/list-wanted.ts';
import type { Proof } from '../images/prove-image.ts';
import type { WantedImage } from '../images/types.ts';
import type { MirrorPolicy, PerRole } from '../manifest/types.ts';
import type { ObservedImage } from '../plan/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { type AttachedFinder, createAttachedFinder } from './find-attached.ts';
import { findRestore } from './find-restore.ts';
import { measureImage } from './measure-image.ts';

/** As `Verifier` proves, where it is to be. */
export type ProveSome = (repository: string, digest: Digest) => Promise<Proof | undefined>;

export interface ObserveOptions {
  /** As `listMovableTags` gives them. */
  readonly movableTags: ReadonlySet<string>;
  readonly policy: Pick<MirrorPolicy, 'protect' | 'tagDrift'>;
  /** Null where it is enough that the serving registry holds a manifest; gives nothing for an image of which that is so. */
  readonly prove: ProveSome | null;
  /** Whether what is attached to an image, by its upstream name, is still to be brought though it is there itself. */
  readonly owes: (upstream: string) => boolean;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

interface Surroundings extends ObserveOptions {
  /** Null for what is attached itself. */
  readonly findAttached: AttachedFinder | null;
}

// The registries bound their own requests; this only bounds how many images wait in memory at once.
const IMAGES_AT_ONCE = 64;

/**
 * Asks the live registries about every wanted image. The serving one is asked first; the source only for
 * what that lacks, so that an in-sync mirror costs one HEAD per image.
 */
export async function observeImages(
  images: readonly WantedImage[],
  registries: PerRole<RegistryPort>,
  options: ObserveOptions,
): Promise<ReadonlyMap<string, ObservedImage>> {
  const observed = new Map<string, ObservedImage>();
  const findAttached = createAttachedFinder(registries, options.signal);
  const surroundings = { ...options, findAttached };
  options.emit({ kind: 'observe-started', images: images.length });
  await pMap(
    images,
    async (image) => {
      options.signal.throwIfAborted();
      observed.set(image.key, await observeImage(image, registries, surroundings));
      options.emit({ kind: 'observe-progress', done: observed.size, total: images.length });
    },
    { concurrency: IMAGES_AT_ONCE },
  );
  return observed;
}

async function observeImage(
  image: WantedImage,
  registries: PerRole<RegistryPort>,
  options: Surroundings,
): Promise<ObservedImage> {
  const reference = image.digest ?? image.tag ?? '';
  const serving = await headServing(image, reference, { registries, ...options });
  switch (serving.state) {
    case 'unknown':
      return { ...NOTHING, serving };
    case 'present':
      return observePresent(image, serving, { registries, ...options });
    case 'absent':
      return observeAbsent(image, serving, { registries, ...options });
  }
}

const NOTHING = {
  source: null,
  protectTag: null,
  protectTagIsReferrers: false,
  tags: {},
  blobs: {},
  uncopyable: null,
  attached: [],
} as const;

type Context = Surroundings & { readonly registries: PerRole<RegistryPort> };

type Asking = Pick<Context, 'registries' | 'signal'>;

function headServing(
  image: WantedImage,
  reference: string,
  { registries, signal }: Asking,
): Promise<Presence> {
  return registries[image.serving].headManifest(servingRepository(image), reference, signal);
}

function headSource(
  image: WantedImage,
  reference: string,
  { registries, signal }: Asking,
): Promise<Presence> {
  const { role, repository } = sourcePlace(image);
  return registries[role].headManifest(repository, reference, signal);
}

async function observePresent(
  image: WantedImage,
  serving: Presence & { state: 'present' },
  context: Context,
): Promise<ObservedImage> {
  const { policy } = context;
  const movable = context.movableTags.has(image.key);
  const source =
    image.digest === null && (movable || policy.tagDrift === 'block')
      ? await headSource(image, image.tag ?? '', context)
      : null;
  if (movable && source?.state === 'present' && source.digest !== serving.digest)
    return observeDelivered(image, { serving, source }, context);
  const tags = await headTags(image, askedTags(image), context);
  const proof = await observeProof(image, serving.digest, context);
  const attached = context.owes(image.upstream)
    ? await observeAttached(image, serving.digest, context)
    : [];
  const seen = { ...NOTHING, serving, source, tags, attached, ...proof };
  if (policy.protect === 'new' && proof.restore === undefined) return seen;
  return { ...seen, ...(await headProtectTag(image, serving.digest, context)) };
}

// Only what is clearly gone is asked of the source: nothing else is mended by a copy.
async function observeProof(
  image: WantedImage,
  digest: Digest,
  { prove, registries, signal }: Context,
): Promise<Pick<ObservedImage, 'proof' | 'restore' | 'blobs'>> {
  const proof = await prove?.(servingRepository(image), digest);
  if (proof === undefined) return { blobs: {} };
  if (proof.state !== 'damaged' || proof.wrong.length > 0) return { proof, blobs: {} };
  const { role, repository } = sourcePlace(image);
  const restore = await findRestore(proof, repository, { registry: registries[role], signal });
  return { proof, ...restore };
}

async function observeAbsent(
  image: WantedImage,
  serving: Presence,
  context: Context,
): Promise<ObservedImage> {
  const source = await headSource(image, image.digest ?? image.tag ?? '', context);
  if (source.state !== 'present') return { ...NOTHING, serving, source };
  return observeDelivered(image, { serving, source }, context);
}

/** What a copy of an image that the source holds must know. */
async function observeDelivered(
  image: WantedImage,
  seen: {
    readonly serving: Presence;
    readonly source: Presence & { readonly state: 'present' };
  },
  context: Context,
): Promise<ObservedImage> {
  const { role, repository } = sourcePlace(image);
  const { serving, source } = seen;
  const [tags, guard, size] = await Promise.all([
    headTags(image, [...image.demandedTags, ...image.arrivalTags], context),
    headProtectTag(image, source.digest, context),
    measureImage(context.registries[role], repository, source.digest),
  ]);
  if (size.state === 'unknown') return { ...NOTHING, serving, source: size, tags };
  const { blobs, uncopyable } = size;
  const attached = await observeAttached(image, source.digest, context);
  return { serving, source, tags, ...guard, blobs, uncopyable, attached };
}

// The source is asked for what is attached whatever the policy says of tags, so that a difference is seen.
async function observeAttached(
  image: WantedImage,
  digest: Digest,
  context: Context,
): Promise<ObservedImage['attached']> {
  const found = (await context.findAttached?.(image, digest)) ?? [];
  if ('state' in found) return found;
  const alone: Context = {
    ...context,
    policy: { protect: 'new', tagDrift: 'block' },
    movableTags: new Set(),
    findAttached: null,
  };
  return Promise.all(
    found.map(async (wanted) => ({
      wanted,
      observed: await observeImage(wanted, alone.registries, alone),
    })),
  );
}

async function headTags(
  image: WantedImage,
  tags: readonly string[],
  context: Context,
): Promise<Record<string, Presence>> {
  const answers = await Promise.all(tags.map((tag) => headServing(image, tag, context)));
  return Object.fromEntries(
    tags.flatMap((tag, i) => (answers[i] === undefined ? [] : [[tag, answers[i]]])),
  );
}

async function headProtectTag(
  image: WantedImage,
  digest: `sha256:${string}`,
  context: Context,
): Promise<Pick<ObservedImage, 'protectTag' | 'protectTagIsReferrers'>> {
  const registry = context.registries[image.serving];
  const protectTag = await headServing(image, formatProtectTag(digest, false), context);
  if (protectTag.state !== 'present' || protectTag.digest === digest)
    return { protectTag, protectTagIsReferrers: false };
  if (!(await holdsReferrers(registry, servingRepository(image), protectTag.digest)))
    return { protectTag, protectTagIsReferrers: false };
  return {
    protectTag: await headServing(image, formatProtectTag(digest, true), context),
    protectTagIsReferrers: true,
  };
}

// OCI's fallback for registries without the referrers API: an index of artifacts, each with an artifactType.
async function holdsReferrers(
  registry: RegistryPort,
  repository: string,
  digest: string,
): Promise<boolean> {
  try {
    const body = await registry.getManifest(repository, digest);
    const value = parseManifestBody(body);
    return (
      isIndexManifest(body.mediaType, value) &&
      value.manifests.every((entry) => 'artifactType' in entry || entry.platform === undefined)
    );
  } catch (error) {
    if (isToolError(error)) return false;
    throw error;
  }
}
