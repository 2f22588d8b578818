import pMap from 'p-map';
import type { Digest } from '../base/digest.ts';
import type { EmitEvent } from '../base/events.ts';
import { isIndexManifest, parseManifestBody } from '../base/oci.ts';
import type { Presence } from '../base/presence.ts';
import { isToolError } from '../base/tool-error.ts';
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
  /** Null where it is enough that production holds a manifest; gives nothing for an image of which that is so. */
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
 * Asks the live registries about every wanted image. Production is asked first; staging only for
 * what production lacks, so that an in-sync mirror costs one HEAD per image.
 */
export async function observeImages(
  images: readonly WantedImage[],
  registries: PerRole<RegistryPort>,
  options: ObserveOptions,
): Promise<ReadonlyMap<string, ObservedImage>> {
  const observed = new Map<string, ObservedImage>();
  const findAttached = createAttachedFinder(registries.staging, options.signal);
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
  const production = await registries.production.headManifest(
    image.repository.production,
    reference,
    options.signal,
  );
  switch (production.state) {
    case 'unknown':
      return { ...NOTHING, production };
    case 'present':
      return observePresent(image, production, { registries, ...options });
    case 'absent':
      return observeAbsent(image, production, { registries, ...options });
  }
}

const NOTHING = {
  staging: null,
  protectTag: null,
  protectTagIsReferrers: false,
  tags: {},
  blobs: {},
  uncopyable: null,
  attached: [],
} as const;

type Context = Surroundings & { readonly registries: PerRole<RegistryPort> };

async function observePresent(
  image: WantedImage,
  production: Presence & { state: 'present' },
  context: Context,
): Promise<ObservedImage> {
  const { registries, policy, signal } = context;
  const movable = context.movableTags.has(image.key);
  const staging =
    image.digest === null && (movable || policy.tagDrift === 'block')
      ? await registries.staging.headManifest(image.repository.staging, image.tag ?? '', signal)
      : null;
  if (movable && staging?.state === 'present' && staging.digest !== production.digest)
    return observeDelivered(image, { production, staging }, context);
  const tags = await headTags(image, image.demandedTags, context);
  const proof = await observeProof(image, production.digest, context);
  const attached = context.owes(image.upstream)
    ? await observeAttached(image, production.digest, context)
    : [];
  const seen = { ...NOTHING, production, staging, tags, attached, ...proof };
  if (policy.protect === 'new' && proof.restore === undefined) return seen;
  return { ...seen, ...(await headProtectTag(image, production.digest, context)) };
}

// Only what is clearly gone is asked of staging: nothing else is mended by a copy.
async function observeProof(
  image: WantedImage,
  digest: Digest,
  { prove, registries, signal }: Context,
): Promise<Pick<ObservedImage, 'proof' | 'restore' | 'blobs'>> {
  const proof = await prove?.(image.repository.production, digest);
  if (proof === undefined) return { blobs: {} };
  if (proof.state !== 'damaged' || proof.wrong.length > 0) return { proof, blobs: {} };
  return {
    proof,
    ...(await findRestore(proof, image.repository.staging, {
      registry: registries.staging,
      signal,
    })),
  };
}

async function observeAbsent(
  image: WantedImage,
  production: Presence,
  context: Context,
): Promise<ObservedImage> {
  const { registries, signal } = context;
  const staging = await registries.staging.headManifest(
    image.repository.staging,
    image.digest ?? image.tag ?? '',
    signal,
  );
  if (staging.state !== 'present') return { ...NOTHING, production, staging };
  return observeDelivered(image, { production, staging }, context);
}

/** What a copy of an image that staging holds must know. */
async function observeDelivered(
  image: WantedImage,
  seen: {
    readonly production: Presence;
    readonly staging: Presence & { readonly state: 'present' };
  },
  context: Context,
): Promise<ObservedImage> {
  const { registries } = context;
  const { production, staging } = seen;
  const [tags, guard, size] = await Promise.all([
    headTags(image, [...image.demandedTags, ...image.arrivalTags], context),
    headProtectTag(image, staging.digest, context),
    measureImage(registries.staging, image.repository.staging, staging.digest),
  ]);
  if (size.state === 'unknown') return { ...NOTHING, production, staging: size, tags };
  const { blobs, uncopyable } = size;
  const attached = await observeAttached(image, staging.digest, context);
  return { production, staging, tags, ...guard, blobs, uncopyable, attached };
}

// Staging is asked for what is attached whatever the policy says of tags, so that a difference is seen.
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
  const answers = await Promise.all(
    tags.map((tag) =>
      context.registries.production.headManifest(image.repository.production, tag, context.signal),
    ),
  );
  return Object.fromEntries(
    tags.flatMap((tag, i) => (answers[i] === undefined ? [] : [[tag, answers[i]]])),
  );
}

async function headProtectTag(
  image: WantedImage,
  digest: `sha256:${string}`,
  context: Context,
): Promise<Pick<ObservedImage, 'protectTag' | 'protectTagIsReferrers'>> {
  const { production } = context.registries;
  const repository = image.repository.production;
  const protectTag = await production.headManifest(
    repository,
    formatProtectTag(digest, false),
    context.signal,
  );
  if (protectTag.state !== 'present' || protectTag.digest === digest)
    return { protectTag, protectTagIsReferrers: false };
  if (!(await holdsReferrers(production, repository, protectTag.digest)))
    return { protectTag, protectTagIsReferrers: false };
  return {
    protectTag: await production.headManifest(
      repository,
      formatProtectTag(digest, true),
      context.signal,
    ),
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
