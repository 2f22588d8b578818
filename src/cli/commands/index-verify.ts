import { ToolError } from '../../base/tool-error.ts';
import { servedRepository } from '../../images/map-path.ts';
import { inspectIndexImage } from '../../index/describe-index.ts';
import { dayOf } from '../../manifest/day.ts';
import { servingRole } from '../../manifest/serving-role.ts';
import type { CatalogEntry } from '../../manifest/types.ts';
import { exitCodeOfChecks, type IndexVerification } from '../../plan/index-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { createIndexBuilder } from '../../reconcile/build-index.ts';
import { type LoadedCatalog, type LoadedState } from '../../reconcile/load-state.ts';
import { loadWanted } from '../../reconcile/relocate-state.ts';
import { buildSubject, type IndexSubject, verifyIndex } from '../../reconcile/verify-index.ts';
import { renderVerificationText } from '../../report/render-verification-text.ts';
import { createLayerBuilder } from '../build-layers.ts';
import type { CommandContext } from '../context.ts';
import type { ImagePlace } from '../locate-image.ts';
import { type IndexRequest, type LocatedIndex, locateInManifest } from '../locate-index.ts';
import { readServedTag } from '../served-tag.ts';
import { pickCatalog } from '../source-context.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';

export interface IndexVerifyOptions extends IndexRequest {
  readonly against: string;
  readonly format: 'text' | 'json';
}

/** Holds an index image against a commit and its registry. Exit 4 where it is not as it should be, 1 where that is unknown. */
export async function runIndexVerify(
  options: IndexVerifyOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const git = await wiring.openGit();
  const snapshot = await git.openCommit(options.against);
  const state = await loadWanted(snapshot, context.manifestFile, systemClock.now());
  const located = await locateInManifest(options, state.manifest, wiring);
  const loaded = findLoaded(located, state);
  const servedTag = await readServedTag(loaded.entry, state.manifest, git);
  const { place } = located;
  const { subject, ...read } = await readSubject(place, isServed(located, loaded.entry, servedTag));
  const builder = createIndexBuilder({
    registry: wiring.openRegistry(state.manifest.registries[servingRole(state.manifest)]),
    readSource: () => git.readRemoteUrl(),
    // Nothing that earlier runs left behind may vouch for the id.
    work: { buildGroups: createLayerBuilder(context.signal) },
  });
  const { emit } = context.progress;
  const { signal } = context;
  const checks = await verifyIndex(subject, {
    state,
    loaded,
    builder,
    today: dayOf(systemClock.now()),
    emit,
    signal,
  });
  const verification: IndexVerification = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'IndexVerification',
    source: place.name,
    catalog: loaded.entry.name,
    revision: snapshot.revision,
    digest: read.digest,
    imageId: subject.image.imageId,
    checks,
    exitCode: exitCodeOfChecks(checks),
  };
  context.progress.clear();
  context.console.result(
    options.format === 'json'
      ? JSON.stringify(verification, null, 2)
      : renderVerificationText(verification, { verbose: context.console.verbose }),
  );
  return verification.exitCode;
}

function isServed(
  { place, manifest }: LocatedIndex,
  entry: CatalogEntry,
  servedTag: string | null,
): boolean {
  if (manifest === null || place.role !== servingRole(manifest)) return false;
  return (
    place.repository === servedRepository(entry, manifest) &&
    place.reference === (servedTag ?? entry.tag.production)
  );
}

function findLoaded({ entry }: LocatedIndex, state: LoadedState): LoadedCatalog {
  const wanted: CatalogEntry = entry ?? pickCatalog(state.manifest, { catalog: null });
  const loaded = state.catalogs.find((candidate) => candidate.entry.name === wanted.name);
  if (loaded !== undefined) return loaded;
  throw new ToolError('CATALOG_UNKNOWN', `The manifest has no catalog ${wanted.name}.`, {
    hint: 'Name one with --catalog.',
  });
}

/** The image itself is let go of here: its files and caches may be hundreds of megabytes. */
async function readSubject(
  { reader, repository, reference, ...place }: ImagePlace,
  served: boolean,
): Promise<{ readonly subject: IndexSubject; readonly digest: IndexVerification['digest'] }> {
  const image = await inspectIndexImage(reader, repository, reference);
  return { subject: buildSubject(image, { ...place, served }), digest: image.digest };
}
