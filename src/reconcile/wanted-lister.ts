import type { Digest } from '../base/digest.ts';
import { type WantedSources } from '../images/list-mentions.ts';
import {
  createPlaceFinder,
  listWanted,
  type PlaceFinder,
  type WantedList,
} from '../images/list-wanted.ts';

/** `listWanted` for a manifest that is known by its hash. */
export type WantedLister = (sources: WantedSources, manifest: Digest) => WantedList;

/**
 * Lists what is wanted, and answers a call from memory where manifest, catalogs and releases are those of the
 * call before: most passes of a watch find the commit that the last one found. Where references lie hangs on the manifest
 * alone.
 */
export function createWantedLister(): WantedLister {
  let placeOf: PlaceFinder | null = null;
  let last: { readonly parts: readonly unknown[]; readonly list: WantedList } | null = null;
  return (sources, manifest) => {
    // A command may ask under another strategy than the manifest has.
    const rules = `${manifest} ${sources.manifest.strategy}`;
    const parts = [
      rules,
      ...[...sources.catalogs].flat(),
      ...sources.releases,
      JSON.stringify(sources.used ?? []),
    ];
    if (last !== null && isSame(last.parts, parts)) return last.list;
    if (placeOf === null || last?.parts[0] !== rules) placeOf = createPlaceFinder(sources.manifest);
    const list = listWanted(sources, placeOf);
    last = { parts, list };
    return list;
  };
}

function isSame(before: readonly unknown[], now: readonly unknown[]): boolean {
  return before.length === now.length && before.every((part, index) => part === now[index]);
}
