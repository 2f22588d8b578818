import type { Outcome } from './types.ts';

// A space stands in no repository path, so an item's name tells its type.

/** Item of a tag that must point at an image; images are named by their key. */
export function formatTagItem(repository: string, tag: string): string {
  return `tag ${repository}:${tag}`;
}

/** Item of a catalog's served index. */
export function formatIndexItem(catalog: string): string {
  return `index ${catalog}`;
}

export function typeOfItem(item: string): Outcome['type'] {
  if (item.startsWith('tag ')) return 'tag';
  return item.startsWith('index ') ? 'index' : 'image';
}
