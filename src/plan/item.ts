import { type Digest, shortHex } from '../base/digest.ts';
import type { Outcome } from './types.ts';

// A space stands in no repository path, so an item's name tells its type.

/** Item of a tag that must point at an image; images are named by their key. */
export function formatTagItem(repository: string, tag: string): string {
  return `tag ${repository}:${tag}`;
}

/** Id of the step that copies an image. */
export function formatCopyId(repository: string, digest: Digest): string {
  return `copy ${repository}@${digest}`;
}

/** Item of a catalog's served index. */
export function formatIndexItem(catalog: string): string {
  return `index ${catalog}`;
}

export function typeOfItem(item: string): Outcome['type'] {
  if (item.startsWith('tag ')) return 'tag';
  return item.startsWith('index ') ? 'index' : 'image';
}

/** `<tag>-<first 12 hex of the image id>`: never moves, and is the way back (design §8). */
export function formatImmutableTag(tag: string, imageId: `sha256:${string}`): string {
  return `${tag}-${shortHex(imageId)}`;
}
