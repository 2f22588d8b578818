import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseYamlDocument, readPart } from '../manifest/yaml-document.ts';

// As in schemas/mirror.schema.json. A shell gets no name that would mean anything to it.
const CATALOG_NAME = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/;

/**
 * Names of the catalogs of a manifest, for completion: the file may be half written, so what is no name
 * is left out, and a file that cannot be read has none.
 */
export async function listCatalogNames(
  folder: string,
  manifest: string,
): Promise<readonly string[]> {
  const text = await readFile(resolve(folder, manifest), 'utf8').catch(() => '');
  const { document } = parseYamlDocument(text, manifest);
  const catalogs = readPart(readPart(document?.value, 'spec'), 'catalogs');
  if (!Array.isArray(catalogs)) return [];
  return catalogs.map((catalog) => readPart(catalog, 'name')).filter(isCatalogName);
}

function isCatalogName(name: unknown): name is string {
  return typeof name === 'string' && name.length <= 100 && CATALOG_NAME.test(name);
}
