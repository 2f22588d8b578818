import { compareBytes } from './text.ts';

/**
 * Orders paths as a tree is walked: the names in each folder by bytes, what is below a folder right
 * behind it. The root, `.`, comes first.
 */
export function compareTreePaths(a: string, b: string): number {
  return compareBytes(orderKey(a), orderKey(b));
}

// No name holds a NUL, and it sorts before every other byte.
function orderKey(path: string): string {
  return path === '.' ? '' : path.replaceAll('/', '\0');
}
