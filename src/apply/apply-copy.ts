import { formatTagItem } from '../plan/item.ts';
import type { CopyStep } from '../plan/types.ts';
import type { PassContext } from './pass-context.ts';
import { proveCopied } from './prove-copied.ts';
import { putTag } from './put-tag.ts';
import { headDigest } from './read-registry.ts';
import { completeIndex } from './recover-index.ts';
import { repairImage } from './repair-image.ts';
import { retryStep } from './retry.ts';
import { nameStep } from './step-name.ts';
import {
  buildResult,
  COPIED,
  type Ending,
  endWith,
  IN_SYNC,
  type StepResult,
} from './step-result.ts';
import { placeOf, type TagJob } from './tag-job.ts';

/**
 * Copies one image by digest under its never-moving tag (promise 5), then gives it its further
 * tags. What the destination holds already is not copied again, save the parts of a damaged image
 * that the step names.
 */
export async function applyCopy(context: PassContext, step: CopyStep): Promise<StepResult> {
  const job = buildJob(step);
  const here = { role: step.to.role, repository: step.to.repository };
  let main: Ending;
  try {
    const name = nameStep(step);
    const there = await retryStep(context, name, () =>
      headDigest(placeOf(context, here), step.digest),
    );
    const source = there === null ? step.from : here;
    const tagJob = { ...job, tag: step.protectTag, source };
    const repair = there === null ? undefined : step.repair;
    if (repair !== undefined) await repairImage(context, { ...tagJob, source: step.from }, repair);
    const { mediaType } = await putTag(context, tagJob);
    if (there === null)
      await retryStep(context, name, () => completeCopy(context, tagJob, mediaType));
    main = there === null || repair !== undefined ? COPIED : IN_SYNC;
  } catch (error) {
    return buildResult(step, endWith(error));
  }
  return finishTags(context, step, main);
}

// With the image itself, HEAD decides; of what it names, as much as the plan was verified by.
async function completeCopy(
  context: PassContext,
  job: TagJob,
  mediaType: string | null,
): Promise<void> {
  await completeIndex(context, job, mediaType);
  if (context.request.plan.verification === undefined) return;
  await proveCopied(context, placeOf(context, job), { digest: job.digest, suspects: [] });
}

function buildJob(step: CopyStep): Omit<TagJob, 'tag' | 'source'> {
  return {
    step: nameStep(step),
    role: step.to.role,
    repository: step.to.repository,
    digest: step.digest,
    previous: null,
  };
}

async function finishTags(context: PassContext, step: CopyStep, main: Ending): Promise<StepResult> {
  const special = new Map<string, Ending>();
  for (const tag of step.tags) {
    const ending = await giveTag(context, step, tag);
    const owners = itemsOfTag(step, tag);
    for (const item of owners) special.set(item, ending);
    if (owners.length === 0 && ending.kind !== 'copied' && ending.kind !== 'in-sync')
      warn(context, ending);
  }
  const worst = [...special.values()].find(
    (ending) => ending.kind !== 'copied' && ending.kind !== 'in-sync',
  );
  return { ...buildResult(step, main, special), ...worst };
}

async function giveTag(context: PassContext, step: CopyStep, tag: string): Promise<Ending> {
  const source = { role: step.to.role, repository: step.to.repository };
  try {
    const { kind } = await putTag(context, { ...buildJob(step), tag, source });
    return kind === 'written' ? COPIED : IN_SYNC;
  } catch (error) {
    return endWith(error);
  }
}

// The item of a tag, or of the image itself where it is wanted by tag only. A tag without an item
// came along as a courtesy; it is nobody's failure.
function itemsOfTag(step: CopyStep, tag: string): readonly string[] {
  const { repository } = step.to;
  const names = [`${repository}:${tag}`, formatTagItem(repository, tag)];
  return step.items.filter((item) => names.includes(item));
}

function warn(context: PassContext, ending: Ending): void {
  context.request.emit({ kind: 'warning', message: ending.message ?? '', hint: null });
}
