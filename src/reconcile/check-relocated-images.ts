import pLimit from 'p-limit';
import { type ImageRef, parseImageRef } from '../base/image-ref.ts';
import type { UnknownPresence } from '../base/presence.ts';
import { isToolError } from '../base/tool-error.ts';
import { pointsAt, type RegistryNames } from '../cluster/find-pointers.ts';
import { type PullAttempt, resolveImage } from '../cluster/resolve-image.ts';
import { mapReference } from '../images/map-path.ts';
import type { ImageProver, Proof } from '../images/prove-image.ts';
import type { ObservedCluster, UsedImage } from '../manifest/observed-cluster.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import type {
  RelocateHindrance,
  RelocateUnclear,
  RelocateWarning,
} from '../plan/relocate-check-types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { listReleaseImages } from './list-components.ts';
import type { HeldImage } from './list-held-images.ts';

export interface RelocatedContext {
  readonly staging: RegistryPort;
  readonly production: RegistryPort;
  readonly names: { readonly staging: RegistryNames; readonly production: RegistryNames };
  readonly manifest: MirrorManifest;
  /** Of staging. */
  readonly prover: ImageProver;
  readonly signal: AbortSignal;
}

export interface RelocatedFindings {
  readonly proved: number;
  readonly hindrances: readonly RelocateHindrance[];
  readonly unclear: readonly RelocateUnclear[];
  readonly warnings: readonly RelocateWarning[];
}

const IMAGES_AT_ONCE = 16;

/**
 * Asks staging for every image that a cluster uses, at the places at which its nodes look. `held` are those that its
 * installed and pending bundles name, whether something runs of them or not.
 */
export async function checkRelocatedImages(
  { cluster, held }: { readonly cluster: ObservedCluster; readonly held: readonly HeldImage[] },
  context: RelocatedContext,
): Promise<RelocatedFindings> {
  const limit = pLimit(IMAGES_AT_ONCE);
  const release = await listReleaseImages(cluster, context);
  const used = uniqueImages([...cluster.images, ...release.images, ...held]);
  const found = await Promise.all(
    used.map((image) => limit(() => checkImage(image, cluster, context))),
  );
  return {
    proved: found.filter(({ proved }) => proved > 0).length,
    hindrances: [...listRules(cluster, context), ...found.flatMap((it) => it.hindrances)],
    unclear: [...release.unclear, ...found.flatMap(({ unclear }) => unclear)],
    warnings: found.flatMap(({ warnings }) => warnings),
  };
}

type CheckedImage = UsedImage & Partial<Pick<HeldImage, 'upstream'>>;

/** The first of each: what somebody was seen to use must be there, whatever names it besides. */
function uniqueImages(images: readonly CheckedImage[]): readonly CheckedImage[] {
  const first = new Map(images.toReversed().map((it) => [it.image, it]));
  return images.filter((it) => first.get(it.image) === it);
}

function listRules(
  { name, mirrors }: ObservedCluster,
  { names }: RelocatedContext,
): readonly RelocateHindrance[] {
  return mirrors.flatMap((rule) =>
    rule.mirrors
      .filter((mirror) => pointsAt(mirror, names.production))
      .map((mirror) => ({
        kind: 'names-production' as const,
        cluster: name,
        subject: rule.object === '' ? rule.source : rule.object,
        users: [],
        message: `It sends ${rule.source} to ${mirror}, which is production.`,
        next: 'Take production out of the mirror rules of the cluster, wait until its machine config pools are updated, and run `olmirror in-use` again.',
      })),
  );
}

async function checkImage(
  used: CheckedImage,
  cluster: ObservedCluster,
  context: RelocatedContext,
): Promise<RelocatedFindings> {
  const about = { cluster: cluster.name, subject: used.image, users: used.users };
  const attempts = resolveImage(used.image, cluster.mirrors);
  const own = attempts.filter(({ reference }) => pointsAt(reference, context.names.staging));
  try {
    for (const attempt of own) {
      const found = await askStaging(attempt, context);
      if (found.state === 'absent') continue;
      if (found.state === 'whole') {
        const other = await compareTag(found, attempts, context);
        return other === null
          ? { ...NOTHING, proved: 1 }
          : judgeOther(other, { about, reference: attempt.reference });
      }
      if (found.state === 'unknown') return makeUnclear(about, found);
      const parts = [...found.missing, ...found.wrong].map(({ digest }) => digest);
      const message = `${attempt.reference} is in staging, but not all of it: ${parts.join(', ')}.`;
      return hinder({ ...about, kind: 'damaged', message, next: COPY });
    }
    const lost = await findLost(used, attempts, context);
    if (lost !== null) return judgeLost(lost, about);
  } catch (error) {
    if (!isToolError(error, 'BASE_BAD_IMAGE_REF')) throw error;
    const next = 'Correct the object that names it, and run `olmirror in-use` again.';
    const unclear = { ...about, kind: 'reference' as const, message: error.message, next };
    return { ...NOTHING, unclear: [unclear] };
  }
  return hinder({ ...about, ...describeAbsent(attempts, own, context) });
}

const NOTHING: RelocatedFindings = { proved: 0, hindrances: [], unclear: [], warnings: [] };
const COPY = 'Bring it to staging (`olmirror apply` copies what relocate keeps), then check again.';

type Found =
  | Exclude<Proof, { readonly state: 'whole' }>
  | { readonly state: 'absent' }
  | { readonly state: 'whole'; readonly ref: ImageRef; readonly digest: string };

async function askStaging(
  { reference }: PullAttempt,
  { staging, prover, signal }: RelocatedContext,
): Promise<Found> {
  const ref = parseImageRef(reference);
  const { repository, digest, tag } = ref;
  const head = await staging.headManifest(repository, digest ?? tag ?? 'latest', signal);
  if (head.state !== 'present') return head;
  const proof = await prover.prove(repository, head.digest);
  return proof.state === 'whole' ? { ...proof, ref, digest: head.digest } : proof;
}

/** What production has under a tag, where that is not what staging has; null where it is the same, or production has none. */
async function compareTag(
  { ref, digest }: Extract<Found, { readonly state: 'whole' }>,
  attempts: readonly PullAttempt[],
  { production, names, signal }: RelocatedContext,
): Promise<{ readonly reference: string; readonly digest: string } | UnknownPresence | null> {
  if (ref.digest !== null) return null;
  for (const { reference } of attempts) {
    if (!pointsAt(reference, names.production)) continue;
    const { repository, tag } = parseImageRef(reference);
    const head = await production.headManifest(repository, tag ?? 'latest', signal);
    if (head.state === 'unknown') return head;
    if (head.state === 'present' && head.digest !== digest)
      return { reference, digest: head.digest };
  }
  return null;
}

/**
 * What production says of an image that only a catalog names, where staging does not have it: null where production has
 * it, or somebody was seen to use it.
 */
async function findLost(
  { upstream }: CheckedImage,
  attempts: readonly PullAttempt[],
  { production, names, manifest, signal }: RelocatedContext,
): Promise<{ readonly state: 'lost' } | UnknownPresence | null> {
  if (upstream === undefined) return null;
  const mapped = parseImageRef(mapReference(parseImageRef(upstream), 'production', manifest));
  const followed = attempts
    .filter(({ reference }) => pointsAt(reference, names.production))
    .map(({ reference }) => parseImageRef(reference));
  for (const { repository, digest, tag } of [mapped, ...followed]) {
    const head = await production.headManifest(repository, digest ?? tag ?? 'latest', signal);
    if (head.state === 'unknown') return head;
    if (head.state === 'present') return null;
  }
  return { state: 'lost' };
}

function judgeLost(
  lost: NonNullable<Awaited<ReturnType<typeof findLost>>>,
  about: About,
): RelocatedFindings {
  if (lost.state === 'unknown') return makeUnclear(about, lost);
  const message =
    'The cluster does not find it in staging, and production does not have it either.';
  const next = 'Bring it with a delivery where the operator needs it; a wipe takes nothing away.';
  return { ...NOTHING, warnings: [{ ...about, kind: 'lost', message, next }] };
}

interface About {
  readonly cluster: string;
  readonly subject: string;
  readonly users: readonly string[];
}

function judgeOther(
  other: { readonly reference: string; readonly digest: string } | UnknownPresence,
  { about, reference }: { readonly about: About; readonly reference: string },
): RelocatedFindings {
  if ('state' in other) return makeUnclear(about, other);
  const message = `${reference} is in staging, but production has ${other.digest} under that tag (${other.reference}).`;
  return hinder({ ...about, kind: 'other-digest', message, next: COPY });
}

function makeUnclear(about: About, { message, hint }: UnknownPresence): RelocatedFindings {
  const next = hint ?? 'Repeat the check once the registry answers for it.';
  return { ...NOTHING, unclear: [{ ...about, kind: 'image', message, next }] };
}

function hinder(hindrance: RelocateHindrance): RelocatedFindings {
  return { ...NOTHING, hindrances: [hindrance] };
}

function describeAbsent(
  attempts: readonly PullAttempt[],
  own: readonly PullAttempt[],
  { names }: RelocatedContext,
): Pick<RelocateHindrance, 'kind' | 'message' | 'next'> {
  const asked = attempts.map(({ reference }) => reference).join(', ');
  if (own.length > 0)
    return {
      kind: 'absent',
      message: `Staging does not have it. Nodes look at ${asked}.`,
      next: COPY,
    };
  const isProduction = attempts.some(({ reference }) => pointsAt(reference, names.production));
  return {
    kind: isProduction ? 'names-production' : 'absent',
    message: `No mirror rule of the cluster sends it to staging. Nodes look at ${asked}.`,
    next: 'Give the cluster a mirror rule that names staging, or change the address where it is used, and run `olmirror in-use` again.',
  };
}
