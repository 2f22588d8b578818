import { parseImageRef } from '../base/image-ref.ts';
import { messageOf, ToolError } from '../base/tool-error.ts';
import type { ReleaseEntry } from '../manifest/types.ts';

/** One image of a release payload, by its name in the payload's ImageStream. */
export interface ReleaseComponent {
  readonly name: string;
  /** Upstream reference, by digest. */
  readonly image: string;
}

export interface ReleaseContent extends ReleaseEntry {
  readonly components: readonly ReleaseComponent[];
}

/** Folder of a payload image that holds `image-references`. */
export const RELEASE_MANIFESTS = 'release-manifests';

/** Tag of a payload, `4.20.3-x86_64` (spec "oc-mirror" §2). */
export function formatReleaseTag(release: ReleaseEntry): string {
  return `${release.version}-${release.architecture}`;
}

/**
 * Reads `release-manifests/image-references` of a payload, an ImageStream whose tags name the
 * components (spec "oc-mirror" §5). Throws `IMAGES_BAD_RELEASE`.
 */
export function parseImageReferences(
  text: string,
  release: ReleaseEntry,
): readonly ReleaseComponent[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badRelease(release, `its image-references is not JSON (${messageOf(error)})`);
  }
  const tags = readTags(value);
  if (tags === null) throw badRelease(release, 'its image-references holds no spec.tags');
  return tags.map((tag) => readComponent(tag, release));
}

function readComponent(tag: unknown, release: ReleaseEntry): ReleaseComponent {
  const name = readField(tag, 'name');
  const image = readField(readField(tag, 'from'), 'name');
  if (typeof name !== 'string' || typeof image !== 'string')
    throw badRelease(release, 'a tag of its image-references has no name or image');
  if (parseImageRef(image).digest === null)
    throw badRelease(release, `component ${name} is not named by digest`);
  return { name, image };
}

function readField(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function readTags(value: unknown): readonly unknown[] | null {
  const spec = readField(value, 'spec');
  const tags = readField(spec, 'tags');
  return Array.isArray(tags) ? tags : null;
}

function badRelease(release: ReleaseEntry, why: string): ToolError {
  return new ToolError(
    'IMAGES_BAD_RELEASE',
    `Release payload ${formatReleaseTag(release)} cannot be read: ${why}.`,
    {
      hint: 'Check that the delivery brought the whole payload, and mirror it again if not.',
    },
  );
}
