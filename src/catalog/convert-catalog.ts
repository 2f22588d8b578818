import { compareBytes } from '../base/text.ts';
import { formatOpmJson } from './format-json.ts';
import { formatYaml } from './format-yaml.ts';
import { isFolderName, orderBlobs } from './render-catalog.ts';
import type { Blob, Catalog, CatalogPackage } from './types.ts';

export interface ConvertOptions {
  readonly form: 'json' | 'yaml';
  /** A file for each package, or one for all. */
  readonly layout: 'package' | 'file';
}

export interface ConvertedCatalog {
  /** Contents by path. */
  readonly files: ReadonlyMap<string, string>;
  /** What stands in a JSON file although YAML was asked for, since YAML would change it. */
  readonly exact: readonly Blob[];
}

/** File for what YAML cannot say. */
const EXACT_FILE = 'catalog-exact.json';

/**
 * A catalog as files of another form or layout, in opm's order. Nothing is dropped: reading them
 * gives a catalog with the same hash, unknown fields and the texts of numbers included.
 *
 * With the layout `package` the files are `<package>/catalog.json` (or `.yaml`), and `catalog.json`
 * for blobs without a package. What YAML would change goes to `catalog-exact.json` beside them.
 */
export function convertCatalog(catalog: Catalog, options: ConvertOptions): ConvertedCatalog {
  const files = new Map<string, string>();
  const exact: Blob[] = [];
  for (const [folder, blobs] of listFolders(catalog, options.layout))
    for (const [name, texts] of formatFolder(blobs, options.form, exact))
      files.set(folder === '' ? name : `${folder}/${name}`, texts.join(''));
  return { files, exact };
}

/** Names that cannot be a folder beside the files of the layout `package`. */
export function listUnsafeNames(catalog: Catalog): readonly string[] {
  const names = [...catalog.packages.keys()].filter((name) => name !== '');
  return names.filter((name) => !isFolderName(name));
}

function listFolders(
  catalog: Catalog,
  layout: ConvertOptions['layout'],
): readonly (readonly [string, readonly Blob[]])[] {
  const packages = [...catalog.packages.values()].toSorted((a, b) => compareBytes(a.name, b.name));
  const nameless = packages.filter((pkg) => pkg.name === '');
  const named = packages.filter((pkg) => pkg.name !== '');
  const rest = [...nameless.flatMap(orderBlobs), ...catalog.loose];
  if (layout === 'file') return [['', [...named.flatMap(orderBlobs), ...rest]]];
  return [...named.map((pkg: CatalogPackage) => [pkg.name, orderBlobs(pkg)] as const), ['', rest]];
}

function formatFolder(
  blobs: readonly Blob[],
  form: ConvertOptions['form'],
  exact: Blob[],
): ReadonlyMap<string, readonly string[]> {
  const texts: string[] = [];
  const others: string[] = [];
  for (const blob of blobs) {
    const text = formatBlob(blob, form);
    if (text === null) {
      others.push(formatJson(blob));
      exact.push(blob);
    } else texts.push(text);
  }
  const files = new Map<string, readonly string[]>();
  if (texts.length > 0) files.set(`catalog.${form}`, texts);
  if (others.length > 0) files.set(EXACT_FILE, others);
  return files;
}

function formatBlob(blob: Blob, form: ConvertOptions['form']): string | null {
  return form === 'json' ? formatJson(blob) : formatYaml(blob.value, blob.schema);
}

function formatJson(blob: Blob): string {
  return `${formatOpmJson(blob.value, blob.schema)}\n`;
}
