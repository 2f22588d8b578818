import type { Problem } from '../base/problem.ts';
import { findBridgeFaults } from '../catalog/find-bridge-faults.ts';
import type { Snapshot } from '../git/port.ts';
import { buildBridgesFileName, checkBridges, parseBridges } from '../manifest/bridges.ts';
import type { BridgeRule, CatalogEntry } from '../manifest/types.ts';
import { readCatalog } from '../reconcile/load-state.ts';

/** The bridges declared for a catalog; none without a file. Throws `MANIFEST_INVALID` with every fault. */
export async function readBridges(
  snapshot: Snapshot,
  catalog: string,
): Promise<readonly BridgeRule[]> {
  const file = buildBridgesFileName(catalog);
  const bytes = await snapshot.readFile(file);
  return bytes === null ? [] : parseBridges(Buffer.from(bytes).toString(), file);
}

/**
 * Judges a catalog's file of bridges, null where there is none: faults of its form, and what no
 * package, channel or entry of the catalog answers to. The latter only warns where it names what a
 * delivery may bring yet.
 */
export async function judgeBridges(
  snapshot: Snapshot,
  entry: CatalogEntry,
): Promise<{ readonly name: string; readonly problems: readonly Problem[] } | null> {
  const file = buildBridgesFileName(entry.name);
  const bytes = await snapshot.readFile(file);
  if (bytes === null) return null;
  const { bridges, problems, placeOf } = checkBridges(Buffer.from(bytes).toString(), file);
  const packages =
    bridges.length === 0 ? new Map() : (await readCatalog(snapshot, entry)).catalog.packages;
  const faults = bridges.flatMap((bridge, index) =>
    findBridgeFaults(bridge, packages).map(
      (fault): Problem => ({
        severity: fault.kind === 'unreadable' ? 'error' : 'warning',
        code: 'MANIFEST_INVALID',
        message: fault.message,
        hint: fault.hint,
        file,
        ...placeOf(index, fault.field),
        package: bridge.package,
        channel: bridge.channel,
        bundle: bridge.bundle,
      }),
    ),
  );
  return {
    name: file,
    problems: [...problems, ...faults].map((problem) => ({ ...problem, catalog: entry.name })),
  };
}
