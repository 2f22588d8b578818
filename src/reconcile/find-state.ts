import pMap from 'p-map';
import type { ContentReader } from '../base/oci.ts';
import { isStateTag } from '../base/state-tag.ts';
import { isToolError, messageOf, ToolError } from '../base/tool-error.ts';
import { readStateImage, type StateImage } from '../index/state-image.ts';
import type { RegistryPort } from '../registry/port.ts';

/** A backup that was read. */
export interface FoundState extends StateImage {
  readonly tag: string;
  readonly digest: `sha256:${string}`;
}

export interface FoundStates {
  /** Of the longest history, of equal ones the youngest commit. */
  readonly newest: FoundState;
  readonly others: readonly FoundState[];
  /** Tags that are no backups. */
  readonly ignored: readonly string[];
}

const AT_ONCE = 8;

/** Reads one backup. Throws `INDEX_NOT_A_STATE`. */
export async function readState(
  reader: ContentReader,
  repository: string,
  reference: string,
): Promise<FoundState> {
  const body = await reader.getManifest(repository, reference);
  return { ...readStateImage(body), tag: reference, digest: body.digest };
}

/**
 * Reads every backup of a repository by its tag and finds the newest by what each says of its history, since
 * there is no tag that moves. One that cannot be read ends it: it might be the newest.
 */
export async function findStates(
  registry: RegistryPort,
  repository: string,
  signal: AbortSignal,
): Promise<FoundStates> {
  const tags = await listTags(registry, repository, signal);
  const read = await pMap(tags, (tag) => readIfState(registry, repository, tag), {
    concurrency: AT_ONCE,
    signal,
  });
  const [newest, ...others] = read.flatMap(({ state }) => state ?? []).toSorted(compareStates);
  if (newest === undefined)
    throw new ToolError(
      'REGISTRY_NOT_FOUND',
      `${registry.host}/${repository} holds no backup of a state repository.`,
      {
        hint: 'Backups lie in production, below its path prefix, under olm/olmirror-state where the manifest says nothing else.',
      },
    );
  return {
    newest,
    others,
    ignored: read.flatMap(({ tag, state }) => (state === null ? [tag] : [])),
  };
}

async function listTags(
  registry: RegistryPort,
  repository: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    return await registry.listTags(repository, signal);
  } catch (error) {
    if (!isToolError(error)) throw error;
    throw new ToolError(
      error.code,
      `Without the list of its tags the newest backup in ${registry.host}/${repository} cannot be found. ${messageOf(error)}`,
      {
        cause: error,
        disposition: error.disposition,
        hint: `Name the backup as ${registry.host}/${repository}:TAG, where TAG is the first 12 digits of its commit.`,
      },
    );
  }
}

async function readIfState(
  registry: RegistryPort,
  repository: string,
  tag: string,
): Promise<{ readonly tag: string; readonly state: FoundState | null }> {
  if (!isStateTag(tag)) return { tag, state: null };
  try {
    return { tag, state: await readState(registry, repository, tag) };
  } catch (error) {
    if (isToolError(error, 'INDEX_NOT_A_STATE')) return { tag, state: null };
    throw error;
  }
}

function compareStates(a: FoundState, b: FoundState): number {
  return (
    b.facts.commits - a.facts.commits ||
    Date.parse(b.facts.time) - Date.parse(a.facts.time) ||
    (a.tag < b.tag ? -1 : 1)
  );
}
