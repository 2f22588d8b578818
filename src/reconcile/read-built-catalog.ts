import { isToolError } from '../base/tool-error.ts';
import type { Catalog } from '../catalog/types.ts';
import type { CommitFiles, GitPort } from '../git/port.ts';
import type { IndexOrigin } from '../index/describe-index.ts';
import { RELOCATION_FILE } from '../manifest/relocation.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import type { LoadedCatalog, LoadedState } from './load-state.ts';
import { readManifest } from './read-manifest.ts';
import { describeRewriting, rewriteForServing } from './rewrite-for-serving.ts';

/** What an index of ours says it was built of. */
export type BuiltFrom = Pick<IndexOrigin, 'revision' | 'content'>;

export interface BuiltContext {
  readonly loaded: LoadedCatalog;
  readonly state: Pick<LoadedState, 'snapshot' | 'manifest' | 'manifestFile'>;
  readonly openFiles: GitPort['openFiles'];
}

/**
 * Reads what an index of ours serves out of the commit that it was built of: the files that are others there, and nothing
 * from the registry. Null where the commit is not here, where it rewrites addresses otherwise, or where the content of the
 * catalog there, in the folder of today, is not the one that the index is labelled with.
 *
 * Commit and content are what the image says of itself, so it is only to be asked of one that is ours (`isKept`). A lie there
 * does no more than one did before: nothing is written by what is served, an index of ours may be replaced whatever it
 * holds, and what is compared with it (what changes, what was lost, whether too much goes) was as wrong where a layer above
 * hid what a known one holds (`KnownLayers`). Whoever can write both tags can put there any index anyway.
 */
export async function readBuiltCatalog(
  { revision, content }: BuiltFrom,
  { loaded, state, openFiles }: BuiltContext,
): Promise<Catalog | null> {
  const { readOther } = loaded;
  // What is served of a narrowed catalog hangs on more than its files.
  if (revision === null || content === null || readOther === undefined || loaded.complete)
    return null;
  try {
    const files = openFiles(revision);
    if (!(await isAddressedAlike(files, loaded, state))) return null;
    const other = await readOther(files);
    return other.content === content ? rewriteChanged(other.catalog, loaded, state) : null;
  } catch (error) {
    if (!isToolError(error)) throw error;
    return null;
  }
}

async function isAddressedAlike(
  files: CommitFiles,
  { entry }: LoadedCatalog,
  state: BuiltContext['state'],
): Promise<boolean> {
  const manifest = await readManifestThen(files, state);
  const then = manifest.catalogs.find(({ name }) => name === entry.name);
  if (then === undefined) return false;
  const [before, now] = [
    describeRewriting(then, manifest),
    describeRewriting(entry, state.manifest),
  ];
  return JSON.stringify(before) === JSON.stringify(now);
}

// One of 50,000 images takes long to parse, and few commits change it.
async function readManifestThen(
  files: CommitFiles,
  { snapshot, manifest, manifestFile }: BuiltContext['state'],
): Promise<MirrorManifest> {
  for (const path of [manifestFile, RELOCATION_FILE]) {
    const [then, now] = [await files.listFiles(path), await snapshot.listFiles(path)];
    if (then[0]?.objectId !== now[0]?.objectId) return readManifest(files, manifestFile);
  }
  return manifest;
}

// As where layers are read: what is as in Git is Git's, the rest names what the index names.
function rewriteChanged(
  catalog: Catalog,
  { entry, catalog: git }: LoadedCatalog,
  { manifest }: BuiltContext['state'],
): Catalog {
  const changed = [...catalog.packages].filter(([name, pkg]) => pkg !== git.packages.get(name));
  const part = { packages: new Map(changed), loose: [] };
  const { packages } = rewriteForServing(part, entry, manifest);
  return { ...catalog, packages: new Map([...catalog.packages, ...packages]) };
}
