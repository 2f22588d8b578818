import type { Clock } from '../base/clock.ts';
import type { Challenge } from '../base/probe.ts';
import { ToolError } from '../base/tool-error.ts';
import type { Credentials } from './credentials.ts';

export interface TokenAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

export interface AuthorizerDeps {
  readonly host: string;
  readonly clock: Clock;
  /** May be called often: the caller keeps what it read. */
  readonly findCredentials: (repository: string) => Promise<Credentials | null>;
  /** GET of a token URL. */
  readonly getToken: (url: URL, authorization: string | null) => Promise<TokenAnswer>;
}

export interface Authorizer {
  /** The `Authorization` header for a repository under these challenges; null for none. */
  authorize(repository: string, challenges: readonly Challenge[]): Promise<string | null>;
  /** Forgets tokens for the repository, so that the next call asks anew. */
  forget(repository: string): void;
}

interface CachedToken {
  readonly value: string;
  readonly expires: number;
}

const DEFAULT_SECONDS = 60;
const SKEW_SECONDS = 5;

/** Basic and bearer authorization (spec "registries" §2.3): one token per repository, asked for once at a time. */
export function createAuthorizer(deps: AuthorizerDeps): Authorizer {
  const tokens = new Map<string, Promise<CachedToken>>();

  async function bearer(repository: string, challenge: Challenge): Promise<string> {
    const { realm = '', service = '' } = challenge.parameters;
    const key = `${repository}\n${realm}\n${service}`;
    const held = tokens.get(key);
    const known = await held?.catch(() => null);
    if (known && known.expires > deps.clock.now().getTime()) return `Bearer ${known.value}`;
    // Whoever asked first while this one looked asks for all.
    const running = tokens.get(key);
    const fresh =
      running === undefined || running === held
        ? requestToken(repository, challenge, deps)
        : running;
    tokens.set(key, fresh);
    return `Bearer ${(await fresh).value}`;
  }

  return {
    async authorize(repository, challenges) {
      const token = challenges.find((challenge) => challenge.scheme === 'bearer');
      if (token !== undefined) return bearer(repository, token);
      if (!challenges.some((challenge) => challenge.scheme === 'basic')) return null;
      const credentials = await deps.findCredentials(repository);
      return credentials === null ? null : formatBasic(credentials);
    },
    forget(repository) {
      for (const key of tokens.keys()) if (key.startsWith(`${repository}\n`)) tokens.delete(key);
    },
  };
}

async function requestToken(
  repository: string,
  challenge: Challenge,
  deps: AuthorizerDeps,
): Promise<CachedToken> {
  const url = parseRealm(challenge, deps.host);
  const { service, scope } = challenge.parameters;
  if (service) url.searchParams.set('service', service);
  const wanted = repository === '' ? scope : `repository:${repository}:pull`;
  if (wanted) url.searchParams.append('scope', wanted);
  const credentials = await deps.findCredentials(repository);
  if (credentials !== null) url.searchParams.set('account', credentials.user);
  const asked = deps.clock.now().getTime();
  const answer = await deps.getToken(url, credentials === null ? null : formatBasic(credentials));
  if (answer.status === 401 || answer.status === 403) {
    const who = credentials === null ? 'an anonymous request' : `user "${credentials.user}"`;
    throw new ToolError(
      'REGISTRY_UNAUTHORIZED',
      `The token service ${url.host} of ${deps.host} refused ${who} for ${repository} (${answer.status}).`,
      {
        hint: `Log in with a user who may pull: skopeo login ${deps.host}`,
      },
    );
  }
  const token = parseToken(answer);
  if (token === null) {
    throw new ToolError(
      'REGISTRY_PROTOCOL',
      `The token service ${url.host} of ${deps.host} gave no token (${answer.status}).`,
      {
        hint: `Check the token service: curl -i ${url.origin}${url.pathname}`,
        disposition: answer.status >= 500 || answer.status === 429 ? 'retry' : 'stall',
      },
    );
  }
  return { value: token.value, expires: asked + Math.max(1, token.seconds - SKEW_SECONDS) * 1000 };
}

function parseRealm(challenge: Challenge, host: string): URL {
  const { realm = '' } = challenge.parameters;
  const url = URL.canParse(realm) ? new URL(realm) : null;
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new ToolError(
    'REGISTRY_PROTOCOL',
    `${host} names "${realm}" as its token service, which is no web address.`,
    {
      hint: `Set the registry's external URL, or X-Forwarded-Proto and X-Forwarded-Host in the proxy before ${host}.`,
    },
  );
}

function parseToken(
  answer: TokenAnswer,
): { readonly value: string; readonly seconds: number } | null {
  const fields = answer.status === 200 ? parseObject(answer.body) : {};
  const text = fields['token'] || fields['access_token'];
  if (typeof text !== 'string' || text === '') return null;
  const seconds = fields['expires_in'];
  return { value: text, seconds: typeof seconds === 'number' ? seconds : DEFAULT_SECONDS };
}

function parseObject(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function formatBasic({ user, password }: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
