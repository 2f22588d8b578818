import type { Digest } from '../base/digest.ts';
import { isToolError } from '../base/tool-error.ts';
import { joinCatalog } from '../catalog/build-catalog.ts';
import { parseCatalog } from '../catalog/parse-catalog.ts';
import type { Catalog } from '../catalog/types.ts';
import { readIndexCatalog, readOtherLayers } from '../index/read-index.ts';
import type { RegistryPort } from '../registry/port.ts';

export interface ServedPlace {
  readonly repository: string;
  readonly digest: Digest;
}

/** Layers of Git's index, which the served one may have too: they need not be read. */
export interface KnownLayers {
  /** Names of the packages that a layer holds. */
  readonly layers: ReadonlyMap<Digest, readonly string[]>;
  readonly catalog: Catalog;
}

/** The catalog of an index, to tell people what changes: null where it cannot be read, which stops nothing. */
export async function readServedCatalog(
  production: RegistryPort,
  place: ServedPlace,
  known: KnownLayers | null = null,
): Promise<Catalog | null> {
  try {
    const around = known === null ? null : await readAround(production, place, known);
    return around ?? (await readWhole(production, place));
  } catch (error) {
    if (!isToolError(error)) throw error;
    return null;
  }
}

async function readWhole(
  production: RegistryPort,
  { repository, digest }: ServedPlace,
): Promise<Catalog> {
  return parseCatalog((await readIndexCatalog(production, repository, digest)).files).catalog;
}

// A change of one package leaves the other layers as they are, and what they hold is at hand. Null
// where the image is not made of such layers.
async function readAround(
  production: RegistryPort,
  { repository, digest }: ServedPlace,
  { layers, catalog }: KnownLayers,
): Promise<Catalog | null> {
  if (layers.size === 0) return null;
  const place = { repository, reference: digest };
  const { files, passed } = await readOtherLayers(production, place, (layer) => layers.has(layer));
  const { packages, loose } = parseCatalog(files).catalog;
  const names = passed.flatMap((layer) => layers.get(layer) ?? []);
  const same = names.flatMap((name) => catalog.packages.get(name) ?? []);
  if (names.some((name) => packages.has(name)) || same.length < names.length) return null;
  return joinCatalog([...packages.values(), ...same], loose);
}
