import type { Digest } from '../base/digest.ts';
import {
  type ContentReader,
  type Descriptor,
  isIndexManifest,
  listManifestBlobs,
  type ManifestBody,
  parseManifestBody,
} from '../base/oci.ts';
import { type BlobPresence, type UnknownPresence, unknownFrom } from '../base/presence.ts';
import { isToolError } from '../base/tool-error.ts';
import type { ChooseRead } from './choose-read.ts';

/** The parts of a registry that a proof asks. */
export interface ProvenRegistry extends ContentReader {
  headBlob(repository: string, digest: Digest, signal?: AbortSignal): Promise<BlobPresence>;
}

/** A part of an image that is not as it should be. */
export interface DamagedPart {
  readonly kind: 'manifest' | 'blob';
  readonly digest: Digest;
  /** Bytes of a blob; 0 for a manifest. */
  readonly size: number;
  /** The manifest that a copy must bring again: the one that names the blob, or the missing one itself. */
  readonly manifest: Digest;
}

/** An image whose manifest is there, but not the whole of it. */
export interface Damage {
  readonly state: 'damaged';
  /** Clearly absent: by GET too, since a HEAD alone may lie. */
  readonly missing: readonly DamagedPart[];
  /** Other bytes under the name. The registry takes them for the right ones, so no copy mends them. */
  readonly wrong: readonly DamagedPart[];
}

export type Proof = { readonly state: 'whole' } | Damage | UnknownPresence;

/** What proofs looked at. */
export interface ProofCounts {
  readonly images: number;
  readonly blobs: number;
  /** Blobs that were read and hashed, and their bytes. */
  readonly read: number;
  readonly bytes: number;
}

export interface ImageProver {
  /** Never throws for what the registry does. Rejects only when the signal aborts. */
  prove(repository: string, digest: Digest): Promise<Proof>;
  counts(): ProofCounts;
}

export interface ProverOptions {
  readonly chooseRead: ChooseRead;
  readonly signal: AbortSignal;
}

type BlobAnswer =
  | { readonly state: 'whole' }
  | { readonly state: 'missing' }
  | { readonly state: 'wrong' }
  | UnknownPresence;

interface Context extends ProverOptions {
  readonly registry: ProvenRegistry;
  readonly repository: string;
  /** Blobs of the repository that were found whole, or are being asked for. */
  readonly asked: Map<Digest, Promise<BlobAnswer>>;
  readonly tally: { images: number; blobs: number; read: number; bytes: number };
}

/**
 * Makes what proves images of one registry, children of an index included: each manifest by GET, each
 * blob once a repository, by HEAD, or by its bytes where `chooseRead` says so or the HEAD found
 * something wrong. Foreign layers, which are fetched from elsewhere, are left out.
 */
export function createImageProver(registry: ProvenRegistry, options: ProverOptions): ImageProver {
  const repositories = new Map<string, Context['asked']>();
  const tally = { images: 0, blobs: 0, read: 0, bytes: 0 };
  return {
    prove(repository, digest) {
      const asked = repositories.get(repository) ?? new Map<Digest, Promise<BlobAnswer>>();
      repositories.set(repository, asked);
      tally.images += 1;
      return proveManifest(digest, { ...options, registry, repository, asked, tally });
    },
    counts: () => ({ ...tally }),
  };
}

async function proveManifest(digest: Digest, context: Context): Promise<Proof> {
  context.signal.throwIfAborted();
  const part: DamagedPart = { kind: 'manifest', digest, size: 0, manifest: digest };
  const body = await readManifest(digest, context);
  if (body === 'missing') return { state: 'damaged', missing: [part], wrong: [] };
  if (body === 'wrong') return { state: 'damaged', missing: [], wrong: [part] };
  if ('state' in body) return body;
  const { value } = body;
  if (isIndexManifest(body.mediaType, value))
    return joinProofs(
      await Promise.all(value.manifests.map((child) => proveManifest(child.digest, context))),
    );
  const blobs = listManifestBlobs(value).filter((blob) => !isForeign(blob));
  return joinProofs(await Promise.all(blobs.map((blob) => proveBlob(blob, digest, context))));
}

type ReadManifest = Pick<ManifestBody, 'mediaType'> & {
  readonly value: ReturnType<typeof parseManifestBody>;
};

async function readManifest(
  digest: Digest,
  { registry, repository, signal }: Context,
): Promise<ReadManifest | 'missing' | 'wrong' | UnknownPresence> {
  try {
    const body = await registry.getManifest(repository, digest);
    return { mediaType: body.mediaType, value: parseManifestBody(body) };
  } catch (error) {
    signal.throwIfAborted();
    if (isToolError(error, 'REGISTRY_NOT_FOUND')) return 'missing';
    if (isToolError(error, 'REGISTRY_DIGEST_MISMATCH')) return 'wrong';
    if (isToolError(error)) return unknownFrom(error);
    throw error;
  }
}

// An answer that is not clear goes first: what nobody knows is mended by nobody (promise 6).
function joinProofs(proofs: readonly Proof[]): Proof {
  const unclear = proofs.find((proof) => proof.state === 'unknown');
  if (unclear !== undefined) return unclear;
  const damages = proofs.filter((proof) => proof.state === 'damaged');
  if (damages.length === 0) return { state: 'whole' };
  return {
    state: 'damaged',
    missing: damages.flatMap(({ missing }) => missing),
    wrong: damages.flatMap(({ wrong }) => wrong),
  };
}

async function proveBlob(blob: Descriptor, manifest: Digest, context: Context): Promise<Proof> {
  const { digest, size } = blob;
  const asking = context.asked.get(digest) ?? askBlob(blob, context);
  context.asked.set(digest, asking);
  const answer = await asking;
  if (answer.state === 'whole' || answer.state === 'unknown') return answer;
  const part: DamagedPart = { kind: 'blob', digest, size, manifest };
  return answer.state === 'missing'
    ? { state: 'damaged', missing: [part], wrong: [] }
    : { state: 'damaged', missing: [], wrong: [part] };
}

async function askBlob(blob: Descriptor, context: Context): Promise<BlobAnswer> {
  const { registry, repository, signal, tally, asked } = context;
  tally.blobs += 1;
  const head = await registry.headBlob(repository, blob.digest, signal);
  const sound = head.state === 'present' && (head.size === null || head.size === blob.size);
  const answer =
    head.state === 'unknown' || (sound && !context.chooseRead(blob.digest))
      ? head
      : await readBlob(blob.digest, context);
  const found: BlobAnswer = answer.state === 'present' ? { state: 'whole' } : answer;
  // What was not whole may be by the next time that it is asked for.
  if (found.state !== 'whole') asked.delete(blob.digest);
  return found;
}

async function readBlob(
  digest: Digest,
  { registry, repository, signal, tally }: Context,
): Promise<BlobAnswer> {
  tally.read += 1;
  try {
    for await (const chunk of await registry.getBlob(repository, digest)) {
      signal.throwIfAborted();
      tally.bytes += chunk.length;
    }
    return { state: 'whole' };
  } catch (error) {
    signal.throwIfAborted();
    if (isToolError(error, 'REGISTRY_NOT_FOUND')) return { state: 'missing' };
    if (isToolError(error, 'REGISTRY_DIGEST_MISMATCH')) return { state: 'wrong' };
    if (isToolError(error)) return unknownFrom(error);
    throw error;
  }
}

function isForeign(blob: Descriptor): boolean {
  const urls: unknown = Reflect.get(blob, 'urls');
  return Array.isArray(urls) && urls.length > 0;
}
