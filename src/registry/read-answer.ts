import { parseMediaType } from '../base/http-headers.ts';
import { ToolError } from '../base/tool-error.ts';
import {
  notARegistry,
  type RequestPlace,
  toConnectionError,
  toStatusError,
} from './describe-failure.ts';
import { isAbsentAnswer } from './judge-presence.ts';
import type { RegistryAnswer } from './send.ts';

const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

export async function expectOk(answer: RegistryAnswer, place: RequestPlace): Promise<void> {
  const isHtml = parseMediaType(answer.headers['content-type']) === 'text/html';
  if (answer.status === 200 && !isHtml) return;
  await answer.body.dump();
  if (isHtml && (answer.status === 200 || answer.status === 404))
    throw notARegistry(answer.status, place);
  throw toStatusError(answer.status, place, answer);
}

export async function notFound(
  answer: RegistryAnswer,
  place: RequestPlace,
  reference: string,
): Promise<ToolError> {
  if (!isAbsentAnswer(await readText(answer, place))) return notARegistry(404, place);
  const separator = reference.includes(':') ? '@' : ':';
  return new ToolError(
    'REGISTRY_NOT_FOUND',
    `${place.host} does not have ${place.repository}${separator}${reference}.`,
    {
      hint: `Check the path and tag: skopeo list-tags docker://${place.host}/${place.repository}`,
    },
  );
}

export async function readText(answer: RegistryAnswer, place: RequestPlace): Promise<string> {
  return Buffer.from(await readBytes(answer, place)).toString('utf8');
}

export async function readBytes(answer: RegistryAnswer, place: RequestPlace): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // undici bounds the silence between two pieces only: a body that drips would never end.
  const bound = setTimeout(() => answer.body.destroy(tooSlow()), answer.timeoutMilliseconds);
  try {
    for await (const chunk of answer.body) {
      const piece = Buffer.from(chunk);
      size += piece.length;
      if (size > MAX_MANIFEST_BYTES) break;
      chunks.push(piece);
    }
  } catch (error) {
    throw toConnectionError(error, place);
  } finally {
    clearTimeout(bound);
  }
  if (size <= MAX_MANIFEST_BYTES) return Buffer.concat(chunks);
  throw new ToolError(
    'REGISTRY_PROTOCOL',
    `${place.host} sent more than 4 MiB as a manifest of ${place.repository}.`,
    {
      hint: 'No container tool accepts manifests of that size; check what the reference names.',
    },
  );
}

function tooSlow(): Error {
  return Object.assign(new Error('The body came too slowly.'), { code: 'UND_ERR_BODY_TIMEOUT' });
}
