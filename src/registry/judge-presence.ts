import { isDigest } from '../base/digest.ts';
import { type Presence, unknownFrom } from '../base/presence.ts';
import { ToolError } from '../base/tool-error.ts';
import { notARegistry, type RequestPlace, toStatusError } from './describe-failure.ts';
import { parseMediaType } from './parse-headers.ts';
import type { RegistryAnswer } from './send.ts';

const ABSENT_CODES = new Set(['MANIFEST_UNKNOWN', 'NAME_UNKNOWN', 'BLOB_UNKNOWN', 'NOT_FOUND']);

/**
 * What the answer to a HEAD of a manifest means (spec "registries" §2.2); null where only a GET
 * can tell.
 */
export function judgeHead(
  answer: Pick<RegistryAnswer, 'status' | 'headers' | 'retryAfterSeconds' | 'loggedIn'>,
  reference: string,
  place: RequestPlace,
): Presence | null {
  const { status, headers } = answer;
  const mediaType = parseMediaType(headers['content-type']);
  if (mediaType === 'text/html' && (status === 200 || status === 404))
    return unknownFrom(notARegistry(status, place));
  if (status === 200) return judgeFound(answer, reference, place);
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
  if (isDigest(reference) && digest !== reference) {
    return unknownFrom(
      new ToolError(
        'REGISTRY_PROTOCOL',
        `${place.host} answered with ${digest} when asked for ${place.repository}@${reference}.`,
        {
          hint: `Check the storage of ${place.host} and any proxy before it.`,
        },
      ),
    );
  }
  const length = answer.headers['content-length'];
  const size = length !== undefined && /^\d+$/.test(length) ? Number(length) : null;
  return { state: 'present', digest, mediaType, size };
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
