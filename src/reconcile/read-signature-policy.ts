import { ToolError } from '../base/tool-error.ts';
import type { Snapshot } from '../git/port.ts';
import { parseSignaturePolicy, type SignaturePolicy } from '../manifest/signature-policy.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import { assertNoLfsPointer } from './find-unread.ts';

export interface ReadSignaturePolicy {
  readonly policy: SignaturePolicy;
  readonly bytes: Uint8Array;
}

/** The `policy.json` that the manifest names; null for none. Throws `MANIFEST_RULES_INVALID`. */
export async function readSignaturePolicy(
  snapshot: Snapshot,
  { policy }: Pick<MirrorManifest, 'policy'>,
): Promise<ReadSignaturePolicy | null> {
  const file = policy.signaturePolicy;
  if (file === null) return null;
  const bytes = await snapshot.readFile(file);
  if (bytes === null)
    throw new ToolError(
      'MANIFEST_RULES_INVALID',
      `There is no ${file}, which spec.policy.signaturePolicy of the manifest names.`,
      { hint: 'Commit the file, or correct the name: it is relative to the manifest.' },
    );
  assertNoLfsPointer(bytes, file);
  return { policy: parseSignaturePolicy(Buffer.from(bytes).toString(), file), bytes };
}
