import type { BuiltTop } from '../index/render-oci-layout.ts';
import { withDisk } from './disk-error.ts';
import type { PassContext } from './pass-context.ts';
import { putTag } from './put-tag.ts';
import type { StepName } from './step-name.ts';
import { verifyLayout } from './verify-layout.ts';

export interface LayoutPush {
  readonly step: StepName;
  /** In the serving registry. */
  readonly repository: string;
  /** Never moves. */
  readonly tag: string;
  /** For people, where the disk fails. */
  readonly work: string;
  /** Folder. */
  readonly layout: string;
  readonly top: BuiltTop;
}

/** Pushes a built image out of its layout, looked at once more, under its immutable tag. */
export async function pushLayout(
  context: PassContext,
  { step, repository, tag, work, layout, top }: LayoutPush,
): Promise<void> {
  await putTag(context, {
    step,
    role: context.request.servingRole,
    repository,
    tag,
    digest: top.digest,
    previous: null,
    source: { layout, verify: () => withDisk(work, () => verifyLayout(layout, top)) },
  });
}
