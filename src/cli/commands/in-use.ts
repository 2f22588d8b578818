import { join } from 'node:path';
import { isToolError, ToolError } from '../../base/tool-error.ts';
import { collectInUse, type SeenCluster } from '../../cluster/collect-in-use.ts';
import { KINDS_IN_USE, parseIncludedKind } from '../../cluster/kinds-in-use.ts';
import { listLooked, type SilentList } from '../../cluster/list-looked.ts';
import type { ReadObjects } from '../../cluster/read-objects.ts';
import { countIgnored, listUnmirrored } from '../../cluster/report-in-use.ts';
import { readFile } from '../../files/read-file.ts';
import { writeFileAtomic } from '../../files/write-atomic.ts';
import { dayOf } from '../../manifest/day.ts';
import { IN_USE_FILE, parseUses, readRawInUse } from '../../manifest/in-use.ts';
import type { UnseenKind } from '../../manifest/observed-cluster.ts';
import type { RawCluster } from '../../manifest/schemas.ts';
import type { MirrorManifest } from '../../manifest/types.ts';
import { renderInUse, uniteInUse } from '../../manifest/write-in-use.ts';
import type { InUseReport } from '../../plan/in-use-types.ts';
import { judgeInUse } from '../../plan/judge-in-use.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { renderInUseText } from '../../report/render-in-use-text.ts';
import type { CommandContext } from '../context.ts';
import type { LivePlace } from '../live-options.ts';
import { readGivenObjects } from '../read-given-objects.ts';
import { readLiveCluster } from '../read-live-cluster.ts';
import { findManifest } from '../source-context.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';

export interface InUseOptions {
  /** Files and folders of objects; none for a running cluster. */
  readonly from: readonly string[];
  readonly live: LivePlace;
  /** Name of the cluster; null for the only one that is known. */
  readonly cluster: string | null;
  readonly include: readonly string[];
  readonly dryRun: boolean;
  readonly format: 'text' | 'json';
}

interface Looked extends ReadObjects {
  readonly unseen: readonly UnseenKind[];
  /** Every kind was asked for: what is not there is not in the cluster. */
  readonly whole: boolean;
}

const DAY = 86_400_000;
const NO_SETTINGS: MirrorManifest['inUse'] = {
  clusters: [],
  seenWithinMilliseconds: 30 * DAY,
  waivers: [],
};

/** Writes what a cluster uses into `in-use.yaml`, and leaves what it says of other clusters. No registry is asked. */
export async function runInUse(
  options: InUseOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  assertOnePlace(options);
  const settings = (await findManifest(context))?.inUse ?? NO_SETTINGS;
  const path = join(context.folder, IN_USE_FILE);
  const text = await readTextOrNull(path);
  const known = text === null ? [] : readRawInUse(text);
  const name = options.cluster ?? nameCluster(known, settings.clusters);
  const looked =
    options.from.length === 0
      ? await lookAt(options, context, wiring)
      : { ...(await readGivenObjects(options.from, context)), unseen: [], whole: false };
  const now = systemClock.now();
  const included = new Set(options.include.map((kind) => parseIncludedKind(kind).kind));
  const seen = collectInUse({ name, day: dayOf(now), included, ...looked });
  const days = Math.ceil(settings.seenWithinMilliseconds / DAY);
  const sections = listLooked(looked);
  for (const list of sections.silent) context.console.warn(describeSilent(list));
  const clusters = uniteInUse(known, seen, { days, looked: sections.looked });
  const wanted = renderInUse(clusters);
  const written = wanted !== text && !options.dryRun;
  const { observed } = parseUses(wanted);
  if (written) await writeFileAtomic(path, wanted);
  const report: InUseReport = {
    ...describe(seen, clusters, known),
    written,
    dryRun: options.dryRun,
    objects: looked.objects.length,
    untouched: sections.untouched,
    ignored: countIgnored(looked.objects, included),
    gaps: judgeInUse({ observed }, { settings, now }),
    exitCode: 0,
  };
  context.progress.clear();
  context.console.result(
    options.format === 'json' ? JSON.stringify(report, null, 2) : renderInUseText(report),
  );
  return report.exitCode;
}

function describeSilent({ file, why }: SilentList): string {
  return why === 'namespace'
    ? `${file} lists nothing of one namespace, which says nothing of the others.`
    : `${file} is a List without items, which does not say what was asked for: nothing counts as looked at by it. A list of one kind does: oc get --raw /apis/operators.coreos.com/v1alpha1/subscriptions.`;
}

function describe(
  seen: SeenCluster,
  clusters: readonly RawCluster[],
  known: readonly RawCluster[],
) {
  const cluster = clusters.find(({ name }) => name === seen.name) ?? seen;
  const images = listReferences(cluster);
  const before = listReferences(known.find(({ name }) => name === seen.name));
  return {
    apiVersion: 'olmirror/v1alpha1' as const,
    kind: 'InUseReport' as const,
    cluster: seen.name,
    seen: seen.seen,
    file: IN_USE_FILE,
    subscriptions: cluster.subscriptions?.length ?? 0,
    clusterExtensions: cluster.clusterExtensions?.length ?? 0,
    bundles: cluster.bundles?.length ?? 0,
    images: images.size,
    added: [...images].filter((image) => !before.has(image)),
    dropped: [...before].filter((image) => !images.has(image)),
    unmirrored: listUnmirrored(cluster),
    unseen: seen.unseen?.map((kind) => ({ message: null, ...kind })) ?? [],
  };
}

function listReferences(cluster: RawCluster | undefined): ReadonlySet<string> {
  const images = cluster?.images ?? [];
  return new Set(images.map((image) => (typeof image === 'string' ? image : image.image)));
}

function assertOnePlace({ from, live }: InUseOptions): void {
  if (from.length === 0 || (live.kubeconfig === null && live.context === null)) return;
  throw new ToolError('CLI_USAGE', '--from and a running cluster are two places to look at.', {
    hint: 'Give --from, or --kubeconfig and --context.',
  });
}

/** The only cluster that anything names. Throws `CLI_USAGE` where there are several. */
function nameCluster(known: readonly RawCluster[], wanted: readonly string[]): string {
  const names = new Set([...known.map(({ name }) => name), ...wanted]);
  const [only = 'cluster'] = names;
  if (names.size <= 1) return only;
  throw new ToolError(
    'CLI_USAGE',
    `Which cluster was looked at? ${[...names].join(', ')} are known. Nothing was written.`,
    { hint: 'Name it with --cluster.' },
  );
}

async function lookAt(
  { live, include }: Pick<InUseOptions, 'live' | 'include'>,
  { signal }: Pick<CommandContext, 'signal'>,
  wiring: Wiring,
): Promise<Looked> {
  const included = include.map(parseIncludedKind);
  const bare = included.find(({ group }) => group === '');
  if (bare !== undefined)
    throw new ToolError('CLI_USAGE', `--include ${bare.kind} does not say its group.`, {
      hint: `A running cluster is asked by kind and group: --include ${bare.kind}.GROUP, as \`oc api-resources\` shows it.`,
    });
  const reader = await wiring.openCluster(live);
  const seen = await readLiveCluster(reader, [...KINDS_IN_USE, ...included], signal);
  return { ...seen, cut: [], empty: [], problems: [], whole: true };
}

async function readTextOrNull(path: string): Promise<string | null> {
  try {
    return Buffer.from(await readFile(path)).toString();
  } catch (error) {
    if (isToolError(error, 'FILES_NOT_FOUND')) return null;
    throw error;
  }
}
