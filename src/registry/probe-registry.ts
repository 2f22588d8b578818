import { digestOf, isDigest } from '../base/digest.ts';
import { MANIFEST_MEDIA_TYPES } from '../base/oci.ts';
import type { ProbeAnswer, ProbeSample, RegistryProbe } from '../base/registry-probe.ts';
import { isToolError } from '../base/tool-error.ts';
import { readBytes } from './read-answer.ts';
import type { RegistryRequest, Sender } from './send.ts';

const ACCEPT = MANIFEST_MEDIA_TYPES.join(', ');

type Send = Pick<Sender, 'send'>['send'];

/** Asks a registry a few questions, by HEAD and GET, and takes down what it answers. */
export async function probeRegistry(
  send: Send,
  host: string,
  sample: ProbeSample | null,
): Promise<RegistryProbe> {
  async function ask(request: RegistryRequest, lists: string | null = null): Promise<ProbeAnswer> {
    try {
      const answer = await send(request);
      const { status, loggedIn, loginWanted } = answer;
      // Once we are in, products no longer say what their login said of them.
      const headers =
        loginWanted === null
          ? answer.headers
          : { 'www-authenticate': loginWanted, ...answer.headers };
      const bytes = await readBytes(answer, { host, repository: request.repository });
      const hasBody = request.method === 'GET';
      return {
        kind: 'answer',
        status,
        headers,
        loggedIn,
        digest: hasBody ? digestOf(bytes) : null,
        listed: lists === null ? null : countListed(bytes, lists),
      };
    } catch (error) {
      if (!isToolError(error)) throw error;
      return { kind: 'failure', message: error.message, hint: error.hint ?? null };
    }
  }
  const api = await ask({ method: 'GET', repository: '', path: '/v2/' });
  const catalog = await ask(
    { method: 'GET', repository: '', path: '/v2/_catalog?n=1' },
    'repositories',
  );
  if (sample === null) return { api, catalog, head: null, get: null, tags: null, referrers: null };
  const { repository, tag } = sample;
  const base = `/v2/${repository}`;
  const manifest = { repository, path: `${base}/manifests/${tag}`, accept: ACCEPT };
  const get = await ask({ method: 'GET', ...manifest });
  return {
    api,
    catalog,
    head: await ask({ method: 'HEAD', ...manifest }),
    get,
    tags: await ask({ method: 'GET', repository, path: `${base}/tags/list?n=1` }, 'tags'),
    referrers:
      get.kind === 'answer' && get.digest !== null && isDigest(get.digest)
        ? await ask({ method: 'GET', repository, path: `${base}/referrers/${get.digest}` })
        : null,
  };
}

function countListed(bytes: Uint8Array, field: string): number | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    const list: unknown = Reflect.get(Object(value), field);
    return Array.isArray(list) ? list.length : null;
  } catch {
    return null;
  }
}
