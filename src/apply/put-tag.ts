import type { Digest } from '../base/digest.ts';
import type { Presence } from '../base/presence.ts';
import { isToolError, rephrase, ToolError } from '../base/tool-error.ts';
import type { PassContext } from './pass-context.ts';
import type { CopyRequest } from './port.ts';
import { errorOfUnknown, headDigest, headPresence, type Place } from './read-registry.ts';
import { copyImage, recoverIndex } from './recover-index.ts';
import { retryStep } from './retry.ts';
import { isCutOff } from './step-result.ts';
import { buildRequest, placeOf, type TagJob } from './tag-job.ts';

export interface TagResult {
  readonly kind: 'written' | 'unchanged';
  /** Of the image, as the registry named it after the write; null where nothing was written. */
  readonly mediaType: string | null;
}

/**
 * Makes a tag point at an image, copying what is missing, and proves it by HEAD: neither skopeo's
 * exit code nor its text decides (promise 4). A tag that points at anything but `previous` or the
 * image itself is left alone: `APPLY_TAG_CONFLICT` (promise 2). The tag is asked again before every
 * single write.
 */
export async function putTag(context: PassContext, job: TagJob): Promise<TagResult> {
  try {
    return await retryStep(context, job.step, () =>
      tryOnce(context, job, (request) => copyImage(context, job, request)),
    );
  } catch (error) {
    if (!isToolError(error) || 'layout' in job.source) throw error;
    const recovery = await recoverIndex(context, job, error);
    if (recovery === null) throw error;
    return tryOnce(context, job, recovery);
  }
}

type Write = (request: CopyRequest) => Promise<void>;

async function tryOnce(context: PassContext, job: TagJob, write: Write): Promise<TagResult> {
  const place = placeOf(context, job);
  const current = await headDigest(place, job.tag);
  if (current === job.digest) return { kind: 'unchanged', mediaType: null };
  if (current !== job.previous) throw tagConflict(job, current);
  if ('layout' in job.source) await job.source.verify();
  const failure = await attempt(() => write(buildRequest(context, job)));
  if (failure !== null && isCutOff(failure)) throw failure;
  return { kind: 'written', mediaType: await assertThere(place, job, failure) };
}

async function attempt(work: () => Promise<void>): Promise<ToolError | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (isToolError(error)) return error;
    throw error;
  }
}

/** Returns the media type of the image. */
async function assertThere(place: Place, job: TagJob, failure: ToolError | null): Promise<string> {
  const byDigest = await headPresence(place, job.digest);
  const byTag = await headPresence(place, job.tag);
  if (byDigest.state === 'present' && byTag.state === 'present' && byTag.digest === job.digest)
    return byDigest.mediaType;
  const asked = byDigest.state === 'unknown' ? byDigest : byTag;
  const state = describeState(
    job,
    asked.state === 'unknown'
      ? null
      : {
          image: byDigest.state === 'present',
          tag: byTag.state === 'present' ? byTag.digest : null,
        },
  );
  const error = explainFailure(failure, asked) ?? notThere(job);
  throw rephrase(error, `${error.message} ${state}`);
}

/** skopeo waits in silence where a registry asks it to come back later: then the registry says it to us. */
function explainFailure(failure: ToolError | null, asked: Presence): ToolError | null {
  const isHidden =
    failure?.code === 'APPLY_COPY_TIMEOUT' &&
    asked.state === 'unknown' &&
    asked.code === 'REGISTRY_RATE_LIMITED';
  if (!isHidden) return failure;
  const reason = errorOfUnknown(asked);
  return rephrase(reason, `${failure.message} ${reason.message}`, {
    cause: failure,
    side: 'destination',
  });
}

function describeState(
  job: TagJob,
  seen: { readonly image: boolean; readonly tag: Digest | null } | null,
): string {
  const name = `${job.repository}:${job.tag}`;
  if (seen === null) return 'What the destination holds now is unknown.';
  if (seen.tag !== null) return `Tag ${name} points at ${seen.tag}.`;
  return seen.image
    ? `The destination holds the image, but not under tag ${name}.`
    : 'Nothing of it is visible at the destination.';
}

function notThere(job: TagJob): ToolError {
  return new ToolError(
    'APPLY_NOT_THERE_AFTER_COPY',
    `skopeo reported success for ${job.repository}:${job.tag}, but the registry does not hold ${job.digest} there.`,
    {
      disposition: 'retry',
      side: 'destination',
      hint: 'Look at the registry: its disk may be full, or a proxy in front of it answers in its place.',
    },
  );
}

function tagConflict(job: TagJob, current: Digest | null): ToolError {
  const found = current === null ? 'is gone' : `points at ${current}`;
  const wanted = job.previous === null ? 'does not exist yet' : `points at ${job.previous}`;
  return new ToolError(
    'APPLY_TAG_CONFLICT',
    `Tag ${job.repository}:${job.tag} ${found}; it was to get ${job.digest} if it ${wanted}. Nothing was written to it.`,
    {
      hint: 'Run `olmirror plan` again to see what changed; somebody else writes to this registry.',
    },
  );
}
