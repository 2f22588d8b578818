import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type http from 'node:http';
import https from 'node:https';
import { baseUrl, sendRequest } from '../../scripts/lib/send-request.ts';
import { listenLocally } from './listen-locally.ts';

export interface NexusFrontOptions {
  /** `host:port` of a registry that speaks plain HTTP and asks for no login. */
  readonly target: string;
  /** Name of the repository in Nexus. */
  readonly name: string;
  readonly tls: { readonly certFile: string; readonly keyFile: string };
  readonly login: { readonly user: string; readonly password: string };
  /** `basic` is "Allow anonymous docker pull" off, `bearer` the "Docker Bearer Token Realm". */
  readonly auth: 'basic' | 'bearer';
  /** "Disable redeploy", of blobs too. */
  readonly redeployDisabled?: boolean;
  /** With redeploy disabled: the first blob that is uploaded for this image has just come from another client. */
  readonly losesRace?: string;
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  /** Code of the error in the answer's body. */
  readonly code: string | null;
}

export interface NexusFront {
  readonly host: string;
  /** In the order of their answers. */
  readonly requests: readonly SeenRequest[];
  /** Calls of the token service. */
  readonly tokens: readonly string[];
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: http.OutgoingHttpHeaders;
  readonly body: Uint8Array;
}

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface Place {
  readonly image: string;
  readonly url: URL;
  /** Digest or tag. */
  readonly reference: string;
}

interface State {
  readonly options: NexusFrontOptions;
  /** Blobs belong to the repository of Nexus, not to an image: digest → image that holds it. */
  readonly blobs: Map<string, string>;
  readonly tokens: string[];
  host: string;
  raced: boolean;
}

const PAGE = 2;
const JUNK_NAME = 'v2/-/blobs';
const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/**
 * Answers on a connector of its own as a docker (hosted) repository of Nexus 3 does: its login and bodies of errors, ETags
 * that are no digests, no digest after a PUT, blobs that belong to the whole repository, lists in pages whose link
 * leads to the main port's path and that hold a null or a name that is none, no referrers. After what users report (spec "registries" §1).
 */
export async function startNexusFront(options: NexusFrontOptions): Promise<NexusFront> {
  const requests: SeenRequest[] = [];
  const state: State = { options, blobs: new Map(), tokens: [], host: '', raced: false };
  const { certFile, keyFile } = options.tls;
  const files = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  const server = https.createServer(files, (request, response) => {
    respond(state, { request, response }, requests).catch(() => request.socket.destroy());
  });
  const port = await listenLocally(server);
  state.host = `127.0.0.1:${port}`;
  return {
    host: state.host,
    requests,
    tokens: state.tokens,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function respond(
  state: State,
  exchange: { readonly request: http.IncomingMessage; readonly response: http.ServerResponse },
  requests: SeenRequest[],
): Promise<void> {
  const { request, response } = exchange;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const { method = '', url = '' } = request;
  const headers: Record<string, string> = {};
  for (const name of ['accept', 'authorization', 'content-type', 'content-range', 'range']) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  const answer = await answerAsNexus(state, { method, url, headers, body: Buffer.concat(chunks) });
  requests.push({ method, url, status: answer.status, code: readCode(answer) });
  const isHead = method === 'HEAD';
  const length = isHead && answer.body.length === 0 ? {} : { 'content-length': answer.body.length };
  response.writeHead(answer.status, {
    server: 'Nexus/3.90.2-06 (COMMUNITY)',
    'docker-distribution-api-version': 'registry/2.0',
    ...length,
    ...answer.headers,
  });
  response.end(isHead ? undefined : answer.body);
}

function readCode({ status, body }: Answer): string | null {
  if (status < 400 || body.length === 0) return null;
  const { errors }: { errors: { code: string }[] } = JSON.parse(Buffer.from(body).toString());
  return errors[0]?.code ?? null;
}

async function answerAsNexus(state: State, asked: Asked): Promise<Answer> {
  const url = new URL(asked.url, `https://${state.host}`);
  if (url.pathname === '/v2/token') return giveToken(state, asked);
  if (!url.pathname.startsWith('/v2/')) return refuse(404, 'NOT_FOUND', 'not found');
  return isAllowed(state, asked) ? answerApi(state, asked, url) : challenge(state);
}

async function answerApi(state: State, asked: Asked, url: URL): Promise<Answer> {
  if (url.pathname === '/v2/_catalog') return listImages(state, asked, url);
  const [, image = '', kind = '', reference = ''] =
    /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/(.*)$/.exec(url.pathname) ?? [];
  const place = { image, url, reference };
  if (kind === 'tags') return listTags(state, asked, place);
  if (kind === 'blobs') return answerBlob(state, asked, place);
  if (kind === 'referrers') return refuse(404, 'NOT_FOUND', 'not found');
  const isPut = kind === 'manifests' && asked.method === 'PUT';
  return isPut ? putManifest(state, asked, reference) : forward(state, asked);
}

function giveToken({ options, tokens }: State, { url, headers }: Asked): Answer {
  if (options.auth !== 'bearer') return refuse(404, 'NOT_FOUND', 'not found');
  if (headers['authorization'] !== basicOf(options)) return challengeWith(BASIC);
  tokens.push(url);
  // No word of how long it lasts.
  return answerJson(200, { token: tokenOf(options) });
}

function isAllowed({ options }: State, { headers }: Asked): boolean {
  const wanted = options.auth === 'basic' ? basicOf(options) : `Bearer ${tokenOf(options)}`;
  return headers['authorization'] === wanted;
}

function basicOf({ login }: NexusFrontOptions): string {
  return `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
}

function tokenOf({ name }: NexusFrontOptions): string {
  return `DockerToken.00000000-${name}`;
}

const BASIC = 'BASIC realm="Sonatype Nexus Repository Manager"';

function challenge({ options, host }: State): Answer {
  const place = `https://${host}/v2/token`;
  return challengeWith(
    options.auth === 'basic' ? BASIC : `Bearer realm="${place}",service="${place}"`,
  );
}

function challengeWith(header: string): Answer {
  const message = 'access to the requested resource is not authorized';
  const { body } = refuse(401, 'UNAUTHORIZED', message);
  return answerWith(401, body, { 'www-authenticate': header });
}

async function listTags(state: State, asked: Asked, { image, url }: Place): Promise<Answer> {
  const whole = await forward(state, { ...asked, url: url.pathname });
  if (whole.status !== 200) return whole;
  const { tags }: { tags: readonly string[] } = JSON.parse(Buffer.from(whole.body).toString());
  const { page, link } = turnTo(state, url, tags);
  return answerJson(200, { name: image, tags: [...page, null] }, link);
}

/** With a name that nothing else of Nexus accepts among them. */
async function listImages(state: State, asked: Asked, url: URL): Promise<Answer> {
  const whole = await forward(state, { ...asked, url: '/v2/_catalog?n=1000' });
  if (whole.status !== 200) return whole;
  const { repositories }: { repositories: readonly string[] } = JSON.parse(
    Buffer.from(whole.body).toString(),
  );
  const { page, link } = turnTo(state, url, [...repositories, JUNK_NAME]);
  return answerJson(200, { repositories: page }, link);
}

function turnTo(
  { options }: State,
  { pathname, searchParams }: URL,
  names: readonly string[],
): { readonly page: readonly string[]; readonly link: http.OutgoingHttpHeaders } {
  const after = searchParams.get('last') ?? '';
  const left = names.toSorted().filter((name) => name > after);
  const page = left.slice(0, PAGE);
  const last = encodeURIComponent(page.at(-1) ?? '');
  const next = `/repository/${options.name}${pathname}?n=${PAGE}&last=${last}`;
  return { page, link: left.length > PAGE ? { link: `<${next}>; rel="next"` } : {} };
}

async function answerBlob(
  state: State,
  asked: Asked,
  { image, url, reference }: Place,
): Promise<Answer> {
  const digest = url.searchParams.get('digest') ?? reference;
  const { blobs, options } = state;
  if (asked.method === 'PUT' && blobs.has(digest) && options.redeployDisabled === true)
    return cannotUpdate(options, `/v2/-/blobs/${digest}`);
  if (asked.method === 'HEAD' || asked.method === 'GET') await bringOver(state, image, digest);
  const answer = await forward(state, asked);
  if (answer.status < 300 && digest.startsWith('sha256:')) blobs.set(digest, image);
  if (isRaced(state, asked, image)) return cannotUpdate(options, `/v2/-/blobs/${digest}`);
  const { etag, ...headers } = answer.headers;
  if (etag === undefined) return answer;
  const sum = createHash('sha1').update(digest).digest('hex');
  return { ...answer, headers: { ...headers, etag: `"${sum}"` } };
}

function isRaced(state: State, { method }: Asked, image: string): boolean {
  if (method !== 'PUT' || state.options.losesRace !== image || state.raced) return false;
  state.raced = true;
  return true;
}

// The registry behind keeps blobs by image; mounting makes them the repository's, as they are in Nexus.
async function bringOver({ blobs, options }: State, image: string, digest: string): Promise<void> {
  const holder = blobs.get(digest);
  if (holder === undefined || holder === image) return;
  const mount = `blobs/uploads/?mount=${digest}&from=${encodeURIComponent(holder)}`;
  const url = `${baseUrl(options.target)}/v2/${image}/${mount}`;
  const { status } = await sendRequest(url, { method: 'POST' });
  if (status !== 201) throw new Error(`${digest} was not mounted: ${status}`);
}

async function putManifest(state: State, asked: Asked, reference: string): Promise<Answer> {
  const { options } = state;
  if (options.redeployDisabled === true) {
    const known = await forward(state, {
      ...asked,
      method: 'HEAD',
      headers: { accept: ACCEPT },
      body: Buffer.of(),
    });
    if (known.status === 200 && !reference.startsWith('sha256:'))
      return cannotUpdate(options, asked.url);
  }
  const answer = await forward(state, asked);
  const { 'docker-content-digest': _, ...headers } = answer.headers;
  return { ...answer, headers };
}

function cannotUpdate({ name }: NexusFrontOptions, path: string): Answer {
  const detail = `${name}${path} cannot be updated`;
  return answerJson(400, {
    errors: [{ code: 'BLOB_UPLOAD_INVALID', message: 'blob upload invalid', detail }],
  });
}

async function forward({ options, host }: State, asked: Asked): Promise<Answer> {
  const { authorization: _, ...headers } = asked.headers;
  const answer = await sendRequest(`${baseUrl(options.target)}${asked.url}`, {
    method: asked.method,
    headers,
    body: asked.body,
  });
  const { connection: _1, 'transfer-encoding': _2, location, ...kept } = answer.headers;
  const moved = location?.replace(`http://${options.target}/`, `https://${host}/`);
  return {
    status: answer.status,
    headers: { ...kept, ...(moved !== undefined && { location: moved }) },
    body: answer.body,
  };
}

function refuse(status: number, code: string, message: string): Answer {
  return answerJson(status, { errors: [{ code, message }] });
}

function answerJson(status: number, value: object, headers: http.OutgoingHttpHeaders = {}): Answer {
  return answerWith(status, Buffer.from(JSON.stringify(value)), headers);
}

function answerWith(status: number, body: Uint8Array, headers: http.OutgoingHttpHeaders): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body };
}
