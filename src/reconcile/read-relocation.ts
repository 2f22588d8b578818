import type { Snapshot } from '../git/port.ts';
import { parseRelocation, RELOCATION_FILE, type RelocationPlan } from '../manifest/relocation.ts';

/** What `relocate.yaml` says; null where there is none. Throws `MANIFEST_RELOCATION_INVALID`. */
export async function readRelocation(
  snapshot: Pick<Snapshot, 'readFile'>,
): Promise<RelocationPlan | null> {
  const bytes = await snapshot.readFile(RELOCATION_FILE);
  return bytes === null ? null : parseRelocation(Buffer.from(bytes).toString());
}
