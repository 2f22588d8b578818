import type { Digest } from '../base/digest.ts';
import { OCI_INDEX } from '../base/oci.ts';
import { ToolError } from '../base/tool-error.ts';
import type { PassContext } from './pass-context.ts';
import type { CopyRequest } from './port.ts';
import {
  headDigest,
  headPresence,
  isZstdIndex,
  type Place,
  readChildren,
} from './read-registry.ts';
import { mayBeHalfCopied } from './skopeo-errors.ts';
import { buildRequest, placeOf, type TagJob } from './tag-job.ts';

/**
 * Finds the way out for an index that skopeo cannot finish: on a write-once registry it puts every
 * child again and is refused at the first (spec "registries" §0.8). The way: `copyInParts`. Null
 * where the failure is of another kind or the image has no children.
 */
export async function recoverIndex(
  context: PassContext,
  job: TagJob,
  failure: ToolError,
): Promise<((request: CopyRequest) => Promise<void>) | null> {
  const source = sourceOf(context, job);
  if (source === null || context.stop.aborted || !mayBeHalfCopied(failure)) return null;
  if ((await readChildren(source, job.digest)) === null) return null;
  return (request) => copyInParts(context, job, request);
}

/** Whether this copier is known to fail on the image as a whole: some edit an index with layers in zstd (spec "registries" §4.6). */
export async function mustCopyInParts(context: PassContext, job: TagJob): Promise<boolean> {
  const source = sourceOf(context, job);
  if (source === null || !(await context.copier.breaksZstdIndexes())) return false;
  return isZstdIndex(source, job.digest);
}

/** Copies the children that the destination lacks by their own digest, then the index alone. */
export async function copyInParts(
  context: PassContext,
  job: TagJob,
  request: CopyRequest,
): Promise<void> {
  const source = sourceOf(context, job);
  const children = source === null ? null : await readChildren(source, job.digest);
  for (const child of children ?? []) await copyChild(context, job, child);
  const multiArch = children === null ? 'all' : 'index-only';
  await context.copier.copy({ ...request, multiArch }, context.kill);
}

/**
 * Proves by HEAD that the destination holds every child of an index that it says it holds, and
 * copies those that it lacks: some registries take an index before its children, or lose one. Throws
 * `APPLY_NOT_THERE_AFTER_COPY` where a child does not stay.
 */
export async function completeIndex(context: PassContext, job: TagJob): Promise<void> {
  const place = placeOf(context, job);
  const presence = await headPresence(place, job.digest);
  if (presence.state !== 'present' || !isIndexType(presence.mediaType)) return;
  for (const child of (await readChildren(place, job.digest)) ?? []) {
    await copyChild(context, job, child);
    if ((await headDigest(place, child)) !== child) throw childMissing(job, place, child);
  }
}

function isIndexType(mediaType: string): boolean {
  return mediaType === OCI_INDEX || mediaType.includes('manifest.list');
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
