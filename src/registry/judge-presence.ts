import { isDigest } from '../base/digest.ts';
import { parseMediaType } from '../base/http-headers.ts';
import { MANIFEST_MEDIA_TYPES } from '../base/oci.ts';
import {
  type BlobPresence,
  type Presence,
  type UnknownPresence,
  unknownFrom,
} from '../base/presence.ts';
import { ToolError } from '../base/tool-error.ts';
import { notARegistry, type RequestPlace, toStatusError } from './describe-failure.ts';
import type { RegistryAnswer } from './send.ts';

type HeadAnswer = Pick<RegistryAnswer, 'status' | 'headers' | 'retryAfterSeconds' | 'loggedIn'>;

const ABSENT_CODES = new Set(['MANIFEST_UNKNOWN', 'NAME_UNKNOWN', 'BLOB_UNKNOWN', 'NOT_FOUND']);

/**
 * What the answer to a HEAD of a manifest means (spec "registries" §2.2); null where only a GET
 * can tell.
 */
export function judgeHead(
  answer: HeadAnswer,
  reference: string,
  place: RequestPlace,
): Presence | null {
  const { status } = answer;
  if (isPage(answer)) return unknownFrom(notARegistry(status, place));
  if (status === 200) return judgeFound(answer, reference, place);
  return judgeOther(answer, place);
}

function isPage({ status, headers }: Pick<RegistryAnswer, 'status' | 'headers'>): boolean {
  const isHtml = parseMediaType(headers['content-type']) === 'text/html';
  return isHtml && (status === 200 || status === 404);
}

// What an answer other than 200 means; null where only a GET can tell.
function judgeOther(
  answer: HeadAnswer,
  place: RequestPlace,
): { readonly state: 'absent' } | UnknownPresence | null {
  const { status, headers } = answer;
  const mediaType = parseMediaType(headers['content-type']);
  // A 404 in another form than a registry's needs its body to be believed.
  if (status === 404)
    return mediaType === '' || mediaType.endsWith('json') ? { state: 'absent' } : null;
  if (status === 400 || status === 405 || status === 501) return null;
  return unknownFrom(toStatusError(status, place, answer));
}

function judgeFound(
  answer: Pick<RegistryAnswer, 'headers'>,
  reference: string,
  place: RequestPlace,
): Presence | null {
  const digest = answer.headers['docker-content-digest'];
  const mediaType = parseMediaType(answer.headers['content-type']);
  if (digest === undefined || !isDigest(digest) || mediaType === '') return null;
  if (isDigest(reference) && digest !== reference)
    return unknownFrom(namedAnother(place, `${place.repository}@${reference}`, digest));
  return {
    state: 'present',
    // The string that the caller holds already: there are tens of thousands of them.
    digest: isDigest(reference) ? reference : digest,
    mediaType: MANIFEST_MEDIA_TYPES.find((known) => known === mediaType) ?? mediaType,
    size: readLength(answer.headers),
  };
}

/** What the answer to a HEAD of a blob means; null where only a GET can tell. */
export function judgeBlobHead(
  answer: HeadAnswer,
  digest: string,
  place: RequestPlace,
): BlobPresence | null {
  const { status, headers } = answer;
  if (isPage(answer)) return unknownFrom(notARegistry(status, place));
  if (status !== 200) return judgeOther(answer, place);
  const named = headers['docker-content-digest'] ?? digest;
  if (named !== digest) return unknownFrom(namedAnother(place, `blob ${digest}`, named));
  return { state: 'present', size: readLength(headers) };
}

function namedAnother(place: RequestPlace, asked: string, named: string): ToolError {
  return new ToolError(
    'REGISTRY_PROTOCOL',
    `${place.host} answered with ${named} when asked for ${asked}.`,
    { hint: `Check the storage of ${place.host} and any proxy before it.` },
  );
}

/** Bytes of the body as the answer names them; null where it does not, or they were counted compressed. */
export function readLength(headers: RegistryAnswer['headers']): number | null {
  const length = headers['content-length'];
  if (headers['content-encoding'] !== undefined) return null;
  return length !== undefined && /^\d+$/.test(length) ? Number(length) : null;
}

/** Whether the body of a 404 says clearly that the thing is not there: empty, or a registry's own error. */
export function isAbsentAnswer(body: string): boolean {
  if (body.trim() === '') return true;
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null || !('errors' in value)) return false;
    const errors: unknown = value.errors;
    return Array.isArray(errors) && errors.length > 0 && errors.every(isAbsentError);
  } catch {
    return false;
  }
}

function isAbsentError(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string' &&
    ABSENT_CODES.has(error.code)
  );
}
