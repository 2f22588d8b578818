import { hexOf } from '../base/digest.ts';
import { formatImageRef, parseImageRef } from '../base/image-ref.ts';
import { formatProblemLine, hasErrors } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import type { ClusterVersion, ResourceNeeds } from '../cluster/build-resources.ts';
import { listReleaseSignatures, type ReleaseSignature } from '../cluster/build-signature-object.ts';
import { findCatalogSource } from '../cluster/find-catalog-source.ts';
import type { ServingPlace } from '../cluster/plan-mirror-rules.ts';
import type { ClusterObject } from '../cluster/read-objects.ts';
import type { ServedIndex } from '../cluster/render-catalog-source.ts';
import { findGraphImage } from '../images/graph-image.ts';
import { listPlacedReferences } from '../images/list-references.ts';
import {
  mapReference,
  mapRepository,
  RELEASE_PAYLOAD,
  servedRepository,
} from '../images/map-path.ts';
import { formatReleaseTag, type ReadRelease } from '../images/release.ts';
import { isNeverMoving } from '../manifest/index-tags.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { CatalogEntry, MirrorManifest, PerRole } from '../manifest/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { type LoadedCatalog, type LoadedState, nameCatalogs } from './load-state.ts';
import { readKeptSignatures } from './read-release-files.ts';
import { readReleases } from './read-releases.ts';

export interface ResourceRequest {
  /** Objects of clusters whose names and signatures are kept; those below `cluster/` among them. */
  readonly objects: readonly ClusterObject[];
  readonly clusterVersion: ClusterVersion | null;
  readonly graphImage: string | null;
}

export interface ResourceDeps {
  readonly registries: PerRole<RegistryPort>;
  readonly signal: AbortSignal;
  /** The tag by which clusters are served a catalog's index. */
  readonly findTag: (loaded: LoadedCatalog) => Promise<string>;
  readonly findExtract: (entry: CatalogEntry) => ServedIndex['extract'];
}

export interface PreparedResources {
  readonly needs: ResourceNeeds;
  /** What the objects do not say, for people. */
  readonly notes: readonly string[];
}

/** Finds out what clusters must be told. Throws `CATALOG_INVALID` where a catalog has faults. */
export async function prepareResources(
  state: LoadedState,
  request: ResourceRequest,
  deps: ResourceDeps,
): Promise<PreparedResources> {
  const { manifest, catalogs } = state;
  assertValid(catalogs);
  const releases = await readReleases(manifest, deps.registries, {
    cache: new Map(),
    signal: deps.signal,
  });
  const references = listPlacedReferences({
    manifest,
    catalogs: nameCatalogs(catalogs),
    releases: releases.content,
  });
  const place = findServingPlace(manifest);
  const indexes: ServedIndex[] = [];
  for (const loaded of catalogs.filter(({ catalog }) => catalog.packages.size > 0))
    indexes.push(await buildServed(loaded, { manifest, place, request, deps }));
  const updateService = findUpdateService(manifest, place, request.graphImage);
  const kept = await readKeptSignatures(state.snapshot);
  const signatures = [...kept.signatures, ...listReleaseSignatures(request.objects)];
  const { clusterVersion } = request;
  const needs = { references, place, indexes, signatures, updateService, clusterVersion };
  const notes = [
    ...releases.faults.map(({ message }) => message),
    ...findUnread(manifest, releases),
    ...kept.problems.map(formatProblemLine),
    ...listUnsigned(releases.content, signatures),
    ...listNotes(needs, manifest),
  ];
  return { needs, notes };
}

/** The registry from which pods pull. */
function findServingPlace(manifest: MirrorManifest): ServingPlace {
  const role = servingRole(manifest);
  return { role, host: manifest.registries[role].host };
}

function assertValid(catalogs: readonly LoadedCatalog[]): void {
  const broken = catalogs.find(({ problems }) => hasErrors(problems));
  if (broken === undefined) return;
  throw new ToolError(
    'CATALOG_INVALID',
    `Catalog ${broken.entry.name} is not valid, so what clusters need for it cannot be told.`,
    { hint: 'Run `olmirror validate` to see every fault.' },
  );
}

interface ServedContext {
  readonly manifest: MirrorManifest;
  readonly place: ServingPlace;
  readonly request: ResourceRequest;
  readonly deps: ResourceDeps;
}

async function buildServed(
  loaded: LoadedCatalog,
  { manifest, place, request, deps }: ServedContext,
): Promise<ServedIndex> {
  const { entry } = loaded;
  const tag = await deps.findTag(loaded);
  return {
    image: `${place.host}/${servedRepository(entry, manifest)}:${tag}`,
    pinned: isNeverMoving(tag, entry.tag.production),
    catalogSource: findCatalogSource(entry, { manifest, objects: request.objects }),
    displayName: entry.name,
    extract: deps.findExtract(entry),
  };
}

function findUpdateService(
  manifest: MirrorManifest,
  { role, host }: ServingPlace,
  graphImage: string | null,
): ResourceNeeds['updateService'] {
  const listed = findGraphImage(manifest);
  const graphDataImage = graphImage ?? (listed && mapReference(listed, role, manifest));
  if (manifest.releases.length === 0 || graphDataImage === null) return null;
  const releases = `${host}/${mapRepository(parseImageRef(RELEASE_PAYLOAD), role, manifest)}`;
  return { releases, graphDataImage: formatImageRef(parseImageRef(graphDataImage)) };
}

function findUnread(
  { releases }: MirrorManifest,
  { content, faults }: Awaited<ReturnType<typeof readReleases>>,
): readonly string[] {
  const known = new Set(
    [...content, ...faults.map(({ release }) => release)].map(formatReleaseTag),
  );
  return releases
    .filter((release) => !known.has(formatReleaseTag(release)))
    .map(
      (release) =>
        `Neither registry has the payload of release ${formatReleaseTag(release)}, so the mirror rule of its components is left out.`,
    );
}

function listUnsigned(
  releases: readonly ReadRelease[],
  signatures: readonly ReleaseSignature[],
): readonly string[] {
  const signed = new Set(signatures.map(({ hex }) => hex));
  return releases
    .filter(({ digest }) => !signed.has(hexOf(digest)))
    .map(
      (release) =>
        `No signature of release ${formatReleaseTag(release)} was given (releases/signatures/, --from, or a ConfigMap below cluster/).`,
    );
}

function listNotes(
  { updateService, references, clusterVersion }: ResourceNeeds,
  { releases, catalogs }: MirrorManifest,
): readonly string[] {
  const isOld = clusterVersion !== null && clusterVersion.minor < 13;
  const tagged = isOld
    ? references.filter(({ ref, byBoth }) => ref.digest === null && !byBoth)
    : [];
  return [
    ...(releases.length > 0 && updateService === null
      ? [
          'There are releases, and no image with the graph was given (spec.images, or --graph-image), so there is no UpdateService.',
        ]
      : []),
    ...(tagged.length > 0
      ? [
          `An ImageContentSourcePolicy redirects digests alone: ${tagged.length} images are named by tag, such as ${tagged[0]?.reference}.`,
        ]
      : []),
    ...catalogs
      .filter(({ references: kept }) => kept === 'rewrite')
      .map(
        ({ name }) =>
          `The index of ${name} names the registry itself (references: rewrite), but its operands come from CSVs inside bundle images, which nobody changes: they need the mirror rules all the same.`,
      ),
  ];
}
