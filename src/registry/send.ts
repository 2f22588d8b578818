import pLimit, { type LimitFunction } from 'p-limit';
import type { Clock } from '../base/clock.ts';
import { parseRetryAfter } from '../base/http-headers.ts';
import { ToolError } from '../base/tool-error.ts';
import { waitOrAbort } from '../base/wait-or-abort.ts';
import { type Authorizer, chooseChallenge, createAuthorizer } from './authorize.ts';
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
import { createPace, type Pace, type PacedAnswer } from './pace.ts';
import { type Challenge, formatChallenge, parseChallenges } from './parse-headers.ts';

export interface SenderOptions extends ExchangerOptions {
  readonly authFile: string | null;
  /** Most requests at once. */
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
  /** What the registry asked for before it let us in; null where it never asked. */
  readonly loginWanted: string | null;
}

export interface Sender {
  /** Resolves with whatever status came at last; throws `ToolError` where none came, or the signal's reason. */
  send(request: RegistryRequest): Promise<RegistryAnswer>;
  countRequests(): number;
  /** Whether requests are spaced, since some were refused for being too many. */
  isSpaced(): boolean;
  close(): Promise<void>;
}

interface Registry {
  readonly origin: string;
  /** Of the answer to `/v2/`, as skopeo takes them; null where that came from no registry, until another request is refused. */
  challenges: readonly Challenge[] | null;
}

interface State {
  readonly options: SenderOptions;
  readonly authorizer: Authorizer;
  readonly exchanger: Exchanger;
  readonly credentials: Map<string, Promise<Credentials | null>>;
  readonly breaker: Breaker;
  readonly pace: Pace;
  readonly limit: LimitFunction;
  /** Lets one request at a time wait for its turn. */
  readonly turns: LimitFunction;
  registry: Promise<Registry> | null;
  /** What that came to. */
  opened: Registry | null;
  registryFailed: number;
}

const MAX_WAIT_SECONDS = 60;
const FAILURE_MEMORY_MILLISECONDS = 2000;
const RETRIED = new Set([429, 500, 502, 503, 504]);
const OVERLOADED = new Set([502, 503, 504]);

/** Sends reads to one registry: scheme, credentials, redirects, retries, and no faster than it takes them. */
export function createSender(options: SenderOptions): Sender {
  const state = createState(options);
  return {
    send: (request) => state.limit(() => sendGuarded(request, state)),
    countRequests: () => state.exchanger.countRequests(),
    isSpaced: () => state.pace.isSpaced(),
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
    redeem(grant) {
      assertSafe(grant.realm, options);
      return exchanger.redeem({ ...grant, place: { host, repository: '' } });
    },
    async getToken(url, authorization) {
      if (authorization !== null) assertSafe(url, options);
      const headers = authorization === null ? {} : { authorization };
      const place = { host, repository: '' };
      const answer = await exchanger.exchange({ method: 'GET', url, headers, place });
      return { status: answer.status, body: await answer.body.bytes() };
    },
  });
  const pace = createPace(options.concurrency);
  return {
    options,
    authorizer,
    exchanger,
    credentials,
    breaker: createBreaker(clock),
    pace,
    limit: pLimit(options.concurrency),
    turns: pLimit(1),
    registry: null,
    opened: null,
    registryFailed: 0,
  };
}

function assertSafe(url: URL, { host, insecure }: SenderOptions): void {
  if (url.protocol !== 'http:' || insecure) return;
  throw new ToolError(
    'REGISTRY_PROTOCOL',
    `The token service ${url.host} of ${host} takes passwords and tokens over plain HTTP only.`,
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
    const backoff = backoffMilliseconds * 2 ** attempt;
    const answer = await sendPaced(request, state, backoff);
    const { status, retryAfterSeconds } = answer;
    if (!RETRIED.has(status) || attempt >= retries || !state.breaker.isWorthRetrying())
      return answer;
    if (retryAfterSeconds !== null && retryAfterSeconds > MAX_WAIT_SECONDS) return answer;
    await answer.body.dump();
    // A refusal holds all requests back, and this one by its turn.
    if (status !== 429) await clock.sleep(secondsOr(retryAfterSeconds, backoff), request.signal);
  }
}

function secondsOr(seconds: number | null, milliseconds: number): number {
  return seconds === null ? milliseconds : seconds * 1000;
}

async function sendPaced(
  request: RegistryRequest,
  state: State,
  backoff: number,
): Promise<RegistryAnswer> {
  const { clock } = state.options;
  function readTime(): number {
    return clock.now().getTime();
  }
  async function waitForTurn(): Promise<void> {
    for (let wait = takeTurn(); wait > 0; wait = takeTurn())
      await clock.sleep(wait, request.signal);
  }
  function takeTurn(): number {
    return state.pace.takeTurn(readTime());
  }
  // One after the other, as they came, where turns have to be waited for.
  if (state.turns.activeCount > 0 || takeTurn() > 0) await state.turns(waitForTurn);
  const sent = readTime();
  const answer = await sendAuthorized(request, state);
  const seconds = answer.retryAfterSeconds;
  state.pace.noteAnswer({
    sent,
    now: readTime(),
    verdict: judgeVerdict(answer.status),
    // Nobody waits for longer here, so that no other request waits for it either.
    pause: seconds !== null && seconds > MAX_WAIT_SECONDS ? 0 : secondsOr(seconds, backoff),
  });
  const width = state.pace.width();
  // Setting it looks through the queue.
  if (state.limit.concurrency !== width) state.limit.concurrency = width;
  return answer;
}

function judgeVerdict(status: number): PacedAnswer['verdict'] {
  if (status === 429) return 'refused';
  return OVERLOADED.has(status) ? 'troubled' : 'fine';
}

async function sendAuthorized(request: RegistryRequest, state: State): Promise<RegistryAnswer> {
  const registry = state.opened ?? (await openRegistry(state, request.signal));
  const first = await sendOnce(request, registry, state);
  if (first.status !== 401) return first;
  // The next question reads the auth files again: somebody may have logged in meanwhile.
  state.credentials.delete(request.repository);
  const isNews = registry.challenges === null;
  registry.challenges ??= parseChallenges(first.challenges);
  const bearer = chooseChallenge(registry.challenges)?.scheme === 'bearer';
  // The same Basic credentials would be refused again, and each refusal counts towards a lock-out.
  if (!bearer && !(isNews && registry.challenges.length > 0)) return first;
  await first.body.dump();
  state.authorizer.forget(request.repository);
  return sendOnce(request, registry, state);
}

// `/v2/` itself needs no scope, and the list of all repositories has one of its own.
function scopeOf({ repository, path }: RegistryRequest): string {
  if (repository !== '') return `repository:${repository}:pull`;
  return /^\/v2\/_catalog(?:\?|$)/.test(path) ? 'registry:catalog:*' : '';
}

async function sendOnce(
  request: RegistryRequest,
  registry: Registry,
  state: State,
): Promise<RegistryAnswer> {
  const { host, clock } = state.options;
  const { repository } = request;
  const { value: authorization, loggedIn } = await state.authorizer.authorize(
    { repository, scope: scopeOf(request) },
    registry.challenges ?? [],
  );
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
  const { 'retry-after': retryAfter, date } = answer.headers;
  const retryAfterSeconds = parseRetryAfter(retryAfter, date, clock.now());
  const loginWanted = registry.challenges?.map(formatChallenge).join(', ') || null;
  return { ...answer, retryAfterSeconds, loggedIn, loginWanted };
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
    state.registry.then(
      (opened) => (state.opened = opened),
      () => (state.registryFailed = state.options.clock.now().getTime()),
    );
  }
  return signal === undefined ? state.registry : waitOrAbort(state.registry, signal);
}

async function ping(state: State): Promise<Registry> {
  const { host, insecure } = state.options;
  const server = host === 'docker.io' ? 'registry-1.docker.io' : host;
  try {
    const registry = await pingOrigin(`https://${server}`, state);
    if (registry !== null || !insecure)
      return registry ?? { origin: `https://${server}`, challenges: null };
  } catch (error) {
    if (!insecure) throw error;
  }
  const plain = await pingOrigin(`http://${server}`, state);
  return plain ?? { origin: `http://${server}`, challenges: null };
}

async function pingOrigin(origin: string, state: State): Promise<Registry | null> {
  const url = new URL('/v2/', origin);
  const place = { host: state.options.host, repository: '' };
  const answer = await state.exchanger.exchange({ method: 'GET', url, headers: {}, place });
  await answer.body.dump();
  if (answer.status !== 200 && answer.status !== 401) return null;
  return { origin, challenges: parseChallenges(answer.challenges) };
}
