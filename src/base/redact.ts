const MASK = '[redacted]';
const SAFE_QUERY_KEYS = new Set([
  'n',
  'last',
  'service',
  'scope',
  'tag',
  'ns',
  'digest',
  'from',
  'mount',
]);

/** The address without user and password; a user name of SSH stays, it is no secret. */
export function redactRemote(remote: string): string {
  return remote
    .replace(/^(https?:\/\/)[^/]*@/i, '$1')
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/:@]*):[^/]*@/i, '$1@');
}

/**
 * Removes what may be a secret from text that goes to a person, a log or a report: user:password
 * in URLs, query values outside a short allow-list, `Authorization` values, and credentials given
 * to tools as `--creds`-like flags.
 */
export function redactSecrets(text: string): string {
  return text
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)([^\s/@"']+)@/gi, `$1${MASK}@`)
    .replace(
      /\b(https?:\/\/[^\s?"'<>]+)\?([^\s"'<>]*)/gi,
      (_, url: string, query: string) => `${url}?${redactQuery(query)}`,
    )
    .replace(
      /\b(authorization["']?\s*[:=]\s*["']?)(?:(basic|bearer)\s+)?[^\s"',}]+/gi,
      (_, head: string, scheme?: string) => `${head}${scheme ? `${scheme} ` : ''}${MASK}`,
    )
    .replace(/\b(basic|bearer)\s+[A-Za-z0-9+/=._~-]{8,}/gi, `$1 ${MASK}`)
    .replace(/(--(?:src-|dest-)?(?:creds|password|registry-token|token)[= ])\S+/gi, `$1${MASK}`)
    .replace(
      /("(?:auth|password|identitytoken|registrytoken|access_token|refresh_token|token|secret)"\s*:\s*)"[^"]*"/gi,
      `$1"${MASK}"`,
    );
}

function redactQuery(query: string): string {
  return query
    .split('&')
    .map((pair) => {
      const [key = ''] = pair.split('=', 1);
      return SAFE_QUERY_KEYS.has(key.toLowerCase()) || !pair.includes('=')
        ? pair
        : `${key}=${MASK}`;
    })
    .join('&');
}
