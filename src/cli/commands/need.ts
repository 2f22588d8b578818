import { stat } from 'node:fs/promises';
import { hasErrors } from '../../base/problem.ts';
import { ToolError } from '../../base/tool-error.ts';
import {
  type AskedChoice,
  type AskedInto,
  chooseAsked,
  type WantedPackage,
} from '../../catalog/choose-asked.ts';
import {
  type OpenShiftVersion,
  parseOpenShiftTag,
  parseOpenShiftVersion,
} from '../../catalog/openshift-version.ts';
import { parseCatalog } from '../../catalog/parse-catalog.ts';
import type { Catalog } from '../../catalog/types.ts';
import { isReachable } from '../../images/release-path.ts';
import { REGISTRY_DEFAULTS } from '../../manifest/defaults.ts';
import { isExpired } from '../../manifest/exclude.ts';
import { findClusterUpgrades } from '../../plan/cluster-upgrades.ts';
import { recognizeMasked } from '../../plan/mask-catalog.ts';
import { parseSnapshot, sealMedia } from '../../plan/media-documents.ts';
import type { NeededReleases } from '../../plan/media-release-types.ts';
import type { CarriedCatalog, MediaSnapshot, Need, NeededCatalog } from '../../plan/media-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { listNeededImages, type MeasureUpstream } from '../../reconcile/build-need.ts';
import { measureImage } from '../../reconcile/measure-image.ts';
import type { RegistryPort } from '../../registry/port.ts';
import { renderImageSet } from '../../report/render-image-set.ts';
import { renderNeedText } from '../../report/render-need-text.ts';
import { askReleases, findMinor, type ReleaseOptions } from '../ask-releases.ts';
import type { CommandContext } from '../context.ts';
import { readMediaFile } from '../read-media-file.ts';
import type { SourceContent } from '../read-source.ts';
import { parseSource, readSources } from '../source-context.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';

export interface NeedOptions extends ReleaseOptions {
  /** `SOURCE`, or `NAME=SOURCE` where the snapshot has several catalogs. */
  readonly catalogs: readonly string[];
  readonly have: string;
  /** `PACKAGE` or `PACKAGE:CHANNEL`; none for all that production's catalogs have. */
  readonly packages: readonly string[];
  /** Null for the newest of `releases`, or else what the tags of the indexes say. */
  readonly openshift: string | null;
  /** Ask upstream for digests and sizes. */
  readonly sizes: boolean;
  readonly insecure: boolean;
  readonly format: 'text' | 'json' | 'imageset';
}

/** Says outside what to bring. Exit 4 where something is left out because no image closes its gap. */
export async function runNeed(
  options: NeedOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const snapshot = parseSnapshot(await readMediaFile(options.have), options.have);
  const releases = await askReleases(options, snapshot);
  assertAsked(options);
  const pairs = await Promise.all(options.catalogs.map((text) => pairSource(text, snapshot)));
  const sources = await readSources(
    { sources: pairs.map(({ source }) => source), catalog: null, insecure: options.insecure },
    context,
    wiring,
  );
  const chosen = pairs.map(({ carried }, index) => {
    const source = sources[index];
    if (source === undefined) throw new Error('Every source was read.');
    return choose({ carried, source, catalog: parseSource(source, context) }, snapshot, options);
  });
  assertNamed(options, chosen);
  const images = await listNeededImages(
    chosen.map(({ choice }) => choice.delivery),
    snapshot,
    options.sizes ? createMeasure(options, wiring, context.signal) : null,
  );
  const catalogs = chosen.map(({ needed }) => needed);
  const { hash, time, revision, name } = snapshot;
  const need: Need = sealMedia({
    apiVersion: 'olmirror/v1alpha1' as const,
    kind: 'Need' as const,
    snapshot: { hash, time, revision, name },
    catalogs,
    releases,
    ...images,
    exitCode: catalogs.some(isRefused) || isCutOff(releases) ? (4 as const) : (0 as const),
  });
  context.progress.clear();
  context.console.result(render(need, options.format));
  return need.exitCode;
}

function isRefused({ unclosed, upgrades }: NeededCatalog): boolean {
  return unclosed.length > 0 || upgrades.some(({ effect }) => effect === 'stranded');
}

function isCutOff(releases: NeededReleases | null): boolean {
  return releases?.paths.some(({ verdict }) => !isReachable(verdict)) ?? false;
}

function assertAsked({ catalogs, releases }: NeedOptions): void {
  if (catalogs.length + releases.length > 0) return;
  throw new ToolError('CLI_USAGE', 'Neither a catalog nor a release was asked for.', {
    hint: '`olmirror need CATALOG --have snapshot.json`, or --release 4.20.3, or both.',
  });
}

function render(need: Need, format: NeedOptions['format']): string {
  switch (format) {
    case 'text':
      return renderNeedText(need);
    case 'json':
      return `${JSON.stringify(need, null, 2)}\n`;
    case 'imageset':
      return renderImageSet(need);
  }
}

interface SourcePair {
  readonly carried: CarriedCatalog;
  readonly source: string;
}

async function pairSource(text: string, { catalogs }: MediaSnapshot): Promise<SourcePair> {
  const [, name = '', rest = ''] = /^([\w.-]+)=(.+)$/.exec(text) ?? [];
  const named = catalogs.find((catalog) => catalog.name === name);
  const onDisk = (await stat(text).catch(() => null)) !== null;
  if (named !== undefined && !onDisk) return { carried: named, source: rest };
  const [only] = catalogs;
  if (only !== undefined && catalogs.length === 1 && (name === '' || onDisk))
    return { carried: only, source: text };
  throw new ToolError(
    'CATALOG_UNKNOWN',
    name === ''
      ? `The snapshot has ${catalogs.length} catalogs, so it must be said which ${text} is for.`
      : `The snapshot has no catalog ${name}.`,
    { hint: `Write NAME=SOURCE; it has: ${catalogs.map((it) => it.name).join(', ')}.` },
  );
}

interface Sided {
  readonly carried: CarriedCatalog;
  readonly source: SourceContent;
  readonly catalog: Catalog;
}

interface Chosen {
  readonly choice: AskedChoice;
  readonly needed: NeededCatalog;
  readonly catalog: Catalog;
}

function choose(sided: Sided, snapshot: MediaSnapshot, options: NeedOptions): Chosen {
  const { carried, source, catalog } = sided;
  const into = buildInto(carried, snapshot, { ...options, source: catalog });
  const choice = chooseAsked(catalog, listWantedPackages(into.base, options.packages), into);
  const needed: NeededCatalog = {
    catalog: carried.name,
    source: source.name,
    digest: source.digest,
    content: carried.content,
    packages: choice.asked,
    required: choice.required,
    unclosed: choice.unclosed.map(({ gaps, ...what }) => ({
      ...what,
      gaps: gaps.map(({ kind, channel, message, hint }) => ({ kind, channel, message, hint })),
    })),
    unmet: choice.unmet.map(({ package: pkg, bundle, requires, providers }) => ({
      package: pkg,
      bundle,
      requires,
      providers,
    })),
    upgrades: findClusterUpgrades(snapshot.inUse ?? [], {
      entry: carried,
      before: into.base,
      after: choice.merge.catalog,
    }).map(({ cluster, user, package: pkg, from, to, effect }) => ({
      cluster,
      user,
      package: pkg,
      from,
      to,
      effect,
    })),
    notes: choice.merge.notes.map(({ kind, package: pkg, message }) => ({
      kind,
      package: pkg,
      message,
    })),
  };
  return { choice, needed, catalog };
}

function buildInto(
  carried: CarriedCatalog,
  { policy, masked }: MediaSnapshot,
  { openshift, releases, source }: NeedOptions & { readonly source: Catalog },
): AskedInto {
  const minor = openshift ?? findMinor(releases);
  const today = systemClock.now().toISOString().slice(0, 10);
  const { catalog: parsed, problems } = parseCatalog(
    carried.files.map(({ path, text }) => ({ path, bytes: Buffer.from(text) })),
  );
  if (hasErrors(problems)) throw new Error('A snapshot carries catalogs that can be read.');
  const unsaid = { reason: '', by: '' };
  return {
    base: masked ? recognizeMasked(parsed, source) : parsed,
    exclusions: carried.excludes
      .map((exclude) => ({ ...exclude, ...unsaid, place: 'exclude.yaml' }))
      .filter((exclude) => !isExpired(exclude, today)),
    options: {
      ...policy,
      acceptDefaultChannel: false,
      openshift: minor === null ? parseOpenShiftTag(carried.tag) : readOpenShift(minor),
      declared: {
        today,
        bridges: carried.bridges.map((bridge) => ({
          ...bridge,
          ...unsaid,
          file: 'bridges.yaml',
          line: 0,
        })),
      },
    },
  };
}

function readOpenShift(text: string): OpenShiftVersion {
  const version = parseOpenShiftVersion(text);
  if (version !== null) return version;
  throw new ToolError('CLI_USAGE', `--openshift ${text} is no minor release.`, {
    hint: 'Write it as 4.20.',
  });
}

function listWantedPackages(base: Catalog, named: readonly string[]): readonly WantedPackage[] {
  if (named.length === 0) return [...base.packages.keys()].map((name) => ({ name, channels: [] }));
  const wanted = new Map<string, string[]>();
  for (const text of named) {
    const [name = '', channel = ''] = text.split(':');
    wanted.set(name, [...(wanted.get(name) ?? []), ...(channel === '' ? [] : [channel])]);
  }
  return [...wanted].map(([name, channels]) => ({ name, channels }));
}

// A package that no source has was mistyped, or the source is not the one that was meant.
function assertNamed({ packages }: NeedOptions, chosen: readonly Chosen[]): void {
  const lost = packages.filter((text) => {
    const [name = '', channel = ''] = text.split(':');
    return !chosen.some(({ catalog }) => {
      const pkg = catalog.packages.get(name);
      return (
        pkg !== undefined && (channel === '' || pkg.channels.some((it) => it.name === channel))
      );
    });
  });
  if (lost.length === 0) return;
  throw new ToolError('CATALOG_UNKNOWN', `No source has ${lost.join(', ')}.`, {
    hint: '`olmirror graph --source SOURCE` lists packages and channels.',
  });
}

function createMeasure(
  { insecure }: NeedOptions,
  { openRegistry }: Wiring,
  signal: AbortSignal,
): MeasureUpstream {
  const opened = new Map<string, RegistryPort>();
  return async (ref) => {
    const host = ref.registry;
    const registry = opened.get(host) ?? openRegistry({ ...REGISTRY_DEFAULTS, host, insecure });
    opened.set(host, registry);
    const head = await registry.headManifest(
      ref.repository,
      ref.digest ?? ref.tag ?? 'latest',
      signal,
    );
    if (head.state === 'absent') return { state: 'unknown', message: `${host} does not have it` };
    if (head.state === 'unknown') return { state: 'unknown', message: head.message };
    const found = await measureImage(registry, ref.repository, head.digest);
    return found.state === 'measured'
      ? { state: 'measured', digest: head.digest, blobs: found.blobs }
      : { state: 'unknown', message: found.message };
  };
}
