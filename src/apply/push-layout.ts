import type { BuiltTop } from '../index/render-oci-layout.ts';
import type { PushIndexStep } from '../plan/types.ts';
import { withDisk } from './disk-error.ts';
import type { PassContext } from './pass-context.ts';
import { putTag } from './put-tag.ts';
import { nameStep } from './step-name.ts';
import { verifyLayout } from './verify-layout.ts';

export interface LayoutPush {
  readonly step: PushIndexStep;
  /** For people, where the disk fails. */
  readonly work: string;
  /** Folder. */
  readonly layout: string;
  readonly top: BuiltTop;
}

/** Pushes a built index out of its layout, looked at once more, under its immutable tag. */
export async function pushLayout(
  context: PassContext,
  { step, work, layout, top }: LayoutPush,
): Promise<void> {
  await putTag(context, {
    step: nameStep(step),
    role: context.request.servingRole,
    repository: step.repository,
    tag: step.tag,
    digest: top.digest,
    previous: null,
    source: { layout, verify: () => withDisk(work, () => verifyLayout(layout, top)) },
  });
}
