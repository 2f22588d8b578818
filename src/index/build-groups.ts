import type { Digest } from '../base/digest.ts';
import { estimateSize, listCatalogFiles } from '../catalog/render-catalog.ts';
import type { Catalog, CatalogFile, CatalogPackage } from '../catalog/types.ts';
import { buildGroupsHere, type GroupTask } from './build-group.ts';
import {
  type FoundPackage,
  findHeld,
  type GroupPlace,
  listLayer,
  takeHeld,
} from './held-packages.ts';
import { keyOfList, keyOfPackage, type LayerForm, type PackageGroup } from './layer-keys.ts';
import {
  type BuiltGroup,
  type ContentWork,
  keepGroup,
  recallGroup,
  type TextStream,
} from './layer-memory.ts';

export interface GroupsInput extends ContentWork, LayerForm {}

/**
 * The layers of groups by their keys, remembered or built, in the order of the groups; null where opm could not serve
 * one of its packages. In a layer that is built only packages are rendered that no earlier layer of the store holds.
 */
export async function buildGroups(
  groups: readonly PackageGroup[],
  input: GroupsInput,
): Promise<ReadonlyMap<Digest, BuiltGroup | null>> {
  const found = new Map<Digest, BuiltGroup | null>(groups.map(({ key }) => [key, null]));
  const waiting = groups.values();
  async function recall(): Promise<void> {
    for (const { key } of waiting) found.set(key, await recallGroup(key, input));
  }
  await Promise.all(Array.from({ length: RECALLED_AT_ONCE }, recall));
  const missing = await Promise.all(
    groups.filter(({ key }) => found.get(key) === null).map((group) => findParts(group, input)),
  );
  await buildMissing(missing, found, input);
  // Where an earlier layer is gone or spoilt, nothing is taken from it.
  const refused = missing.filter(({ group, held }) => held.length > 0 && !found.get(group.key));
  await buildMissing(refused.map(renderAll), found, input);
  return found;
}

/** Files of the store that are read while one is hashed. */
const RECALLED_AT_ONCE = 4;

/** A group that must be built: of packages that are rendered, and of others that earlier layers hold. */
interface MissingGroup {
  readonly group: PackageGroup;
  readonly place: GroupPlace;
  readonly fresh: readonly CatalogPackage[];
  readonly held: readonly FoundPackage[];
}

async function findParts(group: PackageGroup, input: GroupsInput): Promise<MissingGroup> {
  const place = {
    list: keyOfList(group.name, input),
    layer: group.key,
    packages: new Map(group.packages.map((pkg) => [pkg.name, keyOfPackage(pkg, input)])),
  };
  const held = input.store ? await findHeld(place, input.store) : [];
  const names = new Set(held.map(({ name }) => name));
  return { group, place, held, fresh: group.packages.filter(({ name }) => !names.has(name)) };
}

function renderAll({ group, place }: MissingGroup): MissingGroup {
  return { group, place, fresh: group.packages, held: [] };
}

/** Adds what could be built to `found`. */
async function buildMissing(
  missing: readonly MissingGroup[],
  found: Map<Digest, BuiltGroup | null>,
  input: GroupsInput,
): Promise<void> {
  if (missing.length === 0) return;
  // The largest first, so that no thread is left with one at the end.
  const sorted = missing
    .map((parts) => ({ ...parts, size: estimateWork(parts) }))
    .toSorted((a, b) => b.size - a.size);
  const names = sorted.flatMap(({ fresh }) => fresh.map(({ name }) => name));
  const texts = names.length === 0 ? undefined : input.openTexts?.(names);
  const jobs = sorted.map((parts) => ({
    size: parts.size,
    open: () => openTask(parts, { ...input, texts }),
  }));
  const build = input.buildGroups ?? buildGroupsHere;
  try {
    await build(jobs, async (index, built) => {
      const place = sorted[index]?.place;
      if (place === undefined || built === null) return;
      const kept = await keepGroup(place.layer, built, input);
      found.set(place.layer, kept);
      if (kept.layer?.file && built.runs.length > 0 && input.store)
        await listLayer(place, input.store);
    });
  } finally {
    await texts?.close();
  }
}

/** What is held is only inflated and hashed. */
const HELD_WORK = 0.2;

function estimateWork({ group, fresh }: MissingGroup): number {
  const [all, rendered] = [sumSizes(group.packages), sumSizes(fresh)];
  return rendered + (all - rendered) * HELD_WORK;
}

function sumSizes(packages: readonly CatalogPackage[]): number {
  return packages.reduce((sum, pkg) => sum + estimateSize(pkg), 0);
}

interface TaskSource extends Pick<GroupsInput, 'cache' | 'compression' | 'store'> {
  readonly texts: TextStream | undefined;
}

async function openTask(
  { fresh, held }: MissingGroup,
  { cache, compression, store, texts }: TaskSource,
): Promise<GroupTask> {
  const catalog = { packages: new Map(fresh.map((pkg) => [pkg.name, pkg])), loose: [] };
  await texts?.take(catalog.packages.keys());
  const files = [...listServed(catalog)];
  // Custom schemas are asked for once more, by what all groups share.
  texts?.release(fresh.filter(({ others }) => others.length === 0).map(({ name }) => name));
  return { files, held: store ? await takeHeld(held, store) : [], cache, compression };
}

/** The files of a catalog as they are served, one in memory at a time. */
export function* listServed(catalog: Catalog): Generator<CatalogFile, void, undefined> {
  for (const [path, render] of listCatalogFiles(catalog)) yield { path, bytes: render() };
}
