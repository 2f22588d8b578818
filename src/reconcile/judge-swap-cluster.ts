import { formatCount, joinNames } from '../base/text.ts';
import { pointsAt, type RegistryNames } from '../cluster/find-pointers.ts';
import { readField, readPath } from '../cluster/read-objects.ts';
import type { ObservedMirror } from '../manifest/observed-cluster.ts';
import type { Confirmation } from '../manifest/types.ts';
import type { SwapFinding, SwapState, SwapStepName } from '../plan/relocation-status-types.ts';

/** What is known of a cluster, by a look at it or by `in-use.yaml`. */
export interface SwapCluster {
  readonly name: string;
  /** Where it is known from, for people. */
  readonly seen: string;
  readonly rules: readonly ObservedMirror[];
  /** As its objects name them. */
  readonly images: readonly string[];
  /** Its MachineConfigPools; null where nobody looked. */
  readonly pools: readonly unknown[] | null;
}

export interface SwapHosts {
  readonly from: RegistryNames;
  readonly to: RegistryNames;
}

type ClusterStep = Extract<
  SwapStepName,
  'rules-both' | 'nodes-updated' | 'pods-moved' | 'rules-without'
>;

/** What each of the steps that are done in a cluster found there. */
export function judgeSwapCluster(
  cluster: SwapCluster,
  hosts: SwapHosts,
  confirmed: readonly Confirmation[],
): Readonly<Record<ClusterStep, SwapFinding>> {
  const rules = judgeRules(cluster, hosts);
  function find(state: SwapState, message: string): SwapFinding {
    return { cluster: cluster.name, state, message: `${message} (${cluster.seen}).` };
  }
  return {
    'rules-both':
      rules.state === 'both' || rules.state === 'without'
        ? find('done', 'Its mirror rules ask the new registry first')
        : find('open', rules.message),
    'nodes-updated': { cluster: cluster.name, ...judgeNodes(cluster, confirmed) },
    'pods-moved': judgeImages(cluster, hosts, find),
    'rules-without':
      rules.state === 'without'
        ? find('done', 'No mirror rule names the old registry')
        : find('open', rules.state === 'both' ? OLD_STILL : rules.message),
  };
}

const OLD_STILL = 'Its mirror rules name the old registry still';

interface JudgedRules {
  readonly state: 'both' | 'without' | 'open';
  readonly message: string;
}

// A node asks the rules of one source together, in their order.
function judgeRules({ rules }: SwapCluster, { from, to }: SwapHosts): JudgedRules {
  const sources = Map.groupBy(rules, ({ source, redirects }) => `${source} by ${redirects}`);
  const asked = [...sources].map(([source, own]) => {
    const mirrors = own.flatMap((rule) => rule.mirrors);
    const [old, fresh] = [from, to].map((names) =>
      mirrors.findIndex((mirror) => pointsAt(mirror, names)),
    );
    return { source, old: old ?? -1, fresh: fresh ?? -1 };
  });
  const late = asked.filter(({ old, fresh }) => old >= 0 && (fresh < 0 || old < fresh));
  if (late.length > 0) {
    const names = joinNames(late.map(({ source }) => source));
    return {
      state: 'open',
      message: `Its rules for ${formatCount(late.length, 'source')} do not name the new registry before the old one: ${names}`,
    };
  }
  if (!asked.some(({ fresh }) => fresh >= 0))
    return { state: 'open', message: 'No mirror rule names the new registry' };
  return { state: asked.some(({ old }) => old >= 0) ? 'both' : 'without', message: '' };
}

function judgeNodes(
  { name, pools }: SwapCluster,
  confirmed: readonly Confirmation[],
): Pick<SwapFinding, 'state' | 'message'> {
  if (pools !== null && pools.length > 0) {
    const behind = pools.filter((pool) => !isUpdated(pool));
    return behind.length === 0
      ? { state: 'done', message: 'All MachineConfigPools are updated (the running cluster).' }
      : {
          state: 'open',
          message: `These MachineConfigPools are not updated: ${joinNames(behind.map(nameOf))} (the running cluster).`,
        };
  }
  const said = confirmed.find(({ cluster }) => cluster === name);
  return said === undefined
    ? {
        state: 'unknown',
        message:
          'Nobody looked at its MachineConfigPools: give --kubeconfig, or write under spec.confirmed of relocate.yaml who did.',
      }
    : { state: 'done', message: `${said.by} confirmed it on ${said.date}.` };
}

function isUpdated(pool: unknown): boolean {
  const [status, spec] = [readField(pool, 'status'), readField(pool, 'spec')];
  const wanted = readPath(spec, 'configuration', 'name');
  return (
    wanted === readPath(status, 'configuration', 'name') &&
    readField(status, 'machineCount') === readField(status, 'updatedMachineCount') &&
    readField(spec, 'paused') !== true
  );
}

function nameOf(pool: unknown): string {
  return String(readPath(pool, 'metadata', 'name'));
}

function judgeImages(
  { images }: SwapCluster,
  { from }: SwapHosts,
  find: (state: SwapState, message: string) => SwapFinding,
): SwapFinding {
  const old = images.filter((image) => pointsAt(image, from));
  return old.length === 0
    ? find('done', 'No image in use is named by the old registry')
    : find(
        'open',
        `${formatCount(old.length, 'image')} in use name the old registry: ${joinNames(old)}`,
      );
}
