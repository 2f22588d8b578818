import type { Catalog } from '../catalog/types.ts';
import type { Snapshot } from '../git/port.ts';
import { listCatalogWanted } from '../images/list-wanted.ts';
import {
  buildKnownMissingFileName,
  formatKnownMissing,
  parseKnownMissing,
} from '../manifest/known-missing.ts';
import type { CatalogEntry, KnownMissing, MirrorManifest } from '../manifest/types.ts';
import type { CatalogRetirement } from '../plan/retirement-types.ts';

export interface CarryContext {
  readonly manifest: MirrorManifest;
  readonly catalogs: ReadonlyMap<string, Catalog>;
}

/**
 * What other catalogs must take over of a catalog's known missing when that goes: images that they name too, and that
 * no list but the one that goes has. Without it an old debt would block their indexes as a new one.
 */
export async function carryKnownMissing(
  snapshot: Snapshot,
  entry: CatalogEntry,
  { manifest, catalogs }: CarryContext,
): Promise<{
  readonly files: ReadonlyMap<string, string>;
  readonly debts: CatalogRetirement['debts'];
}> {
  const files = new Map<string, string>();
  const debts: { catalog: string; images: number }[] = [];
  const owed = await readList(snapshot, entry.name);
  if (owed.length === 0) return { files, debts };
  const others = manifest.catalogs.filter(({ name }) => name !== entry.name);
  for (const { name } of others) {
    const catalog = catalogs.get(name);
    const list = await readList(snapshot, name);
    const added = catalog === undefined ? [] : findShared(owed, { name, catalog, manifest, list });
    if (added.length === 0) continue;
    files.set(buildKnownMissingFileName(name), formatKnownMissing([...list, ...added]));
    debts.push({ catalog: name, images: added.length });
  }
  return { files, debts };
}

interface Other {
  readonly name: string;
  readonly catalog: Catalog;
  readonly manifest: MirrorManifest;
  readonly list: readonly KnownMissing[];
}

function findShared(
  owed: readonly KnownMissing[],
  { name, catalog, manifest, list }: Other,
): readonly KnownMissing[] {
  const { images, unreadable } = listCatalogWanted(name, catalog, manifest);
  const needs = new Map([...images, ...unreadable].map((it) => [it.upstream, it.neededBy]));
  const known = new Set(list.map(({ image }) => image));
  return owed.flatMap((debt) => {
    const neededBy = needs.get(debt.image);
    return neededBy === undefined || known.has(debt.image)
      ? []
      : [{ ...debt, bundles: neededBy.map(({ item }) => item) }];
  });
}

async function readList(snapshot: Snapshot, catalog: string): Promise<readonly KnownMissing[]> {
  const file = buildKnownMissingFileName(catalog);
  const bytes = await snapshot.readFile(file);
  return bytes === null ? [] : parseKnownMissing(Buffer.from(bytes).toString(), file);
}
