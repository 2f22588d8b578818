import { resolve } from 'node:path';
import { formatProblemLine, hasErrors } from '../../base/problem.ts';
import { formatBytes, formatCount } from '../../base/text.ts';
import { isToolError, ToolError } from '../../base/tool-error.ts';
import type { Catalog } from '../../catalog/types.ts';
import { withTemporaryFolder } from '../../files/temporary-folder.ts';
import type { BuiltIndex } from '../../index/build-index.ts';
import { inspectImage } from '../../index/describe-index.ts';
import type { IndexImage } from '../../index/read-index-image.ts';
import { dayOf } from '../../manifest/day.ts';
import { servingRole } from '../../manifest/serving-role.ts';
import {
  exitCodeOfChecks,
  type IndexRehearsal,
  type RehearsalCheck,
} from '../../plan/index-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { failed, passed, skipped } from '../../plan/verified-check.ts';
import { createIndexBuilder, type IndexBuilder } from '../../reconcile/build-index.ts';
import { type LoadedCatalog, type LoadedState } from '../../reconcile/load-state.ts';
import { rehearseServing } from '../../reconcile/rehearse-serving.ts';
import { loadWanted } from '../../reconcile/relocate-state.ts';
import { buildSubject, verifyIndex } from '../../reconcile/verify-index.ts';
import type { RegistryPort } from '../../registry/port.ts';
import { renderRehearsalText } from '../../report/render-rehearsal-text.ts';
import { createLayerBuilder } from '../build-layers.ts';
import type { CommandContext } from '../context.ts';
import { findProgram } from '../find-program.ts';
import { readIndexLayout, unpackIndex, writeIndexLayout } from '../rehearsal-layout.ts';
import { pickCatalog } from '../source-context.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';
import { openSnapshot } from './plan.ts';

export interface IndexRehearseOptions {
  /** Null for the only one. */
  readonly catalog: string | null;
  readonly workingTree: boolean;
  /** Path of opm; null for the one on the PATH, if there is one. */
  readonly opm: string | null;
  /** Milliseconds until opm must serve, and for each of its answers. */
  readonly timeout: number;
  readonly format: 'text' | 'json';
}

/**
 * Builds the index that a commit gives, reads it back, and lets opm serve it where there is one. Nothing is
 * pushed. Exit 4 where it is not as it should be, 1 where that is unknown.
 */
export async function runIndexRehearse(
  options: IndexRehearseOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const git = await wiring.openGit();
  const snapshot = await openSnapshot(options, git, context);
  const state = await loadWanted(snapshot, context.manifestFile, systemClock.now());
  const loaded = findBuildable(state, options.catalog);
  const registry = wiring.openRegistry(state.manifest.registries[servingRole(state.manifest)]);
  const builder = createIndexBuilder({
    registry,
    readSource: () => git.readRemoteUrl(),
    // Nothing that earlier runs left behind may vouch for the index.
    work: { buildGroups: createLayerBuilder(context.signal) },
  });
  const built = await builder.build(loaded, state);
  context.signal.throwIfAborted();
  const opm = await findOpm(options.opm);
  const checks = await withTemporaryFolder('olmirror-rehearsal-', (folder) =>
    rehearse({
      ...options,
      state,
      loaded,
      builder,
      built,
      folder,
      opm,
      context,
      registry,
      wiring,
    }),
  );
  const rehearsal: IndexRehearsal = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'IndexRehearsal',
    catalog: loaded.entry.name,
    revision: snapshot.revision,
    digest: built.digest,
    imageId: built.imageId,
    opm,
    checks,
    exitCode: exitCodeOfChecks(checks),
  };
  context.progress.clear();
  context.console.result(
    options.format === 'json'
      ? JSON.stringify(rehearsal, null, 2)
      : renderRehearsalText(rehearsal, { verbose: context.console.verbose }),
  );
  return rehearsal.exitCode;
}

/** A catalog that olmirror builds an index of by itself. */
function findBuildable(state: LoadedState, catalog: string | null): LoadedCatalog {
  const { name, builder } = pickCatalog(state.manifest, { catalog });
  if (builder === 'podman')
    throw new ToolError(
      'PLAN_UNSUPPORTED',
      `The index of ${name} is built by podman (\`builder: podman\`), so there is none to rehearse before \`apply\` builds it.`,
      {
        hint: '`olmirror apply` reads back what podman built before it pushes that, and `olmirror index verify production` what is served.',
      },
    );
  const loaded = state.catalogs.find(({ entry }) => entry.name === name);
  if (loaded === undefined) throw new Error(`The catalog ${name} was not loaded.`);
  if (!hasErrors(loaded.problems)) return loaded;
  const errors = loaded.problems.filter(({ severity }) => severity === 'error');
  throw new ToolError(
    'CATALOG_INVALID',
    `opm would refuse the catalog ${name}, so no index is built of it:\n${errors.map(formatProblemLine).join('\n')}`,
    { hint: 'Correct the places named above; `olmirror validate` checks them.' },
  );
}

async function findOpm(given: string | null): Promise<string | null> {
  return given === null ? findProgram('opm', process.env['PATH'] ?? '') : resolve(given);
}

interface Rehearsal {
  readonly state: LoadedState;
  readonly loaded: LoadedCatalog;
  readonly builder: IndexBuilder;
  readonly built: BuiltIndex;
  /** For everything that is written. */
  readonly folder: string;
  readonly opm: string | null;
  readonly timeout: number;
  readonly context: CommandContext;
  readonly registry: RegistryPort;
  readonly wiring: Wiring;
}

async function rehearse(rehearsal: Rehearsal): Promise<readonly RehearsalCheck[]> {
  const image = await readLayout(rehearsal);
  if ('state' in image) return [image];
  const { signal, progress } = rehearsal.context;
  signal.throwIfAborted();
  const nowhere = { registry: null, role: null, served: false };
  const subject = buildSubject(inspectImage(image), nowhere);
  const today = dayOf(systemClock.now());
  const checks = await verifyIndex(subject, { ...rehearsal, today, emit: progress.emit, signal });
  return [
    describeLayout(rehearsal.built),
    // A layout has no registry that could lack an image, and no tag that a pin could hold.
    ...checks.flatMap(({ name, ...rest }) =>
      name === 'closure' || name === 'pin' ? [] : [{ name, ...rest }],
    ),
    ...(await serve(image, subject.catalog, rehearsal)),
  ];
}

/** The image, or the check that fails where the layout is not what was built. */
async function readLayout({
  built,
  folder,
  registry,
}: Rehearsal): Promise<IndexImage | RehearsalCheck> {
  const layout = resolve(folder, 'layout');
  await writeIndexLayout(layout, built);
  try {
    return await readIndexLayout(layout, built, registry);
  } catch (error) {
    if (!isToolError(error, 'APPLY_LAYOUT_DAMAGED')) throw error;
    return failed('layout', error.message);
  }
}

function describeLayout({ blobs, layerBytes }: BuiltIndex): RehearsalCheck {
  return passed(
    'layout',
    `Each of the ${formatCount(blobs.length + 1, 'blob')} of its layout (layers: ${formatBytes(layerBytes)}) has the digest by which it is named.`,
  );
}

async function serve(
  image: IndexImage,
  catalog: Catalog,
  { folder, opm, timeout, context, wiring }: Rehearsal,
): Promise<readonly RehearsalCheck[]> {
  if (opm === null)
    return [
      skipped(
        'start',
        'There is no opm on the PATH, so that only digests were checked (--opm names one).',
      ),
    ];
  const unpacked = await unpackIndex(folder, image);
  return rehearseServing(catalog, wiring.openCatalogServer, {
    ...unpacked,
    program: opm,
    searchPath: process.env['PATH'] ?? '',
    workFolder: resolve(folder, 'work'),
    timeout,
    signal: context.signal,
  });
}
