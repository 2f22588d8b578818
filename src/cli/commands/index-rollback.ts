import { ToolError } from '../../base/tool-error.ts';
import { findCatalogSource, listObjects } from '../../cluster/find-catalog-source.ts';
import {
  type ClusterFile,
  findClusterTags,
  pointClusterFiles,
} from '../../cluster/point-cluster-files.ts';
import { replaceFiles } from '../../files/replace-files.ts';
import type { GitPort, Snapshot } from '../../git/port.ts';
import { inspectIndexImage } from '../../index/describe-index.ts';
import { judgeServing } from '../../index/judge-serving.ts';
import { dayOf, hasEnded, isDay } from '../../manifest/day.ts';
import { IN_USE_FILE, parseInUse } from '../../manifest/in-use.ts';
import { servingRole } from '../../manifest/serving-role.ts';
import type {
  CatalogEntry,
  CatalogPin,
  InstalledVersion,
  MirrorManifest,
  PerRole,
} from '../../manifest/types.ts';
import { writePin } from '../../manifest/write-pin.ts';
import type { CatalogIndexes, ListedIndex } from '../../plan/index-types.ts';
import type { NamedIndex, RollbackReport } from '../../plan/rollback-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import type { WantedIndex } from '../../plan/types.ts';
import { listIndexes } from '../../reconcile/list-indexes.ts';
import { readCatalog } from '../../reconcile/load-state.ts';
import { type PreparedRollback, prepareRollback } from '../../reconcile/prepare-rollback.ts';
import { readClusterFiles } from '../../reconcile/read-cluster-files.ts';
import { readManifest } from '../../reconcile/read-manifest.ts';
import { readRecords } from '../../reconcile/read-records.ts';
import { readKnownMissing } from '../../reconcile/read-rules.ts';
import { type RollbackEnd, runRollback } from '../../reconcile/run-rollback.ts';
import type { RegistryPort } from '../../registry/port.ts';
import { renderRollbackText } from '../../report/render-rollback-text.ts';
import type { CommandContext } from '../context.ts';
import { findTarget } from '../find-target.ts';
import type { LeaseChoice } from '../read-lease.ts';
import { readServedTag } from '../served-tag.ts';
import { pickCatalog } from '../source-context.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';
import { createSubjectReader } from './index-list.ts';
import { holdRollback } from './rollback-holds.ts';

export interface IndexRollbackOptions {
  /** A never-moving tag, a commit, or `previous`. */
  readonly to: string;
  readonly catalog: string | null;
  /** Null only for a dry run. */
  readonly reason: string | null;
  readonly by: string;
  readonly until: string | null;
  readonly mode: RollbackReport['mode'];
  readonly force: boolean;
  /** The only plan that may be carried out, as typed; null for whichever it is. */
  readonly approveHash: string | null;
  readonly copyTimeoutMilliseconds: number;
  readonly lease: LeaseChoice;
  readonly format: 'text' | 'json';
}

/** Lets clusters see an earlier index again, and pins it. Exit 4 where it is refused, 1 where it failed. */
export async function runIndexRollback(
  options: IndexRollbackOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const site = await openSite(options, context, wiring);
  const { target, pin } = await chooseTarget(options, site, context);
  const asked = await prepare({ target, pin, force: options.force }, site, context);
  const prepared = await holdRollback(asked, { ...site, options, wiring });
  const changes = await planFiles({ pin, way: prepared.way }, site, context);
  const refused = exitCodeOf(prepared, null);
  const end =
    options.mode === 'dry-run' || refused !== 0
      ? null
      : await carryOut({ options, prepared, changes }, site, { context, wiring });
  const report: RollbackReport = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'IndexRollback',
    catalog: site.entry.name,
    host: site.list.host,
    repository: site.list.repository,
    servedTag: site.list.servedTag,
    from: nameServed(site.list),
    to: nameIndex(target),
    pin,
    way: prepared.way,
    mode: options.mode,
    packages: prepared.packages,
    checks: prepared.checks,
    outcome: end?.outcome ?? null,
    written: end?.kept === true ? [...changes.keys()] : [],
    exitCode: exitCodeOf(prepared, end),
  };
  context.progress.clear();
  context.console.result(
    options.format === 'json' ? JSON.stringify(report, null, 2) : renderRollbackText(report),
  );
  return report.exitCode;
}

/** All that a rollback looks at before it decides. */
interface RollbackSite {
  readonly git: GitPort;
  readonly snapshot: Snapshot;
  readonly manifest: MirrorManifest;
  readonly entry: CatalogEntry;
  readonly registries: PerRole<RegistryPort>;
  readonly list: CatalogIndexes;
  readonly takenIn: WantedIndex['takenIn'];
  readonly installed: readonly InstalledVersion[];
  readonly clusterFiles: readonly ClusterFile[];
}

async function openSite(
  { catalog }: IndexRollbackOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<RollbackSite> {
  const git = await wiring.openGit();
  const snapshot = await git.openWorkingTree();
  const manifest = await readManifest(snapshot, context.manifestFile);
  const entry = pickCatalog(manifest, { catalog });
  const installed = await readInstalled(snapshot);
  const registries = wiring.openRegistries(manifest);
  const list = await listIndexes(entry, {
    manifest,
    registry: registries[servingRole(manifest)],
    readSubject: createSubjectReader(() => Promise.resolve(git)),
    servedTag: (await readServedTag(entry, manifest, git)) ?? entry.tag.production,
    today: dayOf(systemClock.now()),
    signal: context.signal,
  });
  assertClear(list);
  const records = await readRecords(snapshot);
  return {
    git,
    snapshot,
    manifest,
    entry,
    registries,
    list,
    takenIn: records.filter((record) => record.catalog === entry.name),
    installed,
    clusterFiles: await readClusterFiles(snapshot),
  };
}

async function readInstalled(snapshot: Snapshot): Promise<readonly InstalledVersion[]> {
  const bytes = await snapshot.readFile(IN_USE_FILE);
  return bytes === null ? [] : parseInUse(Buffer.from(bytes).toString());
}

function assertClear({ served, fault, host, repository, servedTag }: CatalogIndexes): void {
  const why = fault ?? (served.state === 'unknown' ? served.message : null);
  if (why === null) return;
  throw new ToolError(
    'REGISTRY_UNREACHABLE',
    `Which indexes ${host}/${repository} keeps, and which of them ${servedTag} serves, is unknown: ${why} Nothing was changed.`,
    {
      disposition: 'retry',
      hint: 'Repeat it when the registry answers; `olmirror index list` shows what it says.',
    },
  );
}

async function chooseTarget(
  options: IndexRollbackOptions,
  site: RollbackSite,
  { manifestFile }: CommandContext,
): Promise<{ readonly target: ListedIndex; readonly pin: CatalogPin }> {
  const { by, until, reason } = options;
  if (until !== null && (!isDay(until) || hasEnded(until, dayOf(systemClock.now()))))
    throw new ToolError('CLI_USAGE', `--until ${until} is no day to come.`, {
      hint: 'It is the first day, UTC, on which the pin no longer counts, such as 2026-12-31.',
    });
  const target = await findTarget(options.to, {
    ...site,
    registry: site.registries[servingRole(site.manifest)],
    manifestFile,
  });
  return { target, pin: { tag: target.tag, reason: reason ?? 'not said yet', by, until } };
}

async function prepare(
  request: { readonly target: ListedIndex; readonly pin: CatalogPin; readonly force: boolean },
  site: RollbackSite,
  { progress, signal }: CommandContext,
): Promise<PreparedRollback> {
  const { entry, list, git, snapshot, manifest } = site;
  const { catalog } = await readCatalog(snapshot, entry);
  return prepareRollback(
    { ...request, entry, list },
    {
      ...site,
      catalog,
      knownMissing: await readKnownMissing(snapshot, manifest),
      registry: site.registries[servingRole(manifest)],
      revision: (await git.resolveRevision('HEAD')) ?? snapshot.revision,
      now: systemClock.now(),
      emit: progress.emit,
      signal,
    },
  );
}

/** What the working tree is to hold, by path: the pin, and where no tag moves what clusters are told. */
async function planFiles(
  { pin, way }: { readonly pin: CatalogPin; readonly way: RollbackReport['way'] },
  site: RollbackSite,
  { manifestFile }: CommandContext,
): Promise<ReadonlyMap<string, string>> {
  const before = await readText(site.snapshot, manifestFile);
  const after = writePin(before, { file: manifestFile, catalog: site.entry.name }, pin);
  const manifest: readonly (readonly [string, string])[] =
    before === after ? [] : [[manifestFile, after]];
  return new Map([...manifest, ...(way === 'cluster-files' ? await pointFiles(pin, site) : [])]);
}

async function readText(snapshot: Snapshot, file: string): Promise<string> {
  return Buffer.from((await snapshot.readFile(file)) ?? []).toString();
}

async function pointFiles(
  { tag }: CatalogPin,
  { entry, list, clusterFiles, registries, manifest }: RollbackSite,
): Promise<ReadonlyMap<string, string>> {
  const { host, repository } = list;
  const place = { repository, tag: entry.tag.production };
  const isNew = findClusterTags(clusterFiles, place).length === 0;
  const extract = isNew
    ? judgeServing(await inspectIndexImage(registries[servingRole(manifest)], repository, tag))
        .extract
    : null;
  return pointClusterFiles(clusterFiles, {
    ...place,
    catalog: entry.name,
    host,
    to: tag,
    catalogSource: findCatalogSource(entry, { manifest, objects: listObjects(clusterFiles) }),
    extract,
  });
}

interface Rollback {
  readonly options: IndexRollbackOptions;
  readonly prepared: PreparedRollback;
  readonly changes: ReadonlyMap<string, string>;
}

async function carryOut(
  { options, prepared, changes }: Rollback,
  site: RollbackSite,
  { context, wiring }: { readonly context: CommandContext; readonly wiring: Wiring },
): Promise<RollbackEnd> {
  const { git, manifest, registries, snapshot } = site;
  const { manifestFile } = context;
  async function write(files: ReadonlyMap<string, string>): Promise<void> {
    await replaceFiles(git.folder, files, { remove: [] });
  }
  const before = new Map([[manifestFile, await readText(snapshot, manifestFile)]]);
  const plan = options.mode === 'pin-only' ? { ...prepared.plan, steps: [] } : prepared.plan;
  return runRollback(
    { plan, closure: prepared.closure },
    {
      applier: await wiring.createApplier(options),
      manifest,
      registries,
      findAccess: wiring.findAccess,
      writeFiles: () => write(changes),
      restoreFiles: () => write(before),
      emit: context.progress.emit,
      signal: context.signal,
    },
  );
}

function exitCodeOf({ checks }: PreparedRollback, end: RollbackEnd | null): ExitCode {
  const kinds = [...checks.map(({ severity }) => severity), end?.outcome?.kind];
  if (kinds.some((kind) => kind === 'error' || kind === 'failed' || kind === 'deferred')) return 1;
  return kinds.some((kind) => kind === 'blocked' || kind === 'refused') ? 4 : 0;
}

function nameServed({ indexes }: CatalogIndexes): NamedIndex | null {
  const served = indexes.find((index) => index.served);
  return served === undefined ? null : nameIndex(served);
}

function nameIndex({ tag, digest, imageId, revision, created, subject }: ListedIndex): NamedIndex {
  return { tag, digest, imageId, revision, created, subject };
}
