import type { Dispatcher } from 'undici';
import type { Clock } from '../base/clock.ts';
import { parseMediaType, parseRetryAfter } from '../base/http-headers.ts';
import { isToolError } from '../base/tool-error.ts';
import { describeAnswer, describeFailure, describeMalformed } from './describe-answer.ts';
import { type ForgeLogin, readCertificates, readToken } from './read-token.ts';
import type { ForgeAccess, ForgeRepository } from './review-port.ts';

/** Opens the connection to a server; `ca` is PEM, null for the certificates of the machine. */
export type ForgeConnect = (
  url: URL,
  options: { readonly ca: string | null; readonly timeoutMilliseconds: number },
) => Promise<Dispatcher>;

/** What every adapter is given. */
export interface ForgeDeps {
  readonly connect: ForgeConnect;
  readonly clock: Clock;
  /** Where a token is looked for when no file holds it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Before the second attempt; doubles with each. */
  readonly delayMilliseconds: number;
}

export interface ForgeHttpOptions extends ForgeDeps {
  readonly repository: ForgeRepository;
  readonly access: ForgeAccess;
  /** Address of the API: `https://git.example.com/gitea/api/v1`. */
  readonly api: string;
  /** How this forge wants to be shown a token, and what else it wants to be told. */
  readonly headers: (token: string) => Readonly<Record<string, string>>;
}

export interface ForgeRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the API, parts encoded, with query: `/repos/ops/state/pulls?state=open`. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** For messages: `pull request 7`. */
  readonly what: string;
  /** Twice does no harm. Default: all but POST. */
  readonly repeatable?: boolean;
  /** A 404 may be of what was pushed just now, which the forge does not know yet. */
  readonly maybeTooEarly?: boolean;
  readonly signal: AbortSignal;
}

export interface ForgeAnswer {
  readonly status: number;
  /** Parsed JSON; null where there is no body. */
  readonly body: unknown;
  /** Path of the next page, for another request; null for the last. */
  readonly nextPath: string | null;
}

export interface ForgeHttp {
  /**
   * Resolves with a 2xx answer in JSON. Throws the codes that `ForgePort` names; 429 and 503, of which nothing came, are
   * tried again for any request, other trouble only where `repeatable`.
   */
  ask(request: ForgeRequest): Promise<ForgeAnswer>;
  /** Entries of all pages of a list, in order. */
  list(request: Omit<ForgeRequest, 'method' | 'body'>): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

const ATTEMPTS = 4;
const LONGEST_WAIT_SECONDS = 60;
const MOST_PAGES = 100;

interface Opened {
  readonly agent: Dispatcher;
  readonly login: ForgeLogin;
}

/** Speaks with the API of one forge: token, certificates, proxies, time limits, retries. Redirects are not followed. */
export function openForgeHttp(options: ForgeHttpOptions): ForgeHttp {
  let opened: Promise<Opened> | null = null;
  async function ask(request: ForgeRequest): Promise<ForgeAnswer> {
    opened ??= open(options);
    const { agent, login } = await opened;
    return askPatiently({ agent, login, request, options });
  }
  return {
    ask,
    async list(request) {
      const entries: unknown[] = [];
      let path: string | null = request.path;
      for (let page = 0; path !== null; page += 1) {
        // A forge that always names a next page would keep us for ever.
        if (page === MOST_PAGES)
          throw describeMalformed(options, request.what, `over ${MOST_PAGES} pages`);
        const answer: ForgeAnswer = await ask({ ...request, path, method: 'GET' });
        // Gitea's word for an empty list is now and then null.
        const body = answer.body ?? [];
        if (!Array.isArray(body)) throw describeMalformed(options, request.what, 'no list');
        entries.push(...body);
        path = answer.nextPath;
      }
      return entries;
    },
    async close() {
      const { agent = null } = (await opened?.catch(() => null)) ?? {};
      await agent?.destroy();
    },
  };
}

async function open(options: ForgeHttpOptions): Promise<Opened> {
  const { repository, access, environment } = options;
  const login = await readToken(repository, access, environment);
  const ca = await readCertificates(access);
  try {
    const { timeoutMilliseconds } = access;
    const agent = await options.connect(new URL(options.api), { ca, timeoutMilliseconds });
    return { agent, login };
  } catch (error) {
    throw describeFailure(error, options, login);
  }
}

interface Exchange extends Opened {
  readonly request: ForgeRequest;
  readonly options: ForgeHttpOptions;
}

async function askPatiently(exchange: Exchange): Promise<ForgeAnswer> {
  const { request, options } = exchange;
  for (let attempt = 1; ; attempt += 1) {
    request.signal.throwIfAborted();
    const made = await askOnce(exchange);
    if (made.answer !== null) return made.answer;
    const wait = findWait(made, request, options.delayMilliseconds * 2 ** (attempt - 1));
    if (wait === null || attempt === ATTEMPTS) throw made.error;
    await options.clock.sleep(wait, request.signal);
  }
}

/** Milliseconds until the next attempt; null where there is to be none. */
function findWait(
  { error, nothingDone }: Attempt,
  { repeatable, method, maybeTooEarly = false }: ForgeRequest,
  otherwise: number,
): number | null {
  if (maybeTooEarly && isToolError(error, 'FORGE_NOT_FOUND')) return otherwise;
  if (!isToolError(error) || error.disposition === 'stall') return null;
  if (!nothingDone && !(repeatable ?? method !== 'POST')) return null;
  const { retryAfterSeconds: seconds = null } = error;
  if (seconds === null) return otherwise;
  return seconds > LONGEST_WAIT_SECONDS ? null : seconds * 1000;
}

/** An answer that was wanted, or an error and whether the forge surely did nothing. */
type Attempt =
  | { readonly answer: ForgeAnswer; readonly error: null; readonly nothingDone: false }
  | { readonly answer: null; readonly error: unknown; readonly nothingDone: boolean };

async function askOnce(exchange: Exchange): Promise<Attempt> {
  const { request, options, login } = exchange;
  try {
    const received = await receive(exchange);
    const { status, headers } = received;
    if (status >= 200 && status < 300 && (received.json !== undefined || received.text === '')) {
      const { json = null } = received;
      const nextPath = findNextPath(request.path, headers.link);
      return { answer: { status, body: json, nextPath }, error: null, nothingDone: false };
    }
    const retryAfterSeconds = parseRetryAfter(
      headers.retryAfter,
      headers.date,
      options.clock.now(),
    );
    const place = { options, login, what: request.what };
    const error = describeAnswer({ ...received, retryAfterSeconds }, place);
    // A forge that has had enough, or is not up, has not read what was sent.
    const nothingDone = error.disposition === 'wait' || status === 503;
    return { answer: null, error, nothingDone };
  } catch (error) {
    request.signal.throwIfAborted();
    return { answer: null, error: describeFailure(error, options, login), nothingDone: false };
  }
}

interface Received {
  readonly status: number;
  readonly headers: Readonly<
    Record<'date' | 'link' | 'location' | 'retryAfter' | 'limitRemaining', string | undefined>
  >;
  readonly isHtml: boolean;
  readonly text: string;
  /** Left out where the body is not JSON. */
  readonly json?: unknown;
}

async function receive({ agent, login, request, options }: Exchange): Promise<Received> {
  const { timeoutMilliseconds } = options.access;
  const url = new URL(`${options.api}${request.path}`);
  const answer = await agent.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: request.method,
    headers: {
      accept: 'application/json',
      'user-agent': 'olmirror',
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers(login.token),
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    headersTimeout: timeoutMilliseconds,
    bodyTimeout: timeoutMilliseconds,
    // One clock over all of it: a forge that dribbles is as bad as one that hangs.
    signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMilliseconds)]),
  });
  const text = await readText(answer.body);
  const json = parseJson(text);
  return {
    status: answer.statusCode,
    headers: {
      date: pick(answer.headers['date']),
      link: pick(answer.headers['link']),
      location: pick(answer.headers['location']),
      retryAfter: pick(answer.headers['retry-after']),
      limitRemaining: pick(answer.headers['x-ratelimit-remaining']),
    },
    isHtml: parseMediaType(pick(answer.headers['content-type'])) === 'text/html',
    text,
    ...(json === undefined ? {} : { json }),
  };
}

function pick(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

const MOST_BYTES = 32 * 1024 * 1024;

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error('the answer has more than 32 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// Only the query is taken: behind a proxy a forge may name a host and a path that lead nowhere.
function findNextPath(path: string, link: string | undefined): string | null {
  const [, next = null] = /<([^>]*)>\s*;[^,]*\brel\s*=\s*"?next\b/i.exec(link ?? '') ?? [];
  if (next === null) return null;
  const [, query = ''] = next.split('?', 2);
  return `${path.split('?', 1)[0]}?${query}`;
}
