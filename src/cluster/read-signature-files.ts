import { type Digest, hexOf, isDigest } from '../base/digest.ts';
import type { Problem } from '../base/problem.ts';
import { listReleaseSignatures, type ReleaseSignature } from './build-signature-object.ts';
import { readClusterObjects, readField, readPath } from './read-objects.ts';
import { readSignedMessage } from './read-signed-message.ts';

/** Folder of the state repository with signatures of releases. */
export const SIGNATURES_FOLDER = 'releases/signatures';

/** A signature that is kept in Git, and looks as if it were one of its payload. */
export interface KeptSignature extends ReleaseSignature {
  readonly file: string;
}

export interface SignatureFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface ReadSignatures {
  readonly signatures: readonly KeptSignature[];
  /** Signatures that are none, or that name another digest; files that hold none. */
  readonly problems: readonly Problem[];
}

/**
 * Reads signatures of releases out of files: ConfigMaps as oc-mirror writes them (`signature-configmap.yaml`, `.json`), raw
 * ones as Red Hat's store has them (`sha256=<hex>/signature-1`), or as oc-mirror keeps them (`<tag>-sha256-<hex>`). Each must
 * name the digest under which it is kept; whose it is, only a key can tell.
 */
export function readSignatureFiles(files: readonly SignatureFile[]): ReadSignatures {
  const signatures: KeptSignature[] = [];
  const problems: Problem[] = [];
  for (const file of files) {
    const found = listSignatures(file);
    if (found.length === 0)
      problems.push(
        badSignature(
          file.path,
          'It holds no signature of a release, and its path does not name a digest.',
        ),
      );
    for (const signature of found) {
      const fault = findFault(signature);
      if (fault === null) signatures.push({ ...signature, file: file.path });
      else
        problems.push(
          badSignature(
            file.path,
            `The signature of sha256:${signature.hex.slice(0, 12)} does not count: ${fault}.`,
          ),
        );
    }
  }
  return { signatures, problems };
}

/** The digest that a signed text is about, or why it is about none. */
export function readClaim(text: string): { readonly digest: Digest } | { readonly fault: string } {
  const value = parseJson(text);
  const critical = readField(value, 'critical');
  if (readField(critical, 'type') !== 'atomic container signature')
    return { fault: 'what was signed is not about a container image' };
  const digest = readPath(critical, 'image', 'docker-manifest-digest');
  return typeof digest === 'string' && isDigest(digest)
    ? { digest }
    : { fault: 'what was signed names no digest' };
}

function listSignatures({ path, bytes }: SignatureFile): readonly ReleaseSignature[] {
  if (/\.(?:ya?ml|json)$/.test(path)) {
    const { objects } = readClusterObjects(path, Buffer.from(bytes).toString());
    return listReleaseSignatures(objects);
  }
  const [, hex] =
    /(?:^|\/)sha256[=:-]([0-9a-f]{64})\/signature-\d+$/.exec(path) ??
    /-sha256-([0-9a-f]{64})(?:-\d+)?$/.exec(path) ??
    [];
  return hex === undefined ? [] : [{ hex, content: Buffer.from(bytes).toString('base64') }];
}

function findFault({ hex, content }: ReleaseSignature): string | null {
  const signed = readSignedMessage(Buffer.from(content, 'base64'));
  if (signed.fault !== null) return signed.fault;
  const claim = readClaim(signed.text);
  if ('fault' in claim) return claim.fault;
  return hexOf(claim.digest) === hex ? null : `what was signed is ${claim.digest}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function badSignature(file: string, message: string): Problem {
  return {
    severity: 'warning',
    code: 'CLUSTER_BAD_SIGNATURE',
    message,
    hint: 'Take it anew from where the release came from: signature-configmap.yaml of oc-mirror, or sha256=<hex>/signature-1 of the signature store.',
    file,
  };
}
