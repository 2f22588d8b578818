import { ToolError } from '../base/tool-error.ts';
import {
  type ConvertedCatalog,
  type ConvertOptions,
  convertCatalog,
  listUnsafeNames,
} from '../catalog/convert-catalog.ts';
import type { Catalog } from '../catalog/types.ts';
import { writeFolder } from '../files/write-folder.ts';

/** Writes a catalog into a new or empty folder, whole or not at all. */
export async function writeConverted(
  catalog: Catalog,
  options: ConvertOptions & { readonly folder: string },
): Promise<ConvertedCatalog> {
  const unsafe = options.layout === 'package' ? listUnsafeNames(catalog) : [];
  if (unsafe.length > 0)
    throw new ToolError(
      'CATALOG_INVALID',
      `No folder can be named after ${unsafe.map((name) => JSON.stringify(name)).join(', ')}. Nothing was written.`,
      { hint: 'opm refuses such package names; `olmirror convert --layout file` takes them.' },
    );
  const converted = convertCatalog(catalog, options);
  await writeFolder(options.folder, converted.files);
  return converted;
}
