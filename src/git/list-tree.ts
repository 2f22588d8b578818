import { FULL_ID } from '../base/object-id.ts';
import { compareBytes } from '../base/text.ts';
import type { ObjectReader } from './object-reader.ts';
import type { TreeFile } from './port.ts';
import { type GitPlace, runGit } from './run-git.ts';

/** What a commit has in a folder: paths as seen from there, regular files sorted by their bytes. */
export interface Tree {
  readonly files: readonly TreeFile[];
  readonly submodules: readonly string[];
}

/** Trees by their ids, which never change: of the next commit most are the same. */
export type KnownTrees = Map<string, readonly TreeEntry[]>;

interface TreeEntry {
  /** As git writes it, such as `100644`. */
  readonly mode: string;
  readonly name: string;
  readonly id: string;
}

/** Beyond so many trees nothing is kept. */
const MOST_TREES = 20_000;

interface Listing {
  /** The folder within the repository, ending in `/`, or empty. */
  readonly prefix: string;
  readonly commit: string;
  readonly objects: ObjectReader;
  readonly trees: KnownTrees;
}

/** Lists a folder of a commit. Throws `GIT_FAILED` where it cannot be read. */
export async function listTree(place: GitPlace, listing: Listing): Promise<Tree> {
  const { prefix, commit } = listing;
  const walked = await walkTree(listing);
  if (walked !== null) return sortTree(walked, prefix);
  const only = prefix === '' ? [] : [`:(literal)${prefix}`];
  const answer = await runGit(place, ['ls-tree', '-r', '-z', '--full-tree', commit, ...only]);
  return sortTree(parseLines(answer), prefix);
}

// With their whole paths; null where an object was not given.
async function walkTree(listing: Listing): Promise<readonly TreeEntry[] | null> {
  const { commit, prefix } = listing;
  if (!FULL_ID.test(commit)) return null;
  let entries = await readTree(`${commit}^{tree}`, listing);
  for (const part of prefix.split('/').slice(0, -1)) {
    const folder = entries?.find(({ name, mode }) => name === part && mode === FOLDER);
    if (entries !== null && folder === undefined) return [];
    entries = folder === undefined ? null : await readTree(folder.id, listing);
  }
  return entries === null ? null : spread(entries, prefix, listing);
}

async function spread(
  entries: readonly TreeEntry[],
  path: string,
  listing: Listing,
): Promise<readonly TreeEntry[] | null> {
  // All are asked for at once, and answered one after the other.
  const parts = await Promise.all(
    entries.map(async ({ mode, name, id }) => {
      if (mode !== FOLDER) return [{ mode, name: path + name, id }];
      const inner = await readTree(id, listing);
      return inner === null ? null : spread(inner, `${path}${name}/`, listing);
    }),
  );
  return parts.some((part) => part === null) ? null : parts.flatMap((part) => part ?? []);
}

const FOLDER = '40000';

async function readTree(
  id: string,
  { commit, objects, trees }: Listing,
): Promise<readonly TreeEntry[] | null> {
  const known = trees.get(id);
  if (known !== undefined) return known;
  const bytes = await objects.read(id, 'tree');
  if (bytes === null) return null;
  if (trees.size >= MOST_TREES) trees.clear();
  const entries = parseTree(bytes, commit.length / 2);
  trees.set(id, entries);
  return entries;
}

// `<mode> <name>\0<id>` again and again, without anything between.
function parseTree(bytes: Uint8Array, idLength: number): readonly TreeEntry[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: TreeEntry[] = [];
  for (let at = 0; at < buffer.length; ) {
    const space = buffer.indexOf(0x20, at);
    const end = buffer.indexOf(0, space);
    entries.push({
      mode: buffer.toString('latin1', at, space),
      name: buffer.toString('utf8', space + 1, end),
      id: buffer.toString('hex', end + 1, end + 1 + idLength),
    });
    at = end + 1 + idLength;
  }
  return entries;
}

// `<mode> <type> <object id>\t<path>\0`.
function parseLines(answer: string): readonly TreeEntry[] {
  return answer.split('\0').map((line) => {
    const [, mode = '', id = '', name = ''] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
    return { mode, id, name };
  });
}

// Regular files have modes 100644 and 100755, submodules 160000.
function sortTree(entries: readonly TreeEntry[], prefix: string): Tree {
  const files: TreeFile[] = [];
  const submodules: string[] = [];
  for (const { mode, name, id } of entries) {
    if (mode.startsWith('100')) files.push({ path: name.slice(prefix.length), objectId: id });
    if (mode === '160000') submodules.push(name.slice(prefix.length));
  }
  return { files: files.toSorted((a, b) => compareBytes(a.path, b.path)), submodules };
}
