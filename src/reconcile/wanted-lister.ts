import type { Digest } from '../base/digest.ts';
import { type WantedSources } from '../images/list-mentions.ts';
import { listWanted, type WantedList } from '../images/list-wanted.ts';

/** `listWanted` for a manifest that is known by its hash. */
export type WantedLister = (sources: WantedSources, manifest: Digest) => WantedList;

/**
 * Lists what is wanted, and answers a call from memory where manifest, catalogs and releases are those of the
 * call before: most passes of a watch find the commit that the last one found.
 */
export function createWantedLister(): WantedLister {
  let last: { readonly parts: readonly unknown[]; readonly list: WantedList } | null = null;
  return (sources, manifest) => {
    const parts = [
      manifest,
      ...[...sources.catalogs].flat(),
      ...sources.releases,
      JSON.stringify(sources.used ?? []),
    ];
    if (last === null || !isSame(last.parts, parts)) last = { parts, list: listWanted(sources) };
    return last.list;
  };
}

function isSame(before: readonly unknown[], now: readonly unknown[]): boolean {
  return before.length === now.length && before.every((part, index) => part === now[index]);
}
