import type { Digest } from '../base/digest.ts';
import { isIndexManifest } from '../base/oci.ts';
import { ToolError } from '../base/tool-error.ts';
import type { PassContext } from './pass-context.ts';
import type { CopyRequest } from './port.ts';
import {
  headDigest,
  headPresence,
  type Place,
  readChildren,
  readZstdChildren,
} from './read-registry.ts';
import { mayBeHalfCopied } from './skopeo-errors.ts';
import { buildRequest, placeOf, type TagJob } from './tag-job.ts';

/** Copies an image as a whole; in parts where this copier is known to fail otherwise: some edit an index with layers in zstd (spec "registries" §4.6). */
export async function copyImage(
  context: PassContext,
  job: TagJob,
  request: CopyRequest,
): Promise<void> {
  const source = sourceOf(context, job);
  const parts =
    source !== null && (await context.copier.breaksZstdIndexes())
      ? await readZstdChildren(source, job.digest)
      : null;
  if (parts === null) await context.copier.copy(request, context.kill);
  else await copyInParts(context, job, { request, children: parts });
}

/**
 * Finds the way out for an index that skopeo cannot finish: on a write-once registry it puts every
 * child again and is refused at the first (spec "registries" §0.8). Null where the failure is of
 * another kind or the image has no children.
 */
export async function recoverIndex(
  context: PassContext,
  job: TagJob,
  failure: ToolError,
): Promise<((request: CopyRequest) => Promise<void>) | null> {
  const source = sourceOf(context, job);
  if (source === null || context.stop.aborted || !mayBeHalfCopied(failure)) return null;
  const children = await readChildren(source, job.digest);
  return children === null ? null : (request) => copyInParts(context, job, { request, children });
}

// The children that the destination lacks by their own digest, then the index alone.
async function copyInParts(
  context: PassContext,
  job: TagJob,
  { request, children }: { readonly request: CopyRequest; readonly children: readonly Digest[] },
): Promise<void> {
  for (const child of children) await copyChild(context, job, child);
  await context.copier.copy({ ...request, multiArch: 'index-only' }, context.kill);
}

/**
 * Proves by HEAD that the destination holds every child of an index that it says it holds, and
 * copies those that it lacks: some registries take an index before its children, or lose one. Throws
 * `APPLY_NOT_THERE_AFTER_COPY` where a child does not stay. `mediaType`: of the image; null where it must be asked for.
 */
export async function completeIndex(
  context: PassContext,
  job: TagJob,
  mediaType: string | null,
): Promise<void> {
  const place = placeOf(context, job);
  const type = mediaType ?? (await readMediaType(place, job.digest));
  if (type === null || !isIndexManifest(type, null)) return;
  for (const child of (await readChildren(place, job.digest)) ?? []) {
    await copyChild(context, job, child);
    if ((await headDigest(place, child)) !== child) throw childMissing(job, place, child);
  }
}

/** Null where the image is not there, or nobody knows. */
async function readMediaType(place: Place, digest: Digest): Promise<string | null> {
  const presence = await headPresence(place, digest);
  return presence.state === 'present' ? presence.mediaType : null;
}

function sourceOf(context: PassContext, job: TagJob): Place | null {
  if ('layout' in job.source) return null;
  const { role, repository } = job.source;
  return { registry: context.request.registries[role], repository, signal: context.kill };
}

async function copyChild(context: PassContext, job: TagJob, child: Digest): Promise<void> {
  const place = placeOf(context, job);
  if ((await headDigest(place, child)) === child) return;
  const request = buildRequest(context, { ...job, digest: child, tag: child });
  try {
    await context.copier.copy(request, context.kill);
  } catch (error) {
    if ((await headDigest(place, child)) !== child) throw error;
  }
}

function childMissing(job: TagJob, { registry }: Place, child: Digest): ToolError {
  return new ToolError(
    'APPLY_NOT_THERE_AFTER_COPY',
    `${registry.host} holds the index ${job.repository}@${job.digest} under tag ${job.tag}, but not its child ${child}, though it was copied.`,
    {
      disposition: 'retry',
      side: 'destination',
      hint: 'That platform cannot be pulled. Look at the registry: a clean-up may delete manifests without a tag, or a proxy in front of it answers in its place. Then run the command again.',
    },
  );
}
