import { mergeCatalogs } from '../../src/catalog/merge-catalogs.ts';
import type { MergeOptions, MergeResult } from '../../src/catalog/merge-types.ts';
import type { Catalog } from '../../src/catalog/types.ts';

const OPTIONS: MergeOptions = {
  duplicateBundle: 'newer',
  acceptDefaultChannel: false,
  strandedUpgrades: 'block',
  command: 'olmirror merge idx --from out',
};

/** Merges as a manifest without a policy asks for it, where nothing else is said. */
export function merge(
  base: Catalog,
  incoming: Catalog,
  options: Partial<MergeOptions> = {},
): MergeResult {
  return mergeCatalogs(base, incoming, { ...OPTIONS, ...options });
}

export function kindsOf({ notes }: MergeResult): readonly string[] {
  return notes.map(({ kind }) => kind);
}
