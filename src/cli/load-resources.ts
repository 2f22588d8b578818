import { stat } from 'node:fs/promises';
import { ToolError } from '../base/tool-error.ts';
import type { ClusterVersion } from '../cluster/build-resources.ts';
import { KINDS_TOLD } from '../cluster/kinds-in-use.ts';
import type { ClusterFile } from '../cluster/point-cluster-files.ts';
import { type ClusterObject, readClusterObjects } from '../cluster/read-objects.ts';
import { readFile } from '../files/read-file.ts';
import { findLoaded } from '../reconcile/find-loaded.ts';
import { createStateLoader, type LoadedState } from '../reconcile/load-state.ts';
import { type PreparedResources, prepareResources } from '../reconcile/prepare-resources.ts';
import { readClusterFiles } from '../reconcile/read-cluster-files.ts';
import { relocateState } from '../reconcile/relocate-state.ts';
import { openSnapshot } from './commands/plan.ts';
import type { CommandContext } from './context.ts';
import { findServedIndexTag } from './find-index-tag.ts';
import type { LivePlace } from './live-options.ts';
import { readClusterFolder } from './read-cluster-folder.ts';
import { readLiveCluster } from './read-live-cluster.ts';
import { systemClock } from './system-clock.ts';
import { findExtract } from './tell-clusters.ts';
import type { Wiring } from './wire.ts';

export interface ResourceChoices {
  readonly workingTree: boolean;
  /** Files and folders with objects of a cluster. */
  readonly from: readonly string[];
  /** A running cluster; null for none. */
  readonly live: LivePlace | null;
  readonly clusterVersion: ClusterVersion | null;
  readonly graphImage: string | null;
}

export interface LoadedResources extends PreparedResources {
  readonly state: LoadedState;
  /** Of `from` and the running cluster. */
  readonly given: readonly ClusterObject[];
  /** Of `cluster/` in the state repository. */
  readonly kept: readonly ClusterObject[];
}

/** Reads the state repository and what was given of clusters, and finds out what clusters must be told. */
export async function loadResources(
  choices: ResourceChoices,
  context: CommandContext,
  wiring: Wiring,
): Promise<LoadedResources> {
  const given = [
    ...readObjects(await readGiven(choices.from), context),
    ...(choices.live === null ? [] : await readTold(choices.live, context, wiring)),
  ];
  const git = await wiring.openGit();
  const snapshot = await openSnapshot(choices, git, context);
  const state = await createStateLoader(await wiring.openStore())(snapshot, context.manifestFile);
  const kept = readObjects(await readClusterFiles(snapshot), context);
  const { clusterVersion, graphImage } = choices;
  const prepared = await prepareResources(
    state,
    { objects: [...given, ...kept], clusterVersion, graphImage },
    {
      registries: wiring.openRegistries(state.manifest),
      signal: context.signal,
      findTag: async ({ entry }) => {
        const { state: wanted } = await relocateState(state, systemClock.now());
        return findServedIndexTag(findLoaded(wanted, { catalog: entry.name }), wanted, {
          git,
          context,
          wiring,
        });
      },
      findExtract,
    },
  );
  return { ...prepared, state, given, kept };
}

// A rule that was not seen would make images look as if they were not found.
async function readTold(
  live: LivePlace,
  { signal }: Pick<CommandContext, 'signal'>,
  wiring: Pick<Wiring, 'openCluster'>,
): Promise<readonly ClusterObject[]> {
  const { objects, unseen } = await readLiveCluster(
    await wiring.openCluster(live),
    KINDS_TOLD,
    signal,
  );
  if (unseen.length === 0) return objects;
  throw new ToolError(
    'CLUSTER_UNREADABLE',
    `Nobody can say what the cluster is told:\n${unseen.map(({ message }) => message).join('\n')}`,
    {
      hint: 'Grant what deploy/kubernetes/in-use-rbac.yaml grants, or give the objects with --from.',
    },
  );
}

async function readGiven(paths: readonly string[]): Promise<readonly ClusterFile[]> {
  const files: ClusterFile[] = [];
  for (const path of paths) {
    const found = await stat(path).catch(() => null);
    if (found?.isFile() === true)
      files.push({ path, text: Buffer.from(await readFile(path)).toString() });
    else files.push(...(await readClusterFolder(path)));
  }
  return files;
}

function readObjects(
  files: readonly ClusterFile[],
  { console }: CommandContext,
): readonly ClusterObject[] {
  return files.flatMap(({ path, text }) => {
    const { objects, problems } = readClusterObjects(path, text);
    for (const { message } of problems) console.warn(`${path}: ${message}`);
    return objects;
  });
}

/** Reads `4.12` or `4.12.30`. Throws `CLI_USAGE`. */
export function parseClusterVersion(text: string): ClusterVersion {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})(?:\.\S+)?$/.exec(text) ?? [];
  if (major !== undefined && minor !== undefined)
    return { major: Number(major), minor: Number(minor) };
  throw new ToolError('CLI_USAGE', `--cluster-version ${text} is no version of OpenShift.`, {
    hint: 'Give it as 4.12 or 4.12.30.',
  });
}
