import type { Uncopyable } from '../images/find-uncopyable.ts';
import { servingRepository, sourcePlace } from '../images/image-places.ts';
import { formatNeed } from '../images/need-list.ts';
import type { WantedImage } from '../images/types.ts';
import type { Check } from './types.ts';

/** A tag that must point at a digest. */
export interface TagTarget {
  readonly image: WantedImage;
  readonly tag: string;
  readonly digest: `sha256:${string}`;
}

export function tagDiffers(image: WantedImage, here: string, there: string): Check {
  return {
    ...checkOf(image),
    kind: 'tag-differs',
    severity: 'warning',
    message: `Tag ${image.key} is ${here} in ${image.serving} and ${there} in ${sourcePlace(image).role}; ${image.serving} keeps its own.`,
    hint:
      image.attachedTo === undefined
        ? 'Name the image by digest in the catalog to say which one is meant.'
        : null,
  };
}

/** `movable`: the tag as `movableTags` names it, without the path prefix. */
export function tagWouldMove(
  target: TagTarget,
  current: string,
  { movable, writeOnce }: { readonly movable: string; readonly writeOnce: boolean },
): Check {
  const place = `${servingRepository(target.image)}:${target.tag}`;
  return {
    ...checkOf(target.image),
    kind: 'tag-would-move',
    severity: 'blocked',
    message: `Tag ${place} points at ${current} in ${target.image.serving} and would move to ${target.digest}; ${target.image.serving} only grows.`,
    hint:
      writeOnce && target.tag !== 'latest'
        ? 'Use another tag: under writePolicy: allow-once none moves but `latest`, whatever spec.movableTags says.'
        : `Use another tag, or list ${movable} under spec.movableTags of mirror.yaml.`,
  };
}

/** Other content lies under a tag that should point at an image which the serving registry holds. */
export function tagOverwritten(target: TagTarget, current: string, movable: string): Check {
  const { image, tag, digest } = target;
  return {
    ...checkOf(image),
    kind: 'overwrite',
    severity: 'blocked',
    message: `Tag ${servingRepository(image)}:${tag} was overwritten: ${image.serving} holds ${digest}, which Git wants there, but the tag points at ${current}; ${image.serving} only grows, so it stays.`,
    hint: `Find out who pushed it. If Git is right, remove the tag by hand, or list ${movable} under spec.movableTags of mirror.yaml: what it leaves keeps a tag of its own. Else write the new digest into Git.`,
  };
}

export function immutableTaken(image: WantedImage, tag: string, current: string): Check {
  return {
    ...checkOf(image),
    kind: 'immutable-tag-taken',
    severity: 'blocked',
    message: `Tag ${servingRepository(image)}:${tag} should hold ${image.upstream}, but points at ${current} in ${image.serving}.`,
    hint: 'Somebody pushed other content under a tag that names a digest. Find out who, and remove that tag by hand.',
  };
}

export function uncopyable(image: WantedImage, { reason, hint }: Uncopyable): Check {
  const source = sourcePlace(image);
  return {
    ...checkOf(image),
    kind: 'uncopyable',
    severity: 'blocked',
    message: `${image.upstream} is in ${source.role} (${source.repository}) but cannot be copied: ${reason}; ${formatReason(image)}.`,
    hint,
  };
}

export function checkOf(image: WantedImage): Pick<Check, 'catalog' | 'item' | 'neededBy'> {
  return { catalog: image.neededBy[0]?.catalog ?? null, item: image.key, neededBy: image.neededBy };
}

export function formatReason(image: WantedImage): string {
  if (image.attachedTo !== undefined) return `${image.kind} of ${image.attachedTo}`;
  const [first, ...others] = image.neededBy;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return first === undefined ? 'wanted' : `needed by ${formatNeed(first)}${more}`;
}
