import { createHash } from 'node:crypto';

/** `sha256:` and 64 lower-case hex digits. Other algorithms are refused: skopeo compares references with sha256 only. */
export type Digest = `sha256:${string}`;

const DIGEST = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** First 12 hex digits, as tags and records use them. */
export function shortHex(digest: Digest): string {
  return hexOf(digest).slice(0, 12);
}
