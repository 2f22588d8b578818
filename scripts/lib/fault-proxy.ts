import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http, {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { resetSocket } from './reset-socket.ts';
import { sendRequest } from './send-request.ts';

/** What goes wrong with one request. */
export type Fault =
  /** The proxy answers itself; the target is not asked. `status` 200 by default. */
  | { readonly kind: 'html'; readonly status?: number }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** Closes the connection without an answer. */
  | { readonly kind: 'reset' }
  /** Passes on so many bytes of the body (default 16), then breaks the connection. */
  | { readonly kind: 'truncate'; readonly bytes?: number }
  /** Sends headers and so many bytes of the body (default 16), then nothing more. */
  | { readonly kind: 'stall'; readonly bytes?: number }
  /** Sends headers, then a byte of the body every so many milliseconds. */
  | { readonly kind: 'drip'; readonly milliseconds: number }
  /** Another body with the target's other headers; its length fits. */
  | { readonly kind: 'replace-body'; readonly body: string | Uint8Array }
  /** Another `Docker-Content-Digest`, or none. */
  | { readonly kind: 'digest'; readonly digest: string | null }
  /** Other answer headers; null removes one. */
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string | null>> }
  | { readonly kind: 'delay'; readonly milliseconds: number };

export interface ProxiedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export interface ArrivedManifest {
  readonly repository: string;
  /** Tag or digest. */
  readonly reference: string;
  readonly digest: string;
}

export interface FaultProxyOptions {
  /** `host:port` of a registry that speaks plain HTTP. */
  readonly target: string;
  readonly rules: (request: ProxiedRequest) => Fault | null | Promise<Fault | null>;
  /** Told of each manifest that arrived whole, before the target has it. */
  readonly onManifest?: (manifest: ArrivedManifest) => void;
  /**
   * Refuses a PUT of a manifest that is there already, as Nexus' "Disable redeploy": of tags, of
   * digests too, or of tags save `latest` ("Allow redeploy only on 'latest' tag").
   */
  readonly writeOnce?: 'tags' | 'all' | 'not-latest';
  /** Refuses every write, as Nexus' "Read-only". */
  readonly readOnly?: boolean;
  /** All repositories lie below this path and nothing else does, as with Nexus' path-based routing. */
  readonly path?: string;
}

export interface FaultProxy {
  readonly host: string;
  /** Everything that arrived, in order. */
  readonly requests: readonly ProxiedRequest[];
  stop(): Promise<void>;
}

interface Exchange {
  readonly options: FaultProxyOptions;
  readonly host: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** A reverse proxy on 127.0.0.1 in front of a registry that misbehaves as the rules say. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const requests: ProxiedRequest[] = [];
  let host = '';
  const server = http.createServer((request, response) => {
    const record = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
    };
    requests.push(record);
    answer({ options, host, request, response }, record).catch(() => request.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  host = `127.0.0.1:${address.port}`;
  return { host, requests, stop: () => stop(server) };
}

async function stop(server: http.Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

async function answer(exchange: Exchange, record: ProxiedRequest): Promise<void> {
  const fault = await exchange.options.rules(record);
  if (fault !== null && answerAlone(exchange, fault)) return;
  if (exchange.options.readOnly === true && record.method !== 'GET' && record.method !== 'HEAD') {
    exchange.request.resume();
    send(exchange.response, 400, { body: nexusRefusal(`${record.url} is read-only`) });
    return;
  }
  if (await isRefusedRewrite(exchange)) {
    send(exchange.response, 400, { body: nexusRefusal(`${record.url} cannot be updated`) });
    return;
  }
  if (fault?.kind === 'delay') await new Promise((done) => setTimeout(done, fault.milliseconds));
  await pass(exchange, fault);
}

function answerAlone({ request, response }: Exchange, fault: Fault): boolean {
  if (fault.kind === 'hang') return true;
  if (fault.kind === 'reset') {
    request.resume();
    resetSocket(request.socket);
    return true;
  }
  if (fault.kind === 'html') {
    request.resume();
    const body = '<!DOCTYPE html><html><body>Welcome</body></html>';
    send(response, fault.status ?? 200, { body, headers: { 'content-type': 'text/html' } });
    return true;
  }
  if (fault.kind !== 'status') return false;
  request.resume();
  const body = fault.body ?? errorBody(fault.status);
  send(response, fault.status, { body, ...(fault.headers && { headers: fault.headers }) });
  return true;
}

async function pass(exchange: Exchange, fault: Fault | null): Promise<void> {
  const { options, host, response } = exchange;
  const arrived = await forward(exchange);
  const headers = changeHeaders(arrived.headers, { fault, host, options });
  const status = arrived.statusCode ?? 502;
  if (fault?.kind === 'replace-body') {
    arrived.resume();
    send(response, status, { body: fault.body, headers });
    return;
  }
  response.writeHead(status, headers);
  if (fault?.kind === 'truncate' || fault?.kind === 'stall')
    await sendPart(arrived, response, fault);
  else if (fault?.kind === 'drip') await sendSlowly(arrived, response, fault.milliseconds);
  else arrived.pipe(response);
}

function forward({ options, request, response }: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const upstream = http.request(`http://${options.target}${hidePath(request.url, options)}`, {
      method: request.method ?? 'GET',
      headers: { ...request.headers, connection: 'close' },
    });
    upstream.once('response', resolve);
    upstream.once('error', reject);
    response.once('close', () => upstream.destroy());
    request.pipe(upstream);
    if (options.onManifest !== undefined) tellManifest(request, options.onManifest);
  });
}

// Where there is a path, what lies outside is sent to a repository that does not exist.
function hidePath(url = '/', { path }: FaultProxyOptions): string {
  if (path === undefined || url === '/v2/') return url;
  const inside = `/v2/${path}/`;
  return url.startsWith(inside) ? `/v2/${url.slice(inside.length)}` : '/v2/outside/tags/list';
}

function tellManifest(
  request: IncomingMessage,
  tell: NonNullable<FaultProxyOptions['onManifest']>,
): void {
  const [, repository, reference] =
    /^\/v2\/(.+)\/manifests\/([^/?]+)$/.exec(request.url ?? '') ?? [];
  if (request.method !== 'PUT' || repository === undefined || reference === undefined) return;
  const sum = createHash('sha256');
  request.on('data', (chunk: Buffer) => sum.update(chunk));
  request.once('end', () => tell({ repository, reference, digest: `sha256:${sum.digest('hex')}` }));
}

async function sendPart(
  arrived: IncomingMessage,
  response: ServerResponse,
  fault: Extract<Fault, { kind: 'truncate' | 'stall' }>,
): Promise<void> {
  let left = fault.bytes ?? 16;
  for await (const chunk of arrived) {
    const bytes: Buffer = Buffer.from(chunk);
    response.write(bytes.subarray(0, left));
    left -= Math.min(left, bytes.length);
    if (left === 0) break;
  }
  if (left > 0) {
    response.end();
    return;
  }
  // A moment for what was written to leave: a destroyed socket drops what it still holds.
  if (fault.kind === 'truncate') setTimeout(() => response.destroy(), 20);
}

async function sendSlowly(
  arrived: IncomingMessage,
  response: ServerResponse,
  milliseconds: number,
): Promise<void> {
  for await (const chunk of arrived) {
    for (const byte of Buffer.from(chunk)) {
      if (response.destroyed) return;
      response.write(Buffer.of(byte));
      await new Promise((done) => setTimeout(done, milliseconds));
    }
  }
  response.end();
}

function changeHeaders(
  arrived: IncomingHttpHeaders,
  about: {
    readonly fault: Fault | null;
    readonly host: string;
    readonly options: FaultProxyOptions;
  },
): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ...arrived };
  delete headers['connection'];
  const { target, path } = about.options;
  const location = arrived.location
    ?.replace(`//${target}/`, `//${about.host}/`)
    .replace('/v2/', path === undefined ? '/v2/' : `/v2/${path}/`);
  if (location !== undefined) headers['location'] = location;
  const changes = changesOf(about.fault);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete headers[name];
    else headers[name] = value;
  }
  return headers;
}

function changesOf(fault: Fault | null): Readonly<Record<string, string | null>> {
  if (fault?.kind === 'digest') return { 'docker-content-digest': fault.digest };
  return fault?.kind === 'headers' ? fault.headers : {};
}

async function isRefusedRewrite({ options, request }: Exchange): Promise<boolean> {
  const match = /\/manifests\/([^/?]+)$/.exec(request.url ?? '');
  if (options.writeOnce === undefined || request.method !== 'PUT' || match === null) return false;
  if (options.writeOnce !== 'all' && match[1]?.startsWith('sha256:')) return false;
  if (options.writeOnce === 'not-latest' && match[1] === 'latest') return false;
  const headers: Record<string, string> = { accept: ACCEPT };
  if (request.headers.authorization) headers['authorization'] = request.headers.authorization;
  const known = await sendRequest(`http://${options.target}${request.url}`, {
    method: 'HEAD',
    headers,
  });
  return known.status === 200;
}

const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

// The body that Nexus sends where a write policy forbids a write.
function nexusRefusal(why: string): string {
  const detail = `docker-production${why}`;
  return JSON.stringify({
    errors: [{ code: 'BLOB_UPLOAD_INVALID', message: 'blob upload invalid', detail }],
  });
}

function errorBody(status: number): string {
  const codes: Readonly<Record<number, string>> = {
    401: 'UNAUTHORIZED',
    403: 'DENIED',
    404: 'MANIFEST_UNKNOWN',
    429: 'TOOMANYREQUESTS',
  };
  const code = codes[status] ?? 'UNKNOWN';
  return JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] });
}

function send(
  response: ServerResponse,
  status: number,
  content: {
    readonly body: string | Uint8Array;
    readonly headers?: Readonly<OutgoingHttpHeaders>;
  },
): void {
  const body = Buffer.from(content.body);
  response.writeHead(status, {
    'content-type': 'application/json',
    ...content.headers,
    'content-length': body.length,
  });
  response.end(body);
}
