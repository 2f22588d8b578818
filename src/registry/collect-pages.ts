import { parseNextPage } from './parse-headers.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** The `Link` header. */
  readonly link: string | undefined;
}

/**
 * Collects what a registry lists page by page, each item once; null where there is not even a first
 * page. Of the link only the query counts, and a page that brings nothing new is the last (spec
 * "registries" §1.6).
 */
export async function collectPages<T>(
  path: string,
  maxPages: number,
  readPage: (path: string, isFirst: boolean) => Promise<Page<T> | null>,
): Promise<readonly T[] | null> {
  const found = new Set<T>();
  let query: string | null = '';
  for (let page = 0; query !== null && page < maxPages; page += 1) {
    const read: Page<T> | null = await readPage(
      query === '' ? path : `${path}?${query}`,
      page === 0,
    );
    if (read === null) return page === 0 ? null : [...found];
    const before = found.size;
    for (const item of read.items) found.add(item);
    query = found.size === before ? null : parseNextPage(read.link);
  }
  return [...found];
}
