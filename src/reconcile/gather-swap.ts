import { ToolError } from '../base/tool-error.ts';
import { collectInUse } from '../cluster/collect-in-use.ts';
import { findPointers } from '../cluster/find-pointers.ts';
import { listMirrorRules, MIRROR_KINDS } from '../cluster/mirror-rules.ts';
import { type ClusterObject, readClusterObjects } from '../cluster/read-objects.ts';
import type { Snapshot } from '../git/port.ts';
import {
  isOpen,
  isSwapped,
  proposeRelocation,
  RELOCATION_FILE,
  type RelocationPlan,
  undoSwap,
} from '../manifest/relocation.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import type { RelocationStatus } from '../plan/relocation-status-types.ts';
import type { Plan } from '../plan/types.ts';
import { judgeSwap } from './judge-swap.ts';
import type { SwapCluster, SwapHosts } from './judge-swap-cluster.ts';
import { nameRole } from './name-role.ts';
import { readClusterFiles } from './read-cluster-files.ts';
import { readInUse } from './read-in-use.ts';
import { readRelocation } from './read-relocation.ts';
import { readProof, readRoleSwap } from './read-role-swap.ts';

export interface SwapSubject {
  readonly snapshot: Snapshot;
  readonly manifest: MirrorManifest;
  /** Null under `append`. */
  readonly plan: Pick<Plan, 'steps' | 'checks' | 'settled'> | null;
  /** A running cluster that was looked at; null for none. */
  readonly live: SwapCluster | null;
  readonly now: Date;
}

/** Says where a relocation is. Throws `MANIFEST_RELOCATION_INVALID`, also where it is about other registries. */
export async function gatherSwap(subject: SwapSubject): Promise<RelocationStatus> {
  const { snapshot, manifest, plan, now } = subject;
  const relocation = await openRelocation(snapshot, manifest);
  const before = undoSwap(manifest);
  const hosts = { from: nameRole('production', before), to: nameRole('staging', before) };
  const swap = await readRoleSwap(snapshot, manifest);
  const proof = swap?.proof ?? (await readProof(snapshot, relocation, now));
  const steps = judgeSwap({
    relocation,
    hosts,
    plan,
    clusters: await listClusters(subject),
    declared: await readDeclared(snapshot, hosts),
    proof,
    swapped: swap !== null,
  });
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'RelocationStatus',
    mirror: manifest.name,
    revision: snapshot.revision,
    from: relocation.from,
    to: relocation.to,
    steps,
    next: steps.find(({ state }) => state !== 'done')?.step ?? null,
    exitCode: swap === null || proof.holds ? 0 : 4,
  };
}

/** What `relocate.yaml` says, or what it would say first. */
export async function openRelocation(
  snapshot: Snapshot,
  manifest: MirrorManifest,
): Promise<RelocationPlan> {
  const { production, staging } = manifest.registries;
  const written = await readRelocation(snapshot);
  if (written === null) return proposeRelocation(production.host, staging.host);
  if (isOpen(written, manifest) || isSwapped(written, manifest)) return written;
  throw new ToolError(
    'MANIFEST_RELOCATION_INVALID',
    `${RELOCATION_FILE} is about ${written.from} and ${written.to}, and the manifest names ${production.host} and ${staging.host}.`,
    {
      hint: 'Name the hosts of spec.registries in it, or remove it: another one begins the next relocation.',
    },
  );
}

async function listClusters({ snapshot, live }: SwapSubject): Promise<readonly SwapCluster[]> {
  const inUse = await readInUse(snapshot);
  const known = (inUse?.observed ?? []).map(
    ({ name, seen, mirrors, images }): SwapCluster => ({
      name,
      seen: `in-use.yaml${seen === null ? '' : ` of ${seen}`}`,
      rules: mirrors,
      images: images.map(({ image }) => image),
      pools: null,
    }),
  );
  if (live === null) return known;
  return [...known.filter(({ name }) => name !== live.name), live];
}

/** What objects of a running cluster say. */
export function readSwapCluster(
  name: string,
  day: string,
  objects: readonly ClusterObject[],
): SwapCluster {
  const seen = collectInUse({ name, day, objects, cut: [], unseen: [], included: new Set() });
  return {
    name,
    seen: 'the running cluster',
    rules: listMirrorRules(objects),
    images: (seen.images ?? []).map((image) => (typeof image === 'string' ? image : image.image)),
    pools: objects.filter(({ kind }) => kind === 'MachineConfigPool').map(({ value }) => value),
  };
}

/** What Git tells clusters below `cluster/`; null where it says nothing of mirrors. */
async function readDeclared(snapshot: Snapshot, { from }: SwapHosts): Promise<SwapCluster | null> {
  const files = await readClusterFiles(snapshot);
  const objects = files.flatMap(({ path, text }) => readClusterObjects(path, text).objects);
  if (!objects.some(({ kind }) => MIRROR_KINDS.has(kind))) return null;
  const pointers = findPointers(objects, from).pointers.filter(({ source }) => source === null);
  return {
    name: 'cluster/',
    seen: 'as Git tells clusters',
    rules: listMirrorRules(objects),
    images: pointers.map(({ reference }) => reference),
    pools: null,
  };
}
