import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { type Digest, digestOf, isDigest } from '../base/digest.ts';
import { parseMediaType } from '../base/http-headers.ts';
import { MANIFEST_MEDIA_TYPES, type ManifestBody, OCI_INDEX, OCI_MANIFEST } from '../base/oci.ts';
import { type BlobPresence, type Presence, unknownFrom } from '../base/presence.ts';
import { ToolError } from '../base/tool-error.ts';
import { collectPages } from './collect-pages.ts';
import { notARegistry, type RequestPlace, toConnectionError } from './describe-failure.ts';
import { isAbsentAnswer, judgeBlobHead, judgeHead, readLength } from './judge-presence.ts';
import { listReferrers } from './list-referrers.ts';
import { listRepositories } from './list-repositories.ts';
import type { RegistryPort } from './port.ts';
import { probeRegistry } from './probe-registry.ts';
import { expectOk, notFound, readBytes, readText } from './read-answer.ts';
import { createSender, type RegistryAnswer, type Sender } from './send.ts';

export interface HttpRegistryOptions {
  /** Host with port, as in image references. */
  readonly host: string;
  /** Unverified TLS, and plain HTTP where TLS fails. */
  readonly insecure: boolean;
  readonly caFile: string | null;
  readonly authFile: string | null;
  /** For the search of auth files and certificates. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Requests at once, default 8. */
  readonly concurrency?: number;
  /** Without a sign of life; default 30 s. */
  readonly timeoutMilliseconds?: number;
  /** Further attempts after 429 and 5xx, default 2. */
  readonly retries?: number;
  /** Doubles with each attempt, default 500. */
  readonly backoffMilliseconds?: number;
  /** Called once for each request that is sent, token requests included. */
  readonly onRequest?: (() => void) | undefined;
  /** Called with the status of each answer; null where none came. */
  readonly onAnswer?: ((status: number | null) => void) | undefined;
  readonly clock: Clock;
}

interface Context {
  readonly host: string;
  readonly sender: Sender;
}

interface Question {
  readonly repository: string;
  readonly reference: string;
  readonly signal?: AbortSignal | undefined;
}

const ACCEPT = MANIFEST_MEDIA_TYPES.join(', ');
const MAX_TAG_PAGES = 10_000;

/** A registry over the OCI distribution API, read-only. Credentials and trust are found as skopeo finds them. */
export function createHttpRegistry(options: HttpRegistryOptions): RegistryPort {
  const sender = createSender({
    concurrency: 8,
    timeoutMilliseconds: 30_000,
    retries: 2,
    backoffMilliseconds: 500,
    ...options,
  });
  const context = { host: options.host, sender };
  return {
    host: options.host,
    headManifest: (repository, reference, signal) =>
      headManifest({ repository, reference, signal }, context),
    headBlob: (repository, reference, signal) =>
      headBlob({ repository, reference, signal }, context),
    getManifest: (repository, reference) => getManifest({ repository, reference }, context),
    getBlob: (repository, digest) => getBlob(repository, digest, context),
    listTags: (repository, signal) => listTags({ repository, signal }, context),
    probe: (sample, signal) =>
      probeRegistry((request) => sender.send({ ...request, signal }), options.host, sample),
    listRepositories: (signal) =>
      listRepositories((path) => sender.send({ method: 'GET', repository: '', path, signal }), {
        host: options.host,
        repository: '',
      }),
    listReferrers: (repository, digest, signal) =>
      listReferrers(
        (path) => sender.send({ method: 'GET', repository, path, accept: OCI_INDEX, signal }),
        { host: options.host, repository },
        digest,
      ),
    countRequests: () => sender.countRequests(),
    isSpaced: () => sender.isSpaced(),
    close: () => sender.close(),
  };
}

async function headManifest(question: Question, context: Context): Promise<Presence> {
  try {
    const answer = await send('HEAD', question, context);
    await answer.body.dump();
    const presence = judgeHead(answer, question.reference, placeOf(question, context));
    return presence ?? (await lookByGet(question, context));
  } catch (error) {
    if (question.signal?.aborted || !(error instanceof ToolError)) throw error;
    return unknownFrom(error);
  }
}

async function lookByGet(question: Question, context: Context): Promise<Presence> {
  const answer = await send('GET', question, context);
  if (answer.status === 404) {
    const place = placeOf(question, context);
    if (isAbsentAnswer(await readText(answer, place))) return { state: 'absent' };
    return unknownFrom(notARegistry(404, place));
  }
  const { digest, mediaType, bytes } = await readManifest(answer, question, context);
  return { state: 'present', digest, mediaType, size: bytes.length };
}

async function getManifest(question: Question, context: Context): Promise<ManifestBody> {
  const answer = await send('GET', question, context);
  if (answer.status === 404)
    throw await notFound(answer, placeOf(question, context), question.reference);
  return readManifest(answer, question, context);
}

async function readManifest(
  answer: RegistryAnswer,
  question: Question,
  context: Context,
): Promise<ManifestBody> {
  const place = placeOf(question, context);
  await expectOk(answer, place);
  const bytes = await readBytes(answer, place);
  const digest = digestOf(bytes);
  const expected = isDigest(question.reference)
    ? question.reference
    : answer.headers['docker-content-digest'];
  if (expected !== undefined && isDigest(expected) && expected !== digest) {
    throw new ToolError(
      'REGISTRY_DIGEST_MISMATCH',
      `${place.host} gave another manifest for ${place.repository} than it named: ${digest} instead of ${expected}.`,
      {
        hint: `Check the storage of ${place.host} and any proxy before it.`,
        side: 'source',
      },
    );
  }
  return { digest, mediaType: findMediaType(answer, bytes), bytes };
}

// Registries and proxies leave the type out or write a generic one; then the shape decides.
function findMediaType(answer: RegistryAnswer, bytes: Uint8Array): string {
  const given = parseMediaType(answer.headers['content-type']);
  if (given.startsWith('application/vnd.')) return given;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return given;
  }
  if (typeof value !== 'object' || value === null) return given;
  if ('mediaType' in value && typeof value.mediaType === 'string') return value.mediaType;
  if ('manifests' in value) return OCI_INDEX;
  return 'layers' in value ? OCI_MANIFEST : given;
}

async function headBlob(question: Question, context: Context): Promise<BlobPresence> {
  try {
    const answer = await sendBlob('HEAD', question, context);
    await answer.body.dump();
    const presence = judgeBlobHead(answer, question.reference, placeOf(question, context));
    return presence ?? (await lookAtBlob(question, context));
  } catch (error) {
    if (question.signal?.aborted || !(error instanceof ToolError)) throw error;
    return unknownFrom(error);
  }
}

// Whether the blob is there shows with the status; its bytes are not waited for.
async function lookAtBlob(question: Question, context: Context): Promise<BlobPresence> {
  const answer = await sendBlob('GET', question, context);
  const place = placeOf(question, context);
  if (answer.status === 404) {
    if (isAbsentAnswer(await readText(answer, place))) return { state: 'absent' };
    return unknownFrom(notARegistry(404, place));
  }
  await expectOk(answer, place);
  answer.body.destroy();
  return { state: 'present', size: readLength(answer.headers) };
}

function sendBlob(
  method: 'HEAD' | 'GET',
  { repository, reference, signal }: Question,
  { sender }: Context,
): Promise<RegistryAnswer> {
  const path = `/v2/${repository}/blobs/${reference}`;
  return sender.send({ method, repository, path, signal });
}

async function getBlob(
  repository: string,
  digest: Digest,
  context: Context,
): Promise<AsyncIterable<Uint8Array>> {
  const place = { host: context.host, repository };
  const path = `/v2/${repository}/blobs/${digest}`;
  const answer = await context.sender.send({ method: 'GET', repository, path });
  if (answer.status === 404) throw await notFound(answer, place, digest);
  await expectOk(answer, place);
  return verifyBlob(answer, digest, place);
}

async function* verifyBlob(
  answer: RegistryAnswer,
  digest: Digest,
  place: RequestPlace,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of answer.body) {
      const piece = Buffer.from(chunk);
      hash.update(piece);
      bytes += piece.length;
      yield piece;
    }
  } catch (error) {
    throw brokenOff(error, { digest, bytes, place });
  } finally {
    answer.body.destroy();
  }
  const found = `sha256:${hash.digest('hex')}`;
  if (found === digest) return;
  throw new ToolError(
    'REGISTRY_DIGEST_MISMATCH',
    `${place.host} gave wrong content for blob ${digest} of ${place.repository}: ${bytes} bytes with digest ${found}.`,
    {
      hint: `The blob is damaged at ${place.host}: push the image there again.`,
      side: 'source',
    },
  );
}

function brokenOff(
  error: unknown,
  blob: { readonly digest: Digest; readonly bytes: number; readonly place: RequestPlace },
): ToolError {
  const { code, hint } = toConnectionError(error, blob.place);
  return new ToolError(
    code,
    `${blob.place.host} broke off blob ${blob.digest} of ${blob.place.repository} after ${blob.bytes} bytes.`,
    {
      ...(hint !== undefined && { hint }),
      cause: error,
      disposition: 'retry',
      side: 'source',
    },
  );
}

async function listTags(
  question: Omit<Question, 'reference'>,
  context: Context,
): Promise<readonly string[]> {
  const { repository, signal } = question;
  const place = { host: context.host, repository };
  const tags = await collectPages(`/v2/${repository}/tags/list`, MAX_TAG_PAGES, async (path) => {
    const answer = await context.sender.send({ method: 'GET', repository, path, signal });
    if (answer.status === 404) {
      if (isAbsentAnswer(await readText(answer, place))) return null;
      throw notARegistry(404, place);
    }
    await expectOk(answer, place);
    return { items: parseTags(await readText(answer, place), place), link: answer.headers['link'] };
  });
  return tags ?? [];
}

function parseTags(text: string, place: RequestPlace): readonly string[] {
  try {
    const value: unknown = JSON.parse(text);
    const tags: unknown =
      typeof value === 'object' && value !== null && 'tags' in value ? value.tags : null;
    return Array.isArray(tags)
      ? tags.filter((tag): tag is string => typeof tag === 'string' && tag !== '')
      : [];
  } catch (error) {
    throw new ToolError(
      'REGISTRY_PROTOCOL',
      `The tag list of ${place.host}/${place.repository} is not JSON.`,
      {
        hint: `Look at it: curl -i http(s)://${place.host}/v2/${place.repository}/tags/list`,
        cause: error,
      },
    );
  }
}

function send(
  method: 'HEAD' | 'GET',
  question: Question,
  context: Context,
): Promise<RegistryAnswer> {
  const { repository, reference, signal } = question;
  const path = `/v2/${repository}/manifests/${reference}`;
  return context.sender.send({ method, repository, path, accept: ACCEPT, signal });
}

function placeOf(question: Question, context: Context): RequestPlace {
  return { host: context.host, repository: question.repository };
}
