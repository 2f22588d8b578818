import { gzipSync } from 'node:zlib';
import { hasErrors } from '../../base/problem.ts';
import { formatBytes, formatCount } from '../../base/text.ts';
import { ToolError } from '../../base/tool-error.ts';
import { writeFileAtomic } from '../../files/write-atomic.ts';
import type { Snapshot } from '../../git/port.ts';
import type { InUse } from '../../manifest/in-use.ts';
import { listPseudonyms, maskSnapshot } from '../../plan/mask-snapshot.ts';
import { sealMedia } from '../../plan/media-documents.ts';
import type { CarriedCatalog, MediaSnapshot } from '../../plan/media-types.ts';
import type { Pseudonyms } from '../../plan/pseudonyms.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { carryReleases } from '../../reconcile/carry-releases.ts';
import {
  createStateLoader,
  type LoadedCatalog,
  type LoadedState,
} from '../../reconcile/load-state.ts';
import { readInUse } from '../../reconcile/read-in-use.ts';
import type { ReleaseCache } from '../../reconcile/read-releases.ts';
import { readHoldings } from '../../reconcile/take-snapshot.ts';
import type { CommandContext } from '../context.ts';
import { readBridges } from '../read-bridges.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';
import { openSnapshot } from './plan.ts';

export interface SnapshotOptions {
  /** Null for stdout; a name in `.gz` is compressed. */
  readonly out: string | null;
  readonly mask: boolean;
  /** File for the pseudonyms and what they stand for; null for none. */
  readonly names: string | null;
}

/** Writes what production holds and Git says, for `need` outside. Exit 1 where production did not tell all. */
export async function runSnapshot(
  options: SnapshotOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  if (options.names !== null && !options.mask)
    throw new ToolError('CLI_USAGE', '--names writes down what --mask hides, so it needs that.', {
      hint: 'Add --mask, or leave --names out.',
    });
  const git = await wiring.openGit();
  const commit = await openSnapshot({ workingTree: false }, git, context);
  const state = await createStateLoader(await wiring.openStore())(commit, context.manifestFile);
  const inUse = await readInUse(commit);
  const content = await collect(state, { inUse, commit, context, wiring });
  context.progress.clear();
  const pseudonyms = listPseudonyms({
    manifest: state.manifest,
    catalogs: state.catalogs.map(({ catalog }) => catalog),
    clusters: inUse?.clusters ?? [],
    uses: inUse?.uses ?? [],
  });
  const carried = options.mask ? maskSnapshot(content, pseudonyms) : content;
  await write(sealMedia(carried), options, context);
  if (options.names !== null) await writeNames(options.names, pseudonyms);
  return content.unclear.length > 0 ? 1 : 0;
}

interface Collected {
  readonly inUse: InUse | null;
  readonly commit: Snapshot;
  readonly context: CommandContext;
  readonly wiring: Wiring;
}

async function collect(
  state: LoadedState,
  { inUse, commit, context, wiring }: Collected,
): Promise<Omit<MediaSnapshot, 'hash'>> {
  const { manifest } = state;
  const catalogs: CarriedCatalog[] = [];
  for (const loaded of state.catalogs) catalogs.push(await carryCatalog(loaded, commit));
  const registries = wiring.openRegistries(manifest);
  const { emit } = context.progress;
  const { signal } = context;
  const cache: ReleaseCache = new Map();
  const holdings = await readHoldings({ state, registries, cache, emit, signal });
  const { unclear, warnings, ...releases } = await carryReleases({
    manifest,
    snapshot: commit,
    registries,
    clusters: inUse?.observed ?? null,
    cache,
    signal,
  });
  for (const warning of warnings) context.console.warn(warning);
  const { production, staging } = manifest.registries;
  const { duplicateBundle, strandedUpgrades } = manifest.policy;
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Snapshot',
    time: systemClock.now().toISOString(),
    revision: commit.revision,
    name: manifest.name,
    masked: false,
    registries: {
      production: { host: production.host, pathPrefix: production.pathPrefix },
      staging: { host: staging.host, pathPrefix: staging.pathPrefix },
    },
    paths: manifest.paths,
    policy: { duplicateBundle, strandedUpgrades },
    catalogs,
    ...releases,
    inUse: inUse?.uses ?? null,
    ...holdings,
    unclear: [...holdings.unclear, ...unclear],
  };
}

async function carryCatalog(
  { entry, content, problems, exclusions }: LoadedCatalog,
  commit: Snapshot,
): Promise<CarriedCatalog> {
  if (hasErrors(problems))
    throw new ToolError(
      'CATALOG_INVALID',
      `Catalog ${entry.name} is not valid, so nobody outside could merge into it.`,
      {
        hint: 'Run `olmirror validate` to see every fault.',
      },
    );
  const files: { path: string; text: string }[] = [];
  for await (const { file, bytes } of commit.readFiles(await commit.listFiles(entry.path)))
    files.push({
      path: file.path.slice(entry.path.length + 1),
      text: Buffer.from(bytes).toString(),
    });
  const bridges = await readBridges(commit, entry.name);
  return {
    name: entry.name,
    tag: entry.tag.production,
    content,
    catalogSource: entry.catalogSource,
    files,
    bridges: bridges.map(
      ({ reason: _reason, by: _by, file: _file, line: _line, ...edges }) => edges,
    ),
    excludes: exclusions.map(({ reason: _reason, by: _by, place: _place, ...what }) => what),
  };
}

async function writeNames(file: string, { names }: Pseudonyms): Promise<void> {
  const lines = [...names].map(([pseudonym, name]) => `${pseudonym}\t${name}\n`).toSorted();
  await writeFileAtomic(file, lines.join(''));
}

async function write(
  snapshot: MediaSnapshot,
  { out }: SnapshotOptions,
  { console }: CommandContext,
): Promise<void> {
  const text = `${JSON.stringify(snapshot, null, 1)}\n`;
  for (const { subject, message } of snapshot.unclear)
    console.warn(`Production did not tell: ${subject}: ${message}`);
  if (out === null) {
    console.result(text);
    return;
  }
  await writeFileAtomic(out, out.endsWith('.gz') ? gzipSync(text, { level: 9 }) : text);
  const held = `${formatCount(snapshot.manifests.length, 'manifest')} in ${formatCount(snapshot.repositories, 'repository', 'repositories')}, ${formatBytes(snapshot.bytes)}`;
  console.say(`Wrote ${out}: ${held}.\n${snapshot.hash}`);
}
