import { indexRepository, servedRepository } from '../images/map-path.ts';
import { CATALOG_SOURCE_NAMESPACE_DEFAULT } from '../manifest/defaults.ts';
import { namesDigest } from '../manifest/index-tags.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import { type ClusterObject, readClusterObjects, readPath, readText } from './read-objects.ts';
import { nameCatalogSource, type ServedIndex } from './render-catalog-source.ts';
import { findIndexTag } from './served-images.ts';

type NamedSource = ServedIndex['catalogSource'];
export interface ServedState {
  readonly manifest: Pick<MirrorManifest, 'strategy' | 'swapped' | 'catalogs' | 'registries'>;
  /** What clusters are told. */
  readonly objects: readonly ClusterObject[];
}

/** A kind of object that serves an index. */
const KINDS = {
  CatalogSource: ['spec', 'image'],
  ClusterCatalog: ['spec', 'source', 'image', 'ref'],
} as const;

/**
 * The CatalogSource by which clusters see a catalog: what the manifest says, else the object that serves its index, else
 * the generated name.
 */
export function findCatalogSource(entry: CatalogEntry, state: ServedState): NamedSource {
  if (entry.catalogSource !== null) return entry.catalogSource;
  const [first] = listServing('CatalogSource', entry, state);
  if (first === undefined) return nameCatalogSource(entry.name);
  return { name: first.name, namespace: first.namespace || CATALOG_SOURCE_NAMESPACE_DEFAULT };
}

/** The objects in files; what is none there is left out. */
export function listObjects(
  files: readonly { readonly path: string; readonly text: string }[],
): readonly ClusterObject[] {
  return files.flatMap(({ path, text }) => readClusterObjects(path, text).objects);
}

/**
 * The objects that serve the index of a catalog, in their order. No object serves two catalogs: the tag tells
 * catalogs of one repository apart. One that names a digest, or a tag of no catalog, is that of the only catalog of
 * its repository for which there is none.
 */
export function listServing(
  kind: keyof typeof KINDS,
  entry: CatalogEntry,
  state: ServedState,
): readonly ClusterObject[] {
  const served = listServingAt(servedRepository, { kind, entry }, state);
  // Before the first relocation they name the registry that served until then.
  return served.length > 0 ? served : listServingAt(indexRepository, { kind, entry }, state);
}

function listServingAt(
  place: (entry: CatalogEntry, manifest: ServedState['manifest']) => string,
  { kind, entry }: { readonly kind: keyof typeof KINDS; readonly entry: CatalogEntry },
  { manifest, objects }: ServedState,
): readonly ClusterObject[] {
  const repository = place(entry, manifest);
  const mates = manifest.catalogs.filter((it) => place(it, manifest) === repository);
  const served = objects
    .filter((object) => object.kind === kind)
    .map((object) => ({ object, image: readText(readPath(object.value, ...KINDS[kind])) }))
    .filter(({ image }) => namesRepository(image, repository))
    .map(({ object, image }) => ({ object, owner: findByTag(image, repository, mates) }));
  const own = served.filter(({ owner }) => owner === entry.name);
  if (own.length > 0) return own.map(({ object }) => object);
  const owners = new Set(served.map(({ owner }) => owner));
  const without = mates.filter(({ name }) => !owners.has(name));
  const unnamed =
    mates.length === 1 ? without : without.filter(({ catalogSource }) => catalogSource === null);
  if (unnamed.length !== 1 || unnamed[0]?.name !== entry.name) return [];
  return served.filter(({ owner }) => owner === null).map(({ object }) => object);
}

/**
 * CatalogSources that serve no catalog of the manifest; `unclear` are those that may serve this one all the same, since
 * they name a digest in its repository.
 */
export function listElsewhere(
  entry: CatalogEntry,
  state: ServedState,
): { readonly others: readonly ClusterObject[]; readonly unclear: readonly ClusterObject[] } {
  const { manifest, objects } = state;
  const served = new Set(
    manifest.catalogs.flatMap((it) => listServing('CatalogSource', it, state)),
  );
  const rest = objects.filter((object) => object.kind === 'CatalogSource' && !served.has(object));
  const repository = indexRepository(entry, manifest);
  const unclear = rest.filter((object) => {
    const image = readText(readPath(object.value, ...KINDS.CatalogSource));
    const isDigest = image.includes('@') || namesDigest(image.slice(image.lastIndexOf(':') + 1));
    return isDigest && namesRepository(image, repository);
  });
  return { others: rest.filter((object) => !unclear.includes(object)), unclear };
}

/** Whether an image, by tag or digest, lies in a repository, whatever its host. */
function namesRepository(image: string, repository: string): boolean {
  const name = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  return name.endsWith(`/${repository}`);
}

// A tag that names a digest may be that of any of them.
function findByTag(
  image: string,
  repository: string,
  mates: readonly CatalogEntry[],
): string | null {
  const found = mates.filter(
    ({ tag }) => findIndexTag(image, { repository, tag: tag.production }) !== null,
  );
  const exact = found.find(({ tag }) => image.endsWith(`:${tag.production}`));
  const owner = exact ?? (found.length === 1 ? found[0] : undefined);
  return owner?.name ?? null;
}
