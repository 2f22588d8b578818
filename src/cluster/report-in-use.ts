import { compareBytes } from '../base/text.ts';
import type { RawCluster } from '../manifest/schemas.ts';
import type { ClusterObject } from './read-objects.ts';
import { resolveImage } from './resolve-image.ts';
import { listUsedImages } from './used-images.ts';

/** Kinds that tell something beside the images that they name. */
const TELLING: ReadonlySet<string> = new Set([
  'Subscription',
  'InstallPlan',
  'ClusterServiceVersion',
  'OperatorGroup',
  'ClusterExtension',
  'ClusterVersion',
  'Node',
  'Status',
  'ImageDigestMirrorSet',
  'ImageTagMirrorSet',
  'ImageContentSourcePolicy',
]);

export interface UsedBy {
  readonly image: string;
  readonly users: readonly string[];
}

/** Images that nodes pull from their own registry first, since no rule redirects them; none where no rule is known. */
export function listUnmirrored({ images = [], mirrors = [] }: RawCluster): readonly UsedBy[] {
  if (mirrors.length === 0) return [];
  const rules = mirrors.map((mirror) => ({ exclusive: false, object: '', ...mirror }));
  const hosts = new Set(mirrors.flatMap((mirror) => mirror.mirrors.map(hostOf)));
  return images
    .map((used) => (typeof used === 'string' ? { image: used, users: [] } : used))
    .map(({ image, users = [] }) => ({ image, users }))
    .filter(({ image }) => !hosts.has(hostOf(image)))
    .filter(({ image }) => resolveImage(image, rules)[0]?.mirror === null);
}

/** Objects that say nothing, by kind: perhaps custom resources that name images. */
export function countIgnored(
  objects: readonly ClusterObject[],
  included: ReadonlySet<string>,
): readonly { readonly kind: string; readonly objects: number }[] {
  const counts = new Map<string, number>();
  for (const object of objects)
    if (!TELLING.has(object.kind) && listUsedImages(object, included).length === 0)
      counts.set(object.kind, (counts.get(object.kind) ?? 0) + 1);
  return [...counts]
    .map(([kind, count]) => ({ kind, objects: count }))
    .toSorted((a, b) => compareBytes(a.kind, b.kind));
}

function hostOf(reference: string): string {
  return reference.split('/', 1)[0] ?? '';
}
