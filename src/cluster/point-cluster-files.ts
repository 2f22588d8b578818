import { ToolError } from '../base/tool-error.ts';
import { readClusterObjects } from './read-objects.ts';
import {
  renderCatalogSource,
  renderClusterCatalog,
  type ServedIndex,
} from './render-catalog-source.ts';
import { findIndexTag, type IndexPlace, listServedImages } from './served-images.ts';

/** Folder of the state repository that says what clusters are told. */
export const CLUSTER_FOLDER = 'cluster';

export interface ClusterFile {
  /** In the state repository. */
  readonly path: string;
  readonly text: string;
}

export interface PublishedIndex extends IndexPlace {
  readonly catalog: string;
  /** Production's host, for objects that are not there yet. */
  readonly host: string;
  /** The never-moving tag that clusters are to be told of. */
  readonly to: string;
  readonly catalogSource: ServedIndex['catalogSource'];
  readonly extract: ServedIndex['extract'];
}

const HEADER = `# What clusters are told of this index: production lets no tag move, so the tag changes here. Apply it
# to the clusters (Argo CD, or oc apply -f). \`olmirror merge\` and \`olmirror index rollback\` change the image only.
`;

/**
 * Lets the objects below \`cluster/\` serve an index under another tag, and gives the files that
 * change. In what is there the tag alone changes: host, name and every setting stay. Where nothing
 * serves the index yet, a new file has a CatalogSource and a ClusterCatalog for it.
 */
export function pointClusterFiles(
  files: readonly ClusterFile[],
  index: PublishedIndex,
): ReadonlyMap<string, string> {
  const serving = files.filter(({ text }) => listTags(text, index).length > 0);
  if (serving.length === 0) {
    assertFree(files, index);
    return new Map([[nameFile(files, index), renderFile(index)]]);
  }
  const changed = serving
    .map((file) => ({ ...file, next: pointFile(file, index) }))
    .filter(({ text, next }) => text !== next);
  return new Map(changed.map(({ path, next }) => [path, next]));
}

/** Tags under which the objects serve an index, each once; none where no object does. */
export function findClusterTags(
  files: readonly ClusterFile[],
  place: IndexPlace,
): readonly string[] {
  return [...new Set(files.flatMap(({ text }) => listTags(text, place)))];
}

/** Whether olmirror wrote a file for an index, and nothing else was put into it. */
export function isWrittenFor({ path, text }: ClusterFile, place: IndexPlace): boolean {
  const { objects, problems } = readClusterObjects(path, text);
  return (
    text.startsWith(HEADER) &&
    problems.length === 0 &&
    objects.length > 0 &&
    listTags(text, place).length === objects.length
  );
}

function listTags(text: string, place: IndexPlace): readonly string[] {
  return listServedImages(text).flatMap(({ image }) => findIndexTag(image, place) ?? []);
}

function pointFile({ path, text }: ClusterFile, index: PublishedIndex): string {
  const images = new Set(listServedImages(text).map(({ image }) => image));
  let next = text;
  for (const image of images) {
    const tag = findIndexTag(image, index);
    if (tag === null || tag === index.to) continue;
    next = replaceImage(next, image, `${image.slice(0, -tag.length)}${index.to}`);
  }
  const left = listTags(next, index).filter((tag) => tag !== index.to);
  if (left.length === 0) return next;
  throw new ToolError(
    'FILES_UNWRITABLE',
    `${path} tells clusters of ${index.repository}:${left.join(', ')} in a way that cannot be changed here. Nothing was written.`,
    { hint: `Write the tag ${index.to} into it yourself.` },
  );
}

// Comments may tell of an earlier tag, and stay.
function replaceImage(text: string, from: string, to: string): string {
  const found = new RegExp(`(?<![\\w./:@-])${escapeRegExp(from)}(?![\\w./:@-])`, 'g');
  return text
    .split('\n')
    .map((line) => (/^\s*#/.test(line) ? line : line.replace(found, () => to)))
    .join('\n');
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

// Two objects of one name would undo each other in the cluster.
function assertFree(
  files: readonly ClusterFile[],
  { catalogSource, catalog, to }: PublishedIndex,
): void {
  const { name, namespace } = catalogSource;
  const taken = files
    .flatMap(({ path, text }) => readClusterObjects(path, text).objects)
    .find(
      (object) =>
        object.kind === 'CatalogSource' &&
        object.name === name &&
        (object.namespace || namespace) === namespace,
    );
  if (taken === undefined) return;
  throw new ToolError(
    'FILES_EXISTS',
    `${taken.file} has the CatalogSource ${namespace}/${name} already, and it serves another index than that of ${catalog}, so clusters cannot be told of ${to}.`,
    {
      hint: `Write the index into it yourself, or give ${catalog} another catalogSource in the manifest.`,
    },
  );
}

function nameFile(files: readonly ClusterFile[], { catalog }: PublishedIndex): string {
  const taken = new Set(files.map(({ path }) => path));
  const names = [catalog, `${catalog}-index`].map((name) => `${CLUSTER_FOLDER}/${name}.yaml`);
  const free = names.find((name) => !taken.has(name));
  if (free !== undefined) return free;
  throw new ToolError(
    'FILES_EXISTS',
    `${names.join(' and ')} are there and serve no index of ${catalog}, so there is no place for what clusters are to be told of it. Nothing was written.`,
    { hint: 'Give one of them another name.' },
  );
}

function renderFile(index: PublishedIndex): string {
  const served: ServedIndex = {
    image: `${index.host}/${index.repository}:${index.to}`,
    pinned: true,
    catalogSource: index.catalogSource,
    displayName: index.catalog,
    extract: index.extract,
  };
  return `${HEADER}---\n${renderCatalogSource(served)}---\n${renderClusterCatalog(served)}`;
}
