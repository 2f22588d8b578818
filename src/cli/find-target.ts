import { capitalize } from '../base/text.ts';
import { isToolError } from '../base/tool-error.ts';
import type { GitPort } from '../git/port.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import { chooseByRevision, choosePrevious, noSuchIndex } from '../plan/choose-index.ts';
import type { CatalogIndexes, ListedIndex } from '../plan/index-types.ts';
import { formatImmutableTag } from '../plan/item.ts';
import type { WantedIndex } from '../plan/types.ts';
import { createIndexBuilder } from '../reconcile/build-index.ts';
import { loadWanted } from '../reconcile/relocate-state.ts';
import type { RegistryPort } from '../registry/port.ts';
import { systemClock } from './system-clock.ts';

export interface TargetContext {
  readonly entry: CatalogEntry;
  readonly list: CatalogIndexes;
  readonly takenIn: WantedIndex['takenIn'];
  readonly git: GitPort;
  /** The one that serves. */
  readonly registry: RegistryPort;
  readonly manifest: MirrorManifest;
  readonly manifestFile: string;
}

/**
 * The index that TO of `index rollback` names: a never-moving tag, a commit, or `previous`. Throws
 * `PLAN_NO_SUCH_INDEX` with what there is.
 */
export async function findTarget(to: string, context: TargetContext): Promise<ListedIndex> {
  const { entry, list, git } = context;
  if (to === 'previous')
    return choosePrevious(list, new Set(context.takenIn.map(({ digest }) => digest)));
  const tagged = list.indexes.find(({ tag }) => tag === to);
  if (tagged !== undefined) return tagged;
  const revision = await resolveCommit(to, git);
  if (revision === null)
    throw noSuchIndex(
      list,
      `${to} is no tag that ${servingRole(context.manifest)} keeps of ${entry.name}, and no commit of this repository.`,
    );
  return chooseByRevision(list, revision) ?? (await findByContent(revision, context));
}

async function resolveCommit(to: string, git: GitPort): Promise<string | null> {
  try {
    return await git.resolveRevision(to);
  } catch (error) {
    if (isToolError(error, 'GIT_UNKNOWN_REVISION')) return null;
    throw error;
  }
}

// The index is named after what it holds: an earlier commit that held the same may have made it.
async function findByContent(revision: string, context: TargetContext): Promise<ListedIndex> {
  const { entry, list, git, registry } = context;
  const snapshot = await git.openCommit(revision);
  const state = await loadWanted(snapshot, context.manifestFile, systemClock.now());
  const loaded = state.catalogs.find((candidate) => candidate.entry.name === entry.name);
  const commit = `commit ${revision.slice(0, 12)}`;
  if (loaded === undefined)
    throw noSuchIndex(list, `The manifest of ${commit} has no catalog ${entry.name}.`);
  const builder = createIndexBuilder({
    registry,
    readSource: () => git.readRemoteUrl(),
    work: {},
  });
  const { imageId } = await builder.summarize(loaded, state);
  const tag = formatImmutableTag(entry.tag.production, imageId);
  const found = list.indexes.find((index) => index.tag === tag);
  if (found !== undefined) return found;
  throw noSuchIndex(
    list,
    `${capitalize(servingRole(context.manifest))} does not keep the index of ${commit}, which would be ${tag}: it was not published, or another version of olmirror built it.`,
  );
}
