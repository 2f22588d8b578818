import type { Digest } from '../base/digest.ts';
import { isToolError, rephrase, type ToolError } from '../base/tool-error.ts';
import type { Repair } from '../plan/types.ts';
import type { PassContext } from './pass-context.ts';
import { proveCopied } from './prove-copied.ts';
import { retryStep } from './retry.ts';
import { isCutOff } from './step-result.ts';
import { buildRequest, placeOf, type TagJob } from './tag-job.ts';

/**
 * Brings back what a damaged image lacks: its manifests are copied again by their own digest, and
 * skopeo uploads the blobs that the registry does not find. No tag is touched. A registry that takes no
 * manifest twice refuses the end of such a copy, when the blobs are there already; so the proof
 * decides, by the bytes of what was missing.
 */
export async function repairImage(
  context: PassContext,
  job: TagJob,
  { manifests, missing }: Repair,
): Promise<void> {
  const suspects = missing.filter(({ kind }) => kind === 'blob').map(({ digest }) => digest);
  await retryStep(context, job.step, async () => {
    const failure = await copyAll(context, job, manifests);
    try {
      await proveCopied(context, placeOf(context, job), { digest: job.digest, suspects });
    } catch (error) {
      if (failure === null || !isToolError(error, 'APPLY_NOT_THERE_AFTER_COPY')) throw error;
      // Why the copy failed is the cause; that the image is still not whole is the state.
      throw rephrase(failure, `${failure.message} ${error.message}`);
    }
  });
}

async function copyAll(
  context: PassContext,
  job: TagJob,
  manifests: readonly Digest[],
): Promise<ToolError | null> {
  let first: ToolError | null = null;
  for (const digest of manifests) {
    try {
      await context.copier.copy(
        buildRequest(context, { ...job, digest, tag: digest }),
        context.kill,
      );
    } catch (error) {
      if (!isToolError(error) || isCutOff(error)) throw error;
      first ??= error;
    }
  }
  return first;
}
