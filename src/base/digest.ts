import { hash } from 'node:crypto';
import { ToolError } from './tool-error.ts';

/** `sha256:` and 64 lower-case hex digits. Other algorithms are refused: skopeo compares references with sha256 only. */
export type Digest = `sha256:${string}`;

const DIGEST = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/** The text as a digest; throws `BASE_BAD_DIGEST` where it is none. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new ToolError('BASE_BAD_DIGEST', `"${text}" is not a digest.`, {
    hint: 'A digest is sha256: followed by 64 lower-case hex digits.',
  });
}

export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${hash('sha256', bytes)}`;
}

export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** First 12 hex digits, as tags and records use them. */
export function shortHex(digest: Digest): string {
  return hexOf(digest).slice(0, 12);
}
