import type { Digest } from '../base/digest.ts';
import { isToolError } from '../base/tool-error.ts';
import { parseCatalog } from '../catalog/parse-catalog.ts';
import type { Catalog } from '../catalog/types.ts';
import { readIndexCatalog } from '../index/read-index.ts';
import type { RegistryPort } from '../registry/port.ts';

/** The catalog of an index, to tell people what changes: null where it cannot be read, which stops nothing. */
export async function readServedCatalog(
  production: RegistryPort,
  repository: string,
  digest: Digest,
): Promise<Catalog | null> {
  try {
    const { files } = await readIndexCatalog(production, repository, digest);
    return parseCatalog(files).catalog;
  } catch (error) {
    if (!isToolError(error)) throw error;
    return null;
  }
}
