import type { Digest } from '../base/digest.ts';
import type { ToolError } from '../base/tool-error.ts';
import type { PassContext } from './pass-context.ts';
import type { CopyRequest } from './port.ts';
import { headDigest, readChildren } from './read-registry.ts';
import { mayBeHalfCopied } from './skopeo-errors.ts';
import { buildRequest, placeOf, type TagJob } from './tag-job.ts';

/**
 * Finds the way out for an index that skopeo cannot finish: on a write-once registry it puts every
 * child again and is refused at the first (spec "registries" §0.8), and some versions edit the list
 * (§4.6). The way: missing children by their own digest, then the index alone. Null where the
 * failure is of another kind or the image has no children.
 */
export async function recoverIndex(
  context: PassContext,
  job: TagJob,
  failure: ToolError,
): Promise<((request: CopyRequest) => Promise<void>) | null> {
  if ('layout' in job.source || context.stop.aborted || !mayBeHalfCopied(failure)) return null;
  const source = {
    registry: context.request.registries[job.source.role],
    repository: job.source.repository,
    signal: context.kill,
  };
  const children = await readChildren(source, job.digest);
  if (children === null) return null;
  return async (request) => {
    for (const child of children) await copyChild(context, job, child);
    await context.copier.copy({ ...request, multiArch: 'index-only' }, context.kill);
  };
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
