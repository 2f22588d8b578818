import type { Catalog } from '../catalog/types.ts';
import type { Snapshot } from '../git/port.ts';
import { coversImage } from '../images/find-known.ts';
import { listCatalogWanted } from '../images/list-wanted.ts';
import { addMissing } from '../manifest/edit-known-missing.ts';
import { isImagePattern } from '../manifest/image-pattern.ts';
import { buildKnownMissingFileName } from '../manifest/known-missing.ts';
import type {
  CatalogEntry,
  KnownMissing,
  ListedMissing,
  MirrorManifest,
} from '../manifest/types.ts';
import type { CatalogRetirement } from '../plan/retirement-types.ts';
import { readKnownMissing } from './read-rules.ts';

export interface CarryContext {
  readonly manifest: MirrorManifest;
  readonly catalogs: ReadonlyMap<string, Catalog>;
}

/**
 * What other catalogs must take over of a catalog's known missing when that goes: items for images that they name too,
 * and that no list but the one that goes has. Without it an old debt would block their indexes as a new one.
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
  const owed = await readList(snapshot, entry);
  if (owed.length === 0) return { files, debts };
  const others = manifest.catalogs.filter(({ name }) => name !== entry.name);
  for (const other of others) {
    const { name } = other;
    const catalog = catalogs.get(name);
    const list = await readList(snapshot, other);
    const added = catalog === undefined ? [] : findShared(owed, { name, catalog, manifest, list });
    if (added.length === 0) continue;
    const file = buildKnownMissingFileName(name);
    const before = await snapshot.readFile(file);
    const text = before === null ? null : Buffer.from(before).toString();
    files.set(file, addMissing(text, file, added));
    debts.push({ catalog: name, images: added.length });
  }
  return { files, debts };
}

interface Other {
  readonly name: string;
  readonly catalog: Catalog;
  readonly manifest: MirrorManifest;
  readonly list: readonly ListedMissing[];
}

function findShared(
  owed: readonly ListedMissing[],
  { name, catalog, manifest, list }: Other,
): readonly KnownMissing[] {
  const { images, unreadable } = listCatalogWanted(name, catalog, manifest);
  const named = [...images, ...unreadable];
  const needs = new Map(named.map((it) => [it.upstream, it.neededBy]));
  const known = new Set(list.map(({ image }) => image));
  return owed.flatMap((debt) => {
    if (known.has(debt.image)) return [];
    if (isImagePattern(debt.image)) {
      const taken = { image: debt.image, catalog: name };
      return named.some((image) => coversImage(taken, image)) ? [debt] : [];
    }
    const neededBy = needs.get(debt.image);
    return neededBy === undefined ? [] : [{ ...debt, bundles: neededBy.map(({ item }) => item) }];
  });
}

async function readList(
  snapshot: Snapshot,
  entry: CatalogEntry,
): Promise<readonly ListedMissing[]> {
  return readKnownMissing(snapshot, { catalogs: [entry] });
}
