import type { Digest } from '../base/digest.ts';
import type { PackageSummary } from './cache/json-cache.ts';
import { readGroupNote } from './layer-memory.ts';
import type { HeldPackage, LayerRun } from './layer-run.ts';
import type { LayerStore } from './layer-store.ts';

/** Under which keys a group is remembered, and what is in it. */
export interface GroupPlace {
  /** Of the list of the layers that were built of the group, whatever its packages said. */
  readonly list: Digest;
  /** Of the layer. */
  readonly layer: Digest;
  /** By name: a key that says all that decides about what the package puts into a layer. */
  readonly packages: ReadonlyMap<string, Digest>;
}

/** A package that an earlier layer holds, by what was noted of it. */
export interface FoundPackage {
  readonly name: string;
  readonly summary: PackageSummary | null;
  readonly blob: Digest;
  readonly runs: readonly LayerRun[];
}

/** Layers that are remembered of a group: catalogs may share a store, and packages come back. */
const LISTED = 16;

// A note a group, where one a package would be five times as many files. The newest comes first.
type GroupList = readonly (readonly [layer: Digest, packages: readonly Digest[]])[];

/** Finds the packages of a group that earlier layers hold; whether the layers are still there is not looked at. */
export async function findHeld(
  place: GroupPlace,
  store: LayerStore,
): Promise<readonly FoundPackage[]> {
  const left = new Map(place.packages);
  const found: FoundPackage[] = [];
  for (const [layer, packages] of await readList(place.list, store)) {
    const here = [...left].filter(([, key]) => packages.includes(key));
    const note = here.length === 0 ? null : await readGroupNote(layer, store);
    if (note === null) continue;
    const runs = Map.groupBy(note.runs, ([owner]) => owner);
    const summaries = new Map(note.summaries);
    for (const [name] of here) {
      const own = runs.get(name)?.map(([, run]) => run) ?? [];
      const summary = summaries.get(name) ?? null;
      found.push({ name, summary, blob: note.descriptor.digest, runs: own });
      left.delete(name);
    }
  }
  return found;
}

/** Takes the runs of packages out of their layers. One that is not there comes without bytes, and is no run then. */
export async function takeHeld(
  found: readonly FoundPackage[],
  store: LayerStore,
): Promise<readonly HeldPackage[]> {
  const held: HeldPackage[] = [];
  for (const { name, summary, blob, runs } of found) {
    const bytes = await store.readRanges(blob, runs);
    held.push({
      name,
      summary,
      runs: runs.map((run, index) => ({ ...run, bytes: bytes?.[index] ?? new Uint8Array() })),
    });
  }
  return held;
}

/** Lists a layer that was kept with its runs among those of its group. */
export async function listLayer(place: GroupPlace, store: LayerStore): Promise<void> {
  const others = (await readList(place.list, store)).filter(([layer]) => layer !== place.layer);
  const list: GroupList = [[place.layer, [...place.packages.values()]] as const, ...others];
  await store.writeNote(place.list, JSON.stringify(list.slice(0, LISTED)));
}

async function readList(key: Digest, store: LayerStore): Promise<GroupList> {
  const note = await store.readNote(key);
  return note === null ? [] : JSON.parse(note);
}
