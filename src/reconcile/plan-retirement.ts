import { formatProblemLine } from '../base/problem.ts';
import type { Catalog } from '../catalog/types.ts';
import { findCatalogSource, listElsewhere, listServing } from '../cluster/find-catalog-source.ts';
import { listFollowers } from '../cluster/list-followers.ts';
import { type ClusterFile, isWrittenFor } from '../cluster/point-cluster-files.ts';
import { type ClusterObject, formatObject, readClusterObjects } from '../cluster/read-objects.ts';
import { nameCatalogSource, nameClusterCatalog } from '../cluster/render-catalog-source.ts';
import type { GitPort, Snapshot } from '../git/port.ts';
import { indexRepository } from '../images/map-path.ts';
import { removeCatalog } from '../manifest/edit-catalogs.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import type { CatalogRetirement } from '../plan/retirement-types.ts';
import { findEntry } from './assert-branchable.ts';
import { assertCommitted } from './assert-committed.ts';
import { carryKnownMissing } from './carry-known-missing.ts';
import { findCatalogUsers, type SeenCatalog } from './find-catalog-users.ts';
import { readCatalog } from './load-state.ts';
import { readClusterFiles } from './read-cluster-files.ts';
import { readInUse } from './read-in-use.ts';
import { readManifest } from './read-manifest.ts';

export interface RetirementRequest {
  readonly catalog: string;
  /** Objects of clusters that were given, besides those below `cluster/`. */
  readonly resources: readonly ClusterFile[];
  /** Go on although not all is known of clusters. */
  readonly force: boolean;
}

export interface PlannedRetirement {
  readonly report: Omit<CatalogRetirement, 'dryRun'>;
  /** New texts by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
}

/** Finds what follows a catalog, and what of it would be removed. Writes nothing. */
export async function planRetirement(
  request: RetirementRequest,
  { git, manifestFile }: { readonly git: GitPort; readonly manifestFile: string },
): Promise<PlannedRetirement> {
  const site = await readSite(request, git, manifestFile);
  const { entry, manifest } = site;
  const found = await findUsers(site);
  const refused = judge(found);
  const forced = refused === 'unknown' && request.force;
  const changes = await listChanges(site, manifestFile);
  await assertCommitted(git, changes.owned);
  return {
    report: {
      apiVersion: 'olmirror/v1alpha1',
      kind: 'CatalogRetirement',
      catalog: entry.name,
      host: manifest.registries.production.host,
      repository: indexRepository(entry, manifest),
      tag: entry.tag.production,
      ...found,
      files: [...changes.files.keys(), ...changes.remove],
      left: changes.left,
      debts: changes.debts,
      refused: forced ? null : refused,
      forced,
      exitCode: refused === null || forced ? 0 : 4,
    },
    files: changes.files,
    remove: changes.remove,
  };
}

interface Site {
  readonly snapshot: Snapshot;
  readonly manifest: MirrorManifest;
  readonly entry: CatalogEntry;
  readonly clusterFiles: readonly ClusterFile[];
  readonly objects: readonly ClusterObject[];
  readonly unclear: readonly string[];
  readonly catalogs: ReadonlyMap<string, Catalog>;
}

async function readSite(
  { catalog, resources }: RetirementRequest,
  git: GitPort,
  manifestFile: string,
): Promise<Site> {
  const snapshot = await git.openWorkingTree();
  const manifest = await readManifest(snapshot, manifestFile);
  const entry = findEntry(manifest, catalog);
  const clusterFiles = await readClusterFiles(snapshot);
  const read = [...clusterFiles, ...resources].map((it) => readClusterObjects(it.path, it.text));
  const catalogs = new Map<string, Catalog>();
  for (const one of manifest.catalogs)
    catalogs.set(one.name, (await readCatalog(snapshot, one)).catalog);
  return {
    snapshot,
    manifest,
    entry,
    clusterFiles,
    objects: read.flatMap(({ objects }) => objects),
    unclear: read.flatMap(({ problems }) => problems.map(formatProblemLine)),
    catalogs,
  };
}

type Found = Pick<
  CatalogRetirement,
  'catalogSources' | 'clusters' | 'followers' | 'users' | 'unclear'
>;

async function findUsers(site: Site): Promise<Found> {
  const { manifest, entry, objects, unclear } = site;
  const inUse = await readInUse(site.snapshot);
  const followers = listFollowers(objects);
  const seen = manifest.catalogs.map((one) => seeCatalog(one, site));
  const others = seen.filter(({ name }) => name !== entry.name);
  const retired = seeCatalog(entry, site);
  const elsewhere = listElsewhere(entry, site);
  return {
    catalogSources: retired.sources,
    clusters: inUse === null ? null : inUse.clusters.length,
    followers: followers.length,
    users: findCatalogUsers(
      { uses: inUse?.uses ?? [], followers },
      {
        retired,
        others,
        named: entry.catalogSource !== null,
        elsewhere: elsewhere.others.map(({ name }) => name),
        unclear: elsewhere.unclear.map(({ name }) => name),
      },
    ),
    unclear,
  };
}

/**
 * All names by which clusters may see it: that of the manifest, and those of the objects that serve its index. Where
 * the manifest gives none, it may have been served by the generated name, which `index info` prints.
 */
function seeCatalog(entry: CatalogEntry, site: Site): SeenCatalog {
  const first = findCatalogSource(entry, site);
  const served = listServing('CatalogSource', entry, site).map(({ name, namespace }) => ({
    name,
    namespace: namespace || first.namespace,
  }));
  const generated = entry.catalogSource === null ? [nameCatalogSource(entry.name)] : [];
  const sources = [first, ...served, ...generated].filter(
    (source, i, all) =>
      all.findIndex((it) => it.name === source.name && it.namespace === source.namespace) === i,
  );
  const named = listServing('ClusterCatalog', entry, site).map(({ name }) => name);
  const derived = nameClusterCatalog(first.name);
  return {
    name: entry.name,
    catalog: site.catalogs.get(entry.name) ?? { packages: new Map(), loose: [] },
    sources,
    clusterCatalogs: [...named, derived],
  };
}

function judge({ users, unclear, clusters, followers }: Found): CatalogRetirement['refused'] {
  if (users.length > 0) return 'in-use';
  const isKnown = (clusters ?? 0) > 0 || followers > 0;
  return isKnown && unclear.length === 0 ? null : 'unknown';
}

interface Changes extends Pick<CatalogRetirement, 'left' | 'debts'> {
  readonly files: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
  /** What must be committed, since it goes or is written again. */
  readonly owned: readonly string[];
}

async function listChanges(site: Site, manifestFile: string): Promise<Changes> {
  const { snapshot, entry, manifest, clusterFiles } = site;
  const text = Buffer.from((await snapshot.readFile(manifestFile)) ?? []).toString();
  const debts = await carryKnownMissing(snapshot, entry, site);
  const place = { repository: indexRepository(entry, manifest), tag: entry.tag.production };
  const written = clusterFiles.filter((file) => isWrittenFor(file, place)).map(({ path }) => path);
  const folders = [entry.path, `rules/${entry.name}`];
  const files: string[] = [];
  for (const folder of folders)
    files.push(...(await snapshot.listFiles(folder)).map(({ path }) => path));
  const left = (['CatalogSource', 'ClusterCatalog'] as const)
    .flatMap((kind) => listServing(kind, entry, site))
    .filter(({ file }) => clusterFiles.some(({ path }) => path === file))
    .filter(({ file }) => !written.includes(file));
  return {
    files: new Map([[manifestFile, removeCatalog(text, manifestFile, entry.name)], ...debts.files]),
    remove: [...files, ...written],
    owned: [...folders, ...written, ...debts.files.keys()],
    left: left.map((object) => `${object.file}: ${formatObject(object)}`),
    debts: debts.debts,
  };
}
