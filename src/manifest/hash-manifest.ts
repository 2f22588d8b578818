import canonicalize from 'canonicalize';
import { type Digest, digestOf } from '../base/digest.ts';
import type { MirrorManifest } from './types.ts';

/** Digest of what the manifest means: comments, order of fields and written-out defaults do not count. */
export function hashManifest(manifest: MirrorManifest): Digest {
  return digestOf(canonicalize(manifest) ?? '');
}
