import type { Dispatcher } from 'undici';
import { ToolError } from '../base/tool-error.ts';
import type { RequestPlace } from './describe-failure.ts';

/**
 * A sign-in with an identity token: all that this client can ever post. Promise 1 stands, since a token service keeps no
 * images: `assertTokenService` sees to that, and the form has no room for anything else.
 */
export interface TokenGrant {
  /** The token service that the challenge of the registry names. */
  readonly realm: URL;
  readonly service: string;
  readonly scope: string;
  readonly identityToken: string;
  readonly place: RequestPlace;
}

export interface TokenAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/**
 * Exchanges an identity token for one of the registry, by the POST that skopeo sends (OAuth 2, `refresh_token`). Nothing is
 * followed and nothing is tried again. Throws what undici throws where no answer came.
 */
export async function redeemIdentityToken(
  grant: TokenGrant,
  agent: Dispatcher,
  timeoutMilliseconds: number,
): Promise<TokenAnswer> {
  const { realm, place } = grant;
  assertTokenService(realm, place);
  const answer = await agent.request({
    origin: realm.origin,
    path: `${realm.pathname}${realm.search}`,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: renderForm(grant),
    headersTimeout: timeoutMilliseconds,
    bodyTimeout: timeoutMilliseconds,
  });
  return { status: answer.statusCode, body: await answer.body.bytes() };
}

function renderForm({ realm, service, scope, identityToken }: TokenGrant): string {
  const form = new URLSearchParams(realm.search);
  if (service !== '') form.append('service', service);
  if (scope !== '') form.append('scope', scope);
  form.append('grant_type', 'refresh_token');
  form.append('refresh_token', identityToken);
  form.append('client_id', 'containers/image');
  return form.toString();
}

// A POST there begins an upload, and a hostile registry may name any address.
const REGISTRY_API = /^\/+v2(?:\/|$)|\/(?:blobs|manifests)(?:\/|$)/i;

function assertTokenService(realm: URL, place: RequestPlace): void {
  if (!REGISTRY_API.test(decodePath(realm.pathname))) return;
  throw new ToolError(
    'REGISTRY_PROTOCOL',
    `${place.host} wants an identity token posted to ${realm.host}${realm.pathname}, where registries keep images.`,
    {
      hint: `Log in with a user and a password or an access token instead: skopeo login ${place.host}`,
    },
  );
}

// What cannot be decoded is no path of a token service either.
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '/v2/';
  }
}
