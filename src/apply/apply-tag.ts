import type { TagStep } from '../plan/types.ts';
import { keepManifest } from './keep-manifest.ts';
import type { PassContext } from './pass-context.ts';
import { putTag } from './put-tag.ts';
import { nameStep } from './step-name.ts';
import { buildResult, COPIED, endWith, IN_SYNC, type StepResult } from './step-result.ts';

/** Gives an image one more tag inside the serving registry; what a moved tag leaves is kept under a tag of its own first. */
export async function applyTag(context: PassContext, step: TagStep): Promise<StepResult> {
  const role = context.request.servingRole;
  const { repository, tag, digest, previous } = step;
  const place = { step: nameStep(step), role, repository };
  try {
    if (previous !== null) await keepManifest(context, { ...place, digest: previous }, []);
    const result = await putTag(context, {
      ...place,
      tag,
      digest,
      previous,
      source: { role, repository },
    });
    return buildResult(step, result.kind === 'written' ? COPIED : IN_SYNC);
  } catch (error) {
    return buildResult(step, endWith(error));
  }
}
