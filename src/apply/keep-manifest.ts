import { hexOf } from '../base/digest.ts';
import { ToolError } from '../base/tool-error.ts';
import type { PassContext } from './pass-context.ts';
import { putTag } from './put-tag.ts';
import { headDigest } from './read-registry.ts';
import { placeOf, type TagJob } from './tag-job.ts';

/**
 * Makes sure that a manifest which a tag is about to leave has a tag of its own that never moves
 * (promise 2): one of `known`, else `sha256-<hex>`, else `olmirror-<hex>` where a referrers index
 * holds that name.
 */
export async function keepManifest(
  context: PassContext,
  job: Omit<TagJob, 'tag' | 'previous' | 'source'>,
  known: readonly string[],
): Promise<void> {
  const place = placeOf(context, job);
  for (const tag of known) if ((await headDigest(place, tag)) === job.digest) return;
  const source = { role: job.role, repository: job.repository };
  for (const prefix of ['sha256', 'olmirror']) {
    const tag = `${prefix}-${hexOf(job.digest)}`;
    const current = await headDigest(place, tag);
    if (current !== null && current !== job.digest) continue;
    await putTag(context, { ...job, tag, previous: null, source });
    return;
  }
  throw new ToolError(
    'APPLY_TAG_CONFLICT',
    `No tag in ${job.repository} is free to keep ${job.digest}, so the tag that points at it stays.`,
    {
      hint: 'Tags that name a digest hold other content there. Find out who pushed them.',
    },
  );
}
