import type { Clock } from '../base/clock.ts';
import { ToolError } from '../base/tool-error.ts';
import { type Credentials, fromByteString } from './credentials.ts';
import { isGoField, listFields, parseGoJson, readStrings } from './go-json.ts';
import type { Challenge } from './parse-headers.ts';
import type { TokenAnswer, TokenGrant } from './redeem-identity-token.ts';

export interface AuthorizerDeps {
  readonly host: string;
  readonly clock: Clock;
  /** May be called often: the caller keeps what it read. */
  readonly findCredentials: (repository: string) => Promise<Credentials | null>;
  /** GET of a token URL. */
  readonly getToken: (url: URL, authorization: string | null) => Promise<TokenAnswer>;
  readonly redeem: (grant: Omit<TokenGrant, 'place'>) => Promise<TokenAnswer>;
}

export interface Authorization {
  /** Of the `Authorization` header; null for none. */
  readonly value: string | null;
  /** Whether credentials were found for it. */
  readonly loggedIn: boolean;
}

/** What is to be read. */
export interface AuthorizedRead {
  /** Empty for what is of no repository. */
  readonly repository: string;
  /** Of a bearer token, `repository:a/b:pull`; empty for none. */
  readonly scope: string;
}

export interface Authorizer {
  /** What skopeo would send for a repository under these challenges. */
  authorize(question: AuthorizedRead, challenges: readonly Challenge[]): Promise<Authorization>;
  /** Forgets tokens for the repository, so that the next call asks anew. */
  forget(repository: string): void;
}

interface CachedToken {
  readonly value: string;
  readonly loggedIn: boolean;
  readonly expires: number;
}

const DEFAULT_SECONDS = 60;
const SKEW_SECONDS = 5;
const ANONYMOUS: Credentials = { user: '', password: '', identityToken: '' };

/** Basic and bearer authorization (spec "registries" §2.3): one token per repository, asked for once at a time. */
export function createAuthorizer(deps: AuthorizerDeps): Authorizer {
  const tokens = new Map<string, Promise<CachedToken>>();

  async function bearer(read: AuthorizedRead, challenge: Challenge): Promise<CachedToken> {
    const { realm = '', service = '' } = challenge.parameters;
    const key = `${read.repository}\n${read.scope}\n${realm}\n${service}`;
    const held = tokens.get(key);
    const known = await held?.catch(() => null);
    if (known && known.expires > deps.clock.now().getTime()) return known;
    // Whoever asked first while this one looked asks for all.
    const running = tokens.get(key);
    const fresh =
      running === undefined || running === held ? requestToken(read, challenge, deps) : running;
    tokens.set(key, fresh);
    return fresh;
  }

  return {
    async authorize(read, challenges) {
      const known = chooseChallenge(challenges);
      if (known === undefined) return { value: null, loggedIn: false };
      if (known.scheme === 'bearer') {
        const { value, loggedIn } = await bearer(read, known);
        return { value: `Bearer ${value}`, loggedIn };
      }
      const found = await deps.findCredentials(read.repository);
      return { value: formatBasic(found ?? ANONYMOUS), loggedIn: found !== null };
    },
    forget(repository) {
      for (const key of tokens.keys()) if (key.startsWith(`${repository}\n`)) tokens.delete(key);
    },
  };
}

/** The first that skopeo knows. */
export function chooseChallenge(challenges: readonly Challenge[]): Challenge | undefined {
  return challenges.find(({ scheme }) => scheme === 'basic' || scheme === 'bearer');
}

async function requestToken(
  { repository, scope }: AuthorizedRead,
  challenge: Challenge,
  deps: AuthorizerDeps,
): Promise<CachedToken> {
  const realm = parseRealm(challenge, deps.host);
  const found = await deps.findCredentials(repository);
  const asked = deps.clock.now().getTime();
  const answer = await askForToken({ realm, scope, challenge, found }, deps);
  // OAuth 2 says 400 for a token that is revoked or unknown.
  const refusals = found?.identityToken ? [400, 401, 403] : [401, 403];
  if (refusals.includes(answer.status)) {
    throw new ToolError(
      'REGISTRY_UNAUTHORIZED',
      `The token service ${realm.host} of ${deps.host} refused ${describeUser(found)} for ${repository} (${answer.status}).`,
      {
        hint: `Log in with a user who may pull: skopeo login ${deps.host}`,
      },
    );
  }
  const token = parseToken(answer);
  if (token === null) {
    throw new ToolError(
      'REGISTRY_PROTOCOL',
      `The token service ${realm.host} of ${deps.host} gave no token (${answer.status}).`,
      {
        hint: `Check the token service: curl -i ${realm.origin}${realm.pathname}`,
        disposition: answer.status >= 500 || answer.status === 429 ? 'retry' : 'stall',
      },
    );
  }
  const lifetime = Math.max(1, token.seconds - SKEW_SECONDS) * 1000;
  return { value: token.value, loggedIn: found !== null, expires: asked + lifetime };
}

interface TokenQuestion {
  readonly realm: URL;
  readonly scope: string;
  readonly challenge: Challenge;
  readonly found: Credentials | null;
}

function askForToken(question: TokenQuestion, deps: AuthorizerDeps): Promise<TokenAnswer> {
  const { realm, scope, challenge, found } = question;
  const { service = '' } = challenge.parameters;
  if (found?.identityToken)
    return deps.redeem({ realm, service, scope, identityToken: found.identityToken });
  const { user, password } = found ?? ANONYMOUS;
  const url = new URL(realm);
  if (user !== '') url.searchParams.append('account', fromByteString(user));
  if (service !== '') url.searchParams.append('service', service);
  if (scope !== '') url.searchParams.append('scope', scope);
  const hasBoth = user !== '' && password !== '';
  return deps.getToken(url, hasBoth ? formatBasic(found ?? ANONYMOUS) : null);
}

function describeUser(found: Credentials | null): string {
  if (found === null) return 'an anonymous request';
  return found.identityToken === ''
    ? `user "${fromByteString(found.user)}"`
    : 'the identity token of the auth file or credential helper';
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

/** As Go reads it; null where there is none. */
function parseToken({
  status,
  body,
}: TokenAnswer): { readonly value: string; readonly seconds: number } | null {
  const answer = status === 200 ? parseBody(body) : undefined;
  const { token, access_token: other } = readStrings(answer, ['token', 'access_token']) ?? {};
  const value = token || other;
  const seconds = listFields(answer)?.findLast(([name]) => isGoField(name, 'expires_in'))?.[1];
  return value ? { value, seconds: typeof seconds === 'number' ? seconds : DEFAULT_SECONDS } : null;
}

function parseBody(body: Uint8Array): unknown {
  try {
    return parseGoJson(Buffer.from(body).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function formatBasic({ user, password }: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'latin1').toString('base64')}`;
}
