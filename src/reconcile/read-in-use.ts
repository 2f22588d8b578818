import type { Snapshot } from '../git/port.ts';
import { IN_USE_FILE, type InUse, parseUses } from '../manifest/in-use.ts';

/** What `in-use.yaml` says; null where there is none. Throws `MANIFEST_IN_USE_INVALID`. */
export async function readInUse(snapshot: Snapshot): Promise<InUse | null> {
  const bytes = await snapshot.readFile(IN_USE_FILE);
  return bytes === null ? null : parseUses(Buffer.from(bytes).toString());
}
