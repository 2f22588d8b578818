import type { Digest } from '../base/digest.ts';
import { ToolError } from '../base/tool-error.ts';
import type { CatalogIndexes, ListedIndex } from './index-types.ts';

const SHOWN = 6;

/**
 * The next older index than the served one, in the order of `index list`, that this repository
 * produced or took in. Throws `PLAN_NO_SUCH_INDEX`.
 */
export function choosePrevious(list: CatalogIndexes, takenIn: ReadonlySet<Digest>): ListedIndex {
  const at = list.indexes.findIndex(({ served }) => served);
  if (at < 0)
    throw noSuchIndex(
      list,
      `None of the indexes that ${list.host} keeps is served as ${list.servedTag}, so none is the previous one.`,
    );
  const { digest } = list.indexes[at] ?? {};
  const older = list.indexes
    .slice(at + 1)
    .find((index) => index.digest !== digest && isOwnIndex(index, takenIn));
  if (older !== undefined) return older;
  throw noSuchIndex(
    list,
    `${list.host} keeps no older index of ${list.catalog} than the one that is served.`,
  );
}

function isOwnIndex(index: ListedIndex, takenIn: ReadonlySet<Digest>): boolean {
  return index.origin === 'olmirror' || (index.digest !== null && takenIn.has(index.digest));
}

/** The index that a commit made; null for none. Throws `PLAN_NO_SUCH_INDEX` where there are several. */
export function chooseByRevision(list: CatalogIndexes, revision: string): ListedIndex | null {
  const made = list.indexes.filter(
    (index) => index.revision === revision && index.origin === 'olmirror',
  );
  if (made.length < 2) return made[0] ?? null;
  const tags = made.map(({ tag }) => tag).join(', ');
  throw new ToolError(
    'PLAN_NO_SUCH_INDEX',
    `Commit ${revision.slice(0, 12)} made ${made.length} indexes of ${list.catalog}: ${tags}.`,
    { hint: 'Name one of these tags.' },
  );
}

export function noSuchIndex(list: CatalogIndexes, message: string): ToolError {
  const tags = list.indexes.map(({ tag }) => tag);
  const more = tags.length > SHOWN ? `, … (\`olmirror index list ${list.catalog}\`)` : '';
  return new ToolError('PLAN_NO_SUCH_INDEX', message, {
    hint:
      tags.length === 0
        ? `${list.host} keeps no index of ${list.catalog} under a never-moving tag; \`olmirror apply\` makes one.`
        : `Name a tag that ${list.host} keeps, or the commit that made it: ${tags.slice(0, SHOWN).join(', ')}${more}.`,
  });
}
