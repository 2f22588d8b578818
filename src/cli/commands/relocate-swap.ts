import { join } from 'node:path';
import { ToolError } from '../../base/tool-error.ts';
import { buildMirrorObjects } from '../../cluster/build-resources.ts';
import { KINDS_IN_USE, KINDS_NODES } from '../../cluster/kinds-in-use.ts';
import { planSwapRules } from '../../cluster/plan-swap-rules.ts';
import { formatObject } from '../../cluster/render-catalog-source.ts';
import { writeFileAtomic } from '../../files/write-atomic.ts';
import type { GitPort, Snapshot } from '../../git/port.ts';
import { dayOf } from '../../manifest/day.ts';
import { RELOCATION_FILE } from '../../manifest/relocation.ts';
import { sourceRole } from '../../manifest/serving-role.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { gatherSwap, openRelocation, readSwapCluster } from '../../reconcile/gather-swap.ts';
import type { SwapCluster } from '../../reconcile/judge-swap-cluster.ts';
import { readInUse } from '../../reconcile/read-in-use.ts';
import { readManifest } from '../../reconcile/read-manifest.ts';
import { renderRelocationText } from '../../report/render-relocation-text.ts';
import type { CommandContext } from '../context.ts';
import type { LivePlace } from '../live-options.ts';
import { loadResources } from '../load-resources.ts';
import { readLiveCluster } from '../read-live-cluster.ts';
import { nameSchema } from '../schema-lines.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';
import { prepare } from './plan.ts';

export interface RelocateSwapOptions {
  /** A running cluster; null for none. */
  readonly live: LivePlace | null;
  /** Its name in `in-use.yaml`; null for the only one. */
  readonly cluster: string | null;
  /** Writes `relocate.yaml` where there is none. */
  readonly write: boolean;
  /** Folder that gets mirror objects that name both registries; null for none. */
  readonly rules: string | null;
  readonly format: 'text' | 'json';
}

/** Shows where a relocation is, what comes next and how to go back. Touches no registry and no cluster. */
export async function runRelocateSwap(
  options: RelocateSwapOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  if (options.rules !== null) return writeRules(options.rules, context, wiring);
  const git = await wiring.openGit();
  const snapshot = await git.openCommit('HEAD');
  const manifest = await readManifest(snapshot, context.manifestFile);
  if (options.write) await writeRelocation({ git, snapshot }, context);
  const flags = { workingTree: false, indexOnly: false, rebuild: false, verify: null };
  const status = await gatherSwap({
    snapshot,
    manifest,
    plan:
      manifest.strategy === 'append' ? null : (await prepare(flags, { git, context, wiring })).plan,
    live:
      options.live === null
        ? null
        : await lookAt(options.live, options, { snapshot, context, wiring }),
    now: systemClock.now(),
  });
  context.progress.clear();
  context.console.result(
    options.format === 'json' ? JSON.stringify(status, null, 2) : renderRelocationText(status),
  );
  return status.exitCode;
}

async function writeRelocation(
  { git, snapshot }: { readonly git: GitPort; readonly snapshot: Snapshot },
  context: CommandContext,
): Promise<void> {
  const tree = await git.openWorkingTree();
  if ((await tree.readFile(RELOCATION_FILE)) !== null) return;
  const manifest = await readManifest(snapshot, context.manifestFile);
  const { from, to, proof } = await openRelocation(snapshot, manifest);
  const text = [
    'apiVersion: olmirror/v1alpha1',
    'kind: Relocation',
    'spec:',
    `  from: ${JSON.stringify(from)}`,
    `  to: ${JSON.stringify(to)}`,
    `  proof: ${proof}`,
    '',
  ].join('\n');
  await writeFileAtomic(
    join(git.folder, RELOCATION_FILE),
    await nameSchema(text, RELOCATION_FILE, tree),
  );
  context.console.say(`Wrote ${RELOCATION_FILE}: commit it.`);
}

interface LookContext {
  readonly snapshot: Snapshot;
  readonly context: CommandContext;
  readonly wiring: Wiring;
}

async function lookAt(
  live: LivePlace,
  { cluster }: Pick<RelocateSwapOptions, 'cluster'>,
  { snapshot, context, wiring }: LookContext,
): Promise<SwapCluster> {
  const known = (await readInUse(snapshot))?.clusters ?? [];
  const [only = 'cluster'] = known;
  if (cluster === null && known.length > 1)
    throw new ToolError('CLI_USAGE', `Which cluster is it? ${known.join(', ')} are known.`, {
      hint: 'Name it with --cluster.',
    });
  const kinds = [...KINDS_IN_USE, ...KINDS_NODES];
  const { objects, unseen } = await readLiveCluster(
    await wiring.openCluster(live),
    kinds,
    context.signal,
  );
  if (unseen.length === 0)
    return readSwapCluster(cluster ?? only, dayOf(systemClock.now()), objects);
  throw new ToolError(
    'CLUSTER_UNREADABLE',
    `Not all of the cluster could be looked at:\n${unseen.map(({ message }) => message).join('\n')}`,
    { hint: 'Grant what deploy/kubernetes/in-use-rbac.yaml grants.' },
  );
}

async function writeRules(
  folder: string,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const choices = {
    workingTree: false,
    from: [],
    live: null,
    clusterVersion: null,
    graphImage: null,
  };
  const { needs, state } = await loadResources(choices, context, wiring);
  const role = sourceRole(needs.place.role);
  const from = { role, host: state.manifest.registries[role].host };
  const { rules, without } = planSwapRules(needs.references, { to: needs.place, from });
  context.progress.clear();
  if (without.length > 0)
    context.console.warn(
      `${from.host} has what these rules stand for at other places, so they do not name it: ${without.join(', ')}.`,
    );
  for (const object of buildMirrorObjects(rules, ['idms', 'itms'])) {
    const file = join(folder, `${object.metadata.name}.yaml`);
    await writeFileAtomic(file, formatObject(object));
    context.console.result(file);
  }
  return 0;
}
