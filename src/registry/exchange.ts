import type { Agent, Dispatcher } from 'undici';
import { ToolError } from '../base/tool-error.ts';
import { codeOf, type RequestPlace, toConnectionError } from './describe-failure.ts';
import { readTlsOptions, type TlsQuery } from './tls-options.ts';

export interface ExchangerOptions extends TlsQuery {
  readonly timeoutMilliseconds: number;
}

/** Promise 1: nothing else than reads can be sent. */
export type Method = 'HEAD' | 'GET';

export interface RawRequest {
  readonly method: Method;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly place: RequestPlace;
  readonly signal?: AbortSignal | undefined;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** How long the whole of a small body may take. */
  readonly timeoutMilliseconds: number;
  /** Must be read or destroyed. */
  readonly body: Dispatcher.ResponseData['body'];
}

/** Exchanges one request for one answer. */
export interface Exchanger {
  /** Follows redirects, without the Authorization header to another origin. Throws `ToolError` where no answer came, or the signal's reason. */
  exchange(request: RawRequest): Promise<RawAnswer>;
  countRequests(): number;
  close(): Promise<void>;
}

interface State {
  readonly options: ExchangerOptions;
  agent: Promise<Agent> | null;
  requests: number;
}

const MAX_REDIRECTS = 5;
// Below the 30 s after which Nexus closes idle connections.
const KEEP_ALIVE_MILLISECONDS = 20_000;

export function createExchanger(options: ExchangerOptions): Exchanger {
  const state: State = { options, agent: null, requests: 0 };
  return {
    exchange: (request) => followRedirects(request, state),
    countRequests: () => state.requests,
    async close() {
      const agent = await state.agent?.catch(() => null);
      await agent?.destroy();
    },
  };
}

async function followRedirects(request: RawRequest, state: State): Promise<RawAnswer> {
  let current = request;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const answer = await exchangeTwice(current, state);
    const { location } = answer.headers;
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer;
    await answer.body.dump();
    const url = parseLocation(location, current, state);
    const { authorization: _, ...open } = current.headers;
    current = {
      ...current,
      url,
      headers: url.origin === current.url.origin ? current.headers : open,
    };
  }
  throw badRedirect(request.place, 'it redirects in a circle');
}

function parseLocation(location: string, from: RawRequest, state: State): URL {
  if (!URL.canParse(location, from.url.href))
    throw badRedirect(from.place, 'it redirects to no address');
  const url = new URL(location, from.url);
  const isPlain = url.protocol === 'http:' && from.url.protocol === 'https:';
  if (!/^https?:$/.test(url.protocol) || (isPlain && !state.options.insecure)) {
    throw badRedirect(from.place, `it redirects to unsafe ${url.protocol}//${url.host}`);
  }
  return url;
}

function badRedirect(place: RequestPlace, why: string): ToolError {
  return new ToolError(
    'REGISTRY_PROTOCOL',
    `The answer of ${place.host} for ${place.repository} cannot be followed: ${why}.`,
    {
      hint: `Check the proxy and external URL settings of ${place.host}.`,
    },
  );
}

/** One request, once more on a fresh connection where a kept one turned out to be closed. */
async function exchangeTwice(request: RawRequest, state: State): Promise<RawAnswer> {
  try {
    return await exchangeOnce(request, state);
  } catch (error) {
    if (request.signal?.aborted) throw request.signal.reason;
    if (!/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(codeOf(error)))
      throw toConnectionError(error, request.place);
  }
  try {
    return await exchangeOnce(request, state);
  } catch (error) {
    if (request.signal?.aborted) throw request.signal.reason;
    throw toConnectionError(error, request.place);
  }
}

async function exchangeOnce(request: RawRequest, state: State): Promise<RawAnswer> {
  const agent = await getAgent(state);
  state.requests += 1;
  const { timeoutMilliseconds } = state.options;
  const answer = await agent.request({
    origin: request.url.origin,
    path: `${request.url.pathname}${request.url.search}`,
    method: request.method,
    headers: request.headers,
    headersTimeout: timeoutMilliseconds,
    bodyTimeout: timeoutMilliseconds,
    // undici closes the connection after each HEAD unless told otherwise.
    reset: false,
    ...(request.signal && { signal: request.signal }),
  });
  const headers = Object.entries(answer.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : value,
  ]);
  const { statusCode: status, body } = answer;
  return { status, headers: Object.fromEntries(headers), timeoutMilliseconds, body };
}

async function getAgent(state: State): Promise<Agent> {
  state.agent ??= connectAgent(state.options);
  try {
    return await state.agent;
  } catch (error) {
    state.agent = null;
    throw error;
  }
}

async function connectAgent(options: ExchangerOptions): Promise<Agent> {
  const tls = await readTlsOptions(options);
  // A command that asks no registry does not wait for the client.
  const { openAgent } = await import('./open-agent.ts');
  return openAgent({
    connect: { ...tls, timeout: options.timeoutMilliseconds },
    keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
    keepAliveMaxTimeout: KEEP_ALIVE_MILLISECONDS,
    maxHeaderSize: 64 * 1024,
  });
}
