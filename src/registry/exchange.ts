import type { IncomingHttpHeaders } from 'node:http';
import { codeOf } from '../base/connection-fault.ts';
import { ToolError } from '../base/tool-error.ts';
import { type Agents, type AgentsOptions, createAgents, type OriginAgent } from './agents.ts';
import { type RequestPlace, toConnectionError, toProxyError } from './describe-failure.ts';
import { findProxy } from './find-proxy.ts';
import type { HeadAnswer } from './parse-head-answer.ts';
import { redeemIdentityToken, type TokenAnswer, type TokenGrant } from './redeem-identity-token.ts';
import { type HeadOptions, sendHead } from './send-head.ts';

/** Promise 1: nothing else than reads can be sent to a registry. */
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
  /** Repeated ones joined by commas. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Each `WWW-Authenticate`. */
  readonly challenges: readonly string[];
  /** How long the whole of a small body may take. */
  readonly timeoutMilliseconds: number;
  /** Must be read or destroyed. */
  readonly body: AnswerBody;
}

export interface AnswerBody extends AsyncIterable<Uint8Array> {
  dump(): Promise<unknown>;
  bytes(): Promise<Uint8Array>;
  destroy(error?: Error): unknown;
}

/** Exchanges one request for one answer. */
export interface Exchanger {
  /** Follows redirects, without the Authorization header to another origin. Throws `ToolError` where no answer came, or the signal's reason. */
  exchange(request: RawRequest): Promise<RawAnswer>;
  readonly redeem: (grant: TokenGrant) => Promise<TokenAnswer>;
  countRequests(): number;
  close(): Promise<void>;
}

export interface ExchangerOptions extends AgentsOptions {
  /** Called once for each request that is sent. */
  readonly onRequest?: (() => void) | undefined;
  /** Called with the status of each answer; null for none. */
  readonly onAnswer?: ((status: number | null) => void) | undefined;
}

interface State {
  readonly options: ExchangerOptions;
  readonly agents: Agents;
  requests: number;
}

const MAX_REDIRECTS = 5;

export function createExchanger(options: ExchangerOptions): Exchanger {
  const state: State = { options, agents: createAgents(options), requests: 0 };
  return {
    exchange: (request) => followRedirects(request, state),
    redeem: (grant) => redeem(grant, state),
    countRequests: () => state.requests,
    close: () => state.agents.close(),
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
  for (let isLast = false; ; isLast = true) {
    try {
      return await exchangeOnce(request, state);
    } catch (error) {
      state.options.onAnswer?.(null);
      if (isLast || !BROKEN.test(codeOf(error))) throw describe(error, request, state);
    }
  }
}

const BROKEN = /^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)$/;

type Sent = Pick<RawRequest, 'url' | 'place' | 'signal'>;

function describe(error: unknown, { url, place, signal }: Sent, state: State): unknown {
  if (signal?.aborted) return signal.reason;
  const proxy = findProxy(url, state.options.environment);
  return proxy === null ? toConnectionError(error, place) : toProxyError(error, place, proxy.host);
}

function countOne(state: State): void {
  state.requests += 1;
  state.options.onRequest?.();
}

async function exchangeOnce(request: RawRequest, state: State): Promise<RawAnswer> {
  const agent = await state.agents.find(request.url);
  countOne(state);
  const { timeoutMilliseconds } = state.options;
  const { url, method, headers, signal } = request;
  const options = {
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    headers,
    headersTimeout: timeoutMilliseconds,
    bodyTimeout: timeoutMilliseconds,
    // undici closes the connection after each HEAD unless told otherwise.
    reset: false,
  };
  const answer =
    method === 'HEAD'
      ? { ...(await exchangeHead({ agent, options, signal }, state)), body: NO_BODY }
      : await agent.dispatcher.request({ ...options, method, ...(signal && { signal }) });
  state.options.onAnswer?.(answer.statusCode);
  return {
    status: answer.statusCode,
    headers: joinValues(answer.headers),
    challenges: [answer.headers['www-authenticate'] ?? []].flat(),
    timeoutMilliseconds,
    body: answer.body,
  };
}

interface HeadRequest {
  readonly agent: OriginAgent;
  readonly options: HeadOptions;
  readonly signal: AbortSignal | undefined;
}

/** Asked again where the answer was not a usual one. */
async function exchangeHead(request: HeadRequest, state: State): Promise<HeadAnswer> {
  const { agent, options, signal } = request;
  if (agent.heads?.isUsual() === true) {
    const answer = await agent.heads.send(options, signal);
    if (answer !== null) return answer;
    countOne(state);
  }
  return sendHead(agent.dispatcher, options, signal);
}

const NO_BODY: AnswerBody = {
  dump: async () => undefined,
  bytes: async () => new Uint8Array(),
  destroy: () => undefined,
  async *[Symbol.asyncIterator]() {},
};

function joinValues(headers: IncomingHttpHeaders): RawAnswer['headers'] {
  const joined: Record<string, string | undefined> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    joined[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}

async function redeem(grant: TokenGrant, state: State): Promise<TokenAnswer> {
  try {
    const agent = await state.agents.find(grant.realm);
    countOne(state);
    return await redeemIdentityToken(grant, agent.dispatcher, state.options.timeoutMilliseconds);
  } catch (error) {
    throw describe(error, { url: grant.realm, place: grant.place }, state);
  }
}
