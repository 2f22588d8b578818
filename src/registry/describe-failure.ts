import { codeOf, describeCode, isTimeoutCode, isTlsCode } from '../base/connection-fault.ts';
import { messageOf, ToolError, type ToolErrorOptions } from '../base/tool-error.ts';

/** Where a request went, for messages. */
export interface RequestPlace {
  readonly host: string;
  /** Empty for requests that concern the whole registry. */
  readonly repository: string;
}

/** A `ToolError` for a request that got no answer. */
export function toConnectionError(error: unknown, place: RequestPlace): ToolError {
  if (error instanceof ToolError) return error;
  const code = codeOf(error);
  const what = formatPlace(place);
  if (isTimeoutCode(code)) {
    return new ToolError('REGISTRY_TIMEOUT', `${what} did not answer in time.`, {
      hint: `Check that ${place.host} is up and not overloaded, then run again.`,
      cause: error,
      disposition: 'retry',
    });
  }
  if (isTlsCode(code)) return tlsError(error, what, place.host);
  const why = describeCode(code, error);
  return new ToolError('REGISTRY_UNREACHABLE', `${what} cannot be reached: ${why}.`, {
    hint: `Check host and port in mirror.yaml and that the registry runs: curl -i http(s)://${place.host}/v2/`,
    cause: error,
    disposition: 'retry',
  });
}

/** As undici says it, of a tunnel and of plain HTTP. */
const PROXY_REFUSAL = /^Proxy (?:response|Authentication Required) \((\d+)\)/;

/** The same where the request went through a proxy, `host:port` of which is given. */
export function toProxyError(error: unknown, place: RequestPlace, proxy: string): ToolError {
  if (error instanceof ToolError) return error;
  const code = codeOf(error);
  // Only the registry's certificate has such a code; a proxy's own is told apart by undici.
  if (isTlsCode(code)) return toConnectionError(error, place);
  const refused = PROXY_REFUSAL.exec(messageOf(error))?.[1];
  if (refused !== undefined) return toProxyRefusal(Number(refused), place, proxy);
  const why = isTimeoutCode(code) ? 'no answer came in time' : describeCode(code, error);
  return proxyError(`${formatPlace(place)} cannot be reached through the proxy ${proxy}: ${why}.`, {
    hint: `Check HTTPS_PROXY and HTTP_PROXY, or list ${place.host} in NO_PROXY.`,
    cause: error,
    disposition: 'retry',
  });
}

function toProxyRefusal(status: number, place: RequestPlace, proxy: string): ToolError {
  const wantsLogin = status === 407;
  const why = wantsLogin
    ? 'wants another user name and password, or any (407)'
    : `answered ${status}`;
  return proxyError(`The proxy ${proxy} does not let through to ${place.host}: it ${why}.`, {
    hint: wantsLogin
      ? `Write user and password into HTTPS_PROXY or HTTP_PROXY (http://user:password@${proxy}), or list ${place.host} in NO_PROXY.`
      : `Have the proxy let ${place.host} through, or list it in NO_PROXY.`,
    disposition: status >= 500 ? 'retry' : 'stall',
  });
}

function proxyError(message: string, options: ToolErrorOptions): ToolError {
  return new ToolError('REGISTRY_PROXY', message, options);
}

function tlsError(error: unknown, what: string, host: string): ToolError {
  const plain = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|EPROTO/.test(codeOf(error));
  const why = plain ? 'it does not speak TLS on this port' : messageOf(error);
  return new ToolError('REGISTRY_TLS', `${what} cannot be trusted: ${why}.`, {
    hint: plain
      ? `If ${host} is a plain HTTP registry, write insecure: true for it in mirror.yaml.`
      : `Give the certificate authority of ${host} as caFile of this registry in mirror.yaml, or put it into /etc/containers/certs.d/${host}/ca.crt.`,
    cause: error,
  });
}

/** A `ToolError` for a status that is not the answer to the question; `retryAfterSeconds` from the header. */
export function toStatusError(
  status: number,
  place: RequestPlace,
  details: { readonly retryAfterSeconds: number | null; readonly loggedIn: boolean },
): ToolError {
  const what = formatPlace(place);
  const waits = details.retryAfterSeconds;
  const retryAfter = waits === null ? {} : { retryAfterSeconds: waits };
  const login = `skopeo login ${place.host}`;
  if (status === 401) {
    const why = details.loggedIn ? 'refused the user name or password' : 'wants a login';
    return stall(
      'REGISTRY_UNAUTHORIZED',
      `${what} ${why} (401).`,
      `Log in with a user who may pull: ${login}`,
    );
  }
  if (status === 403) {
    return stall(
      'REGISTRY_FORBIDDEN',
      `${what} forbids reading (403).`,
      `Give the user of the auth file the right to pull ${place.repository}, or log in as another: ${login}`,
    );
  }
  if (status === 429) {
    const until = waits === null ? 'later' : `in ${waits} s`;
    return new ToolError('REGISTRY_RATE_LIMITED', `${what} refuses more requests for now (429).`, {
      hint: `Run again ${until}, or raise the rate limit of ${place.host}.`,
      disposition: 'wait',
      ...retryAfter,
    });
  }
  if (status >= 500) {
    return new ToolError('REGISTRY_SERVER_ERROR', `${what} failed with ${status}.`, {
      hint: `Look into the log of ${place.host}, then run again.`,
      disposition: 'retry',
      ...retryAfter,
    });
  }
  return stall(
    'REGISTRY_PROTOCOL',
    `${what} gave the unexpected answer ${status}.`,
    `Check that ${place.host} is a container registry: curl -i http(s)://${place.host}/v2/`,
  );
}

/** For answers in HTML: a login page, a proxy, a wrong port. */
export function notARegistry(status: number, place: RequestPlace): ToolError {
  return stall(
    'REGISTRY_NOT_A_REGISTRY',
    `${formatPlace(place)} answered ${status} with something that no container registry sends.`,
    `Check the port and pathPrefix of ${place.host} in mirror.yaml; a proxy or login page may stand before it.`,
  );
}

/** `registry.example/path`, as messages name it. */
function formatPlace(place: RequestPlace): string {
  return place.repository === '' ? place.host : `${place.host}/${place.repository}`;
}

function stall(code: ToolError['code'], message: string, hint: string): ToolError {
  const options: ToolErrorOptions = { hint };
  return new ToolError(code, message, options);
}
