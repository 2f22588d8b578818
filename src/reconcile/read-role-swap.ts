import { digestOf } from '../base/digest.ts';
import type { Snapshot } from '../git/port.ts';
import { IN_USE_FILE } from '../manifest/in-use.ts';
import type { RelocationPlan } from '../manifest/relocation.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import { judgeProof, type ProofVerdict } from '../plan/judge-proof.ts';
import type { RoleSwapFacts } from '../plan/role-swap-checks.ts';
import { readRelocation } from './read-relocation.ts';

/** What lets the roles be exchanged; null where they are as they were. */
export async function readRoleSwap(
  snapshot: Snapshot,
  manifest: Pick<MirrorManifest, 'swapped'>,
): Promise<RoleSwapFacts | null> {
  const relocation = manifest.swapped === true ? await readRelocation(snapshot) : null;
  if (relocation === null) return null;
  const { swapped } = relocation;
  const proof =
    swapped === null
      ? {
          holds: false,
          message:
            'relocate.yaml does not say when (`swapped`), so nobody can say how old its proof was.',
        }
      : await readProof(snapshot, relocation, new Date(swapped));
  return { relocation, proof };
}

/** Judges the report that a relocation rests on, as of a time. */
export async function readProof(
  snapshot: Snapshot,
  relocation: RelocationPlan,
  at: Date,
): Promise<ProofVerdict> {
  const [report, inUse] = await Promise.all(
    [relocation.proof, IN_USE_FILE].map((file) => snapshot.readFile(file)),
  );
  const text = report === null || report === undefined ? null : Buffer.from(report).toString();
  const digest = inUse === null || inUse === undefined ? null : digestOf(inUse);
  return judgeProof(text, { relocation, inUse: digest, at });
}
