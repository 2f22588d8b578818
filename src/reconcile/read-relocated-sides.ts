import { isToolError } from '../base/tool-error.ts';
import type { Snapshot } from '../git/port.ts';
import type { CatalogEntry } from '../manifest/types.ts';
import type { RelocationFacts } from '../plan/relocation-checks.ts';
import { createStateLoader } from './load-state.ts';
import type { ChangedSide } from './read-changed-packages.ts';
import { relocateState, type WantedState } from './relocate-state.ts';

/** What two commits want served, where one of them relocates. */
export interface RelocatedSides {
  /** One catalog of both; null for an entry that the commit does not name. */
  compare(
    before: CatalogEntry | null,
    after: CatalogEntry | null,
  ): readonly [ChangedSide, ChangedSide];
  /** Of the later commit; null where that does not relocate. */
  readonly relocation: RelocationFacts | null;
}

interface Commits {
  readonly from: Snapshot;
  readonly to: Snapshot;
  readonly manifestFile: string;
}

/**
 * Reads two commits whole, since under `relocate` what is served follows from in-use.yaml and the delivery records, too.
 * Null where neither relocates, or the earlier one cannot be read.
 */
export async function readRelocatedSides(
  { from, to, manifestFile }: Commits,
  now: Date,
): Promise<RelocatedSides | null> {
  const load = createStateLoader();
  async function read(snapshot: Snapshot): Promise<WantedState> {
    return relocateState(await load(snapshot, manifestFile), now);
  }
  const after = await read(to);
  const before = await readOrNull(() => read(from));
  if (before === null || (before.relocation === null && after.relocation === null)) return null;
  return {
    compare: (old, fresh) => [sideOf(before, old), sideOf(after, fresh)],
    relocation: after.relocation,
  };
}

async function readOrNull(read: () => Promise<WantedState>): Promise<WantedState | null> {
  try {
    return await read();
  } catch (error) {
    if (!isToolError(error)) throw error;
    return null;
  }
}

function sideOf({ state }: WantedState, entry: CatalogEntry | null): ChangedSide {
  const loaded = state.catalogs.find((it) => it.entry.name === entry?.name);
  if (loaded === undefined) return NOTHING;
  const { content, catalog, problems } = loaded;
  return { tree: content, catalog, problems };
}

const NOTHING: ChangedSide = {
  tree: null,
  catalog: { packages: new Map(), loose: [] },
  problems: [],
};
