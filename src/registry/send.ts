import pLimit from 'p-limit';
import type { Clock } from '../base/clock.ts';
import type { Challenge } from '../base/probe.ts';
import { ToolError } from '../base/tool-error.ts';
import { type Authorizer, createAuthorizer } from './authorize.ts';
import { type Breaker, createBreaker } from './breaker.ts';
import type { Credentials } from './credentials.ts';
import {
  createExchanger,
  type Exchanger,
  type ExchangerOptions,
  type Method,
  type RawAnswer,
} from './exchange.ts';
import { findCredentials } from './find-credentials.ts';
import { parseChallenges, parseRetryAfter } from './parse-headers.ts';

export interface SenderOptions extends ExchangerOptions {
  readonly authFile: string | null;
  readonly concurrency: number;
  readonly retries: number;
  readonly backoffMilliseconds: number;
  readonly clock: Clock;
}

export interface RegistryRequest {
  readonly method: Method;
  readonly repository: string;
  /** Begins with `/v2/`. */
  readonly path: string;
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface RegistryAnswer extends RawAnswer {
  readonly retryAfterSeconds: number | null;
  /** Whether credentials were sent. */
  readonly loggedIn: boolean;
  /** What the registry last asked for as a login. */
  readonly challenges: readonly Challenge[];
}

export interface Sender {
  /** Resolves with whatever status came at last; throws `ToolError` where none came, or the signal's reason. */
  send(request: RegistryRequest): Promise<RegistryAnswer>;
  countRequests(): number;
  close(): Promise<void>;
}

interface Registry {
  readonly origin: string;
  challenges: readonly Challenge[];
}

interface State {
  readonly options: SenderOptions;
  readonly authorizer: Authorizer;
  readonly exchanger: Exchanger;
  readonly credentials: Map<string, Promise<Credentials | null>>;
  readonly breaker: Breaker;
  registry: Promise<Registry> | null;
  registryFailed: number;
  /** Milliseconds of the clock before which nothing is sent, after a 429. */
  pausedUntil: number;
}

const MAX_WAIT_SECONDS = 60;
const FAILURE_MEMORY_MILLISECONDS = 2000;
const RETRIED = new Set([429, 500, 502, 503, 504]);

/** Sends reads to one registry: scheme, credentials, redirects, retries and the bound on concurrency. */
export function createSender(options: SenderOptions): Sender {
  const state = createState(options);
  const limit = pLimit(options.concurrency);
  return {
    send: (request) => limit(() => sendGuarded(request, state)),
    countRequests: () => state.exchanger.countRequests(),
    close: () => state.exchanger.close(),
  };
}

function createState(options: SenderOptions): State {
  const exchanger = createExchanger(options);
  const credentials = new Map<string, Promise<Credentials | null>>();
  const { host, clock } = options;
  const authorizer = createAuthorizer({
    host,
    clock,
    findCredentials(repository) {
      const known = credentials.get(repository) ?? findCredentials(host, repository, options);
      credentials.set(repository, known);
      return known;
    },
    async getToken(url, authorization) {
      if (authorization !== null) assertSafe(url, options);
      const headers = authorization === null ? {} : { authorization };
      const place = { host, repository: '' };
      const answer = await exchanger.exchange({ method: 'GET', url, headers, place });
      return { status: answer.status, body: await answer.body.bytes() };
    },
  });
  return {
    options,
    authorizer,
    exchanger,
    credentials,
    breaker: createBreaker(clock),
    registry: null,
    registryFailed: 0,
    pausedUntil: 0,
  };
}

function assertSafe(url: URL, { host, insecure }: SenderOptions): void {
  if (url.protocol !== 'http:' || insecure) return;
  throw new ToolError(
    'REGISTRY_PROTOCOL',
    `The token service ${url.host} of ${host} takes passwords over plain HTTP only.`,
    {
      hint: `Give the token service TLS, or write insecure: true for ${host} in mirror.yaml.`,
    },
  );
}

async function sendGuarded(request: RegistryRequest, state: State): Promise<RegistryAnswer> {
  state.breaker.assertAlive();
  try {
    const answer = await sendWithRetries(request, state);
    state.breaker.noteAnswer(RETRIED.has(answer.status));
    return answer;
  } catch (error) {
    state.breaker.noteFailure(error);
    throw error;
  }
}

async function sendWithRetries(request: RegistryRequest, state: State): Promise<RegistryAnswer> {
  const { clock, retries, backoffMilliseconds } = state.options;
  for (let attempt = 0; ; attempt += 1) {
    await waitForPause(state, request.signal);
    const answer = await sendAuthorized(request, state);
    const { status, retryAfterSeconds } = answer;
    if (!RETRIED.has(status) || attempt >= retries || !state.breaker.isWorthRetrying())
      return answer;
    if (retryAfterSeconds !== null && retryAfterSeconds > MAX_WAIT_SECONDS) return answer;
    await answer.body.dump();
    const delay =
      retryAfterSeconds === null ? backoffMilliseconds * 2 ** attempt : retryAfterSeconds * 1000;
    if (status === 429)
      state.pausedUntil = Math.max(state.pausedUntil, clock.now().getTime() + delay);
    else await clock.sleep(delay, request.signal);
  }
}

async function waitForPause(state: State, signal: AbortSignal | undefined): Promise<void> {
  const left = state.pausedUntil - state.options.clock.now().getTime();
  if (left > 0) await state.options.clock.sleep(left, signal);
}

async function sendAuthorized(request: RegistryRequest, state: State): Promise<RegistryAnswer> {
  const registry = await openRegistry(state, request.signal);
  const first = await sendOnce(request, registry, state);
  if (first.status !== 401) return first;
  // The next question reads the auth files again: somebody may have logged in meanwhile.
  state.credentials.delete(request.repository);
  const challenges = parseChallenges(first.headers['www-authenticate']);
  if (challenges.length === 0) return first;
  const isNews = registry.challenges.length === 0;
  const bearer = challenges.some((challenge) => challenge.scheme === 'bearer');
  registry.challenges = challenges;
  // The same Basic credentials would be refused again, and each refusal counts towards a lock-out.
  if (first.loggedIn && !bearer) return first;
  if (!isNews && !bearer) return first;
  await first.body.dump();
  state.authorizer.forget(request.repository);
  return sendOnce(request, registry, state);
}

async function sendOnce(
  request: RegistryRequest,
  registry: Registry,
  state: State,
): Promise<RegistryAnswer> {
  const { host, clock } = state.options;
  const authorization = await state.authorizer.authorize(request.repository, registry.challenges);
  const headers: Record<string, string> = {};
  if (request.accept !== undefined) headers['accept'] = request.accept;
  if (authorization !== null) headers['authorization'] = authorization;
  const answer = await state.exchanger.exchange({
    method: request.method,
    url: new URL(request.path, registry.origin),
    headers,
    place: { host, repository: request.repository },
    signal: request.signal,
  });
  const retryAfterSeconds = parseRetryAfter(answer.headers['retry-after'], clock.now());
  const { challenges } = registry;
  return { ...answer, retryAfterSeconds, loggedIn: authorization !== null, challenges };
}

/** Asks `/v2/` once for scheme and challenge. A failure is remembered for a moment, so that not every image waits for it. */
async function openRegistry(state: State, signal: AbortSignal | undefined): Promise<Registry> {
  const now = state.options.clock.now().getTime();
  if (
    state.registry === null ||
    (state.registryFailed > 0 && now - state.registryFailed > FAILURE_MEMORY_MILLISECONDS)
  ) {
    state.registryFailed = 0;
    state.registry = ping(state);
    state.registry.catch(() => (state.registryFailed = state.options.clock.now().getTime()));
  }
  return signal === undefined ? state.registry : waitFor(state.registry, signal);
}

function waitFor<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    function stop(): void {
      reject(signal.reason);
    }
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

async function ping(state: State): Promise<Registry> {
  const { host, insecure } = state.options;
  try {
    const registry = await pingOrigin(`https://${host}`, state);
    if (registry !== null || !insecure)
      return registry ?? { origin: `https://${host}`, challenges: [] };
  } catch (error) {
    if (!insecure) throw error;
  }
  const plain = await pingOrigin(`http://${host}`, state);
  return plain ?? { origin: `http://${host}`, challenges: [] };
}

async function pingOrigin(origin: string, state: State): Promise<Registry | null> {
  const url = new URL('/v2/', origin);
  const place = { host: state.options.host, repository: '' };
  const answer = await state.exchanger.exchange({ method: 'GET', url, headers: {}, place });
  await answer.body.dump();
  if (answer.status !== 200 && answer.status !== 401) return null;
  return { origin, challenges: parseChallenges(answer.headers['www-authenticate']) };
}
