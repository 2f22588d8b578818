import canonicalize from 'canonicalize';
import { type Digest, digestOf } from '../base/digest.ts';
import type { MirrorManifest } from './types.ts';

/**
 * Digest of what the manifest means: comments, order of fields and written-out defaults do not count.
 * `signatures`: bytes of the policy.json that it names; left out for none.
 */
export function hashManifest(manifest: MirrorManifest, signatures?: Uint8Array): Digest {
  const text = canonicalize(manifest) ?? '';
  return digestOf(signatures === undefined ? text : `${text}\n${digestOf(signatures)}`);
}
