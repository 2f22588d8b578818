import { messageOf } from './tool-error.ts';

const TLS_CODES =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_|ERR_SSL_|EPROTO|HOSTNAME_MISMATCH|INVALID_CA)/;
const TIMEOUT_CODES = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);

/** What Node or undici calls a failed connection: `ECONNREFUSED`; empty where it has no name. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  const [first] = error instanceof AggregateError ? error.errors : [];
  return codeOf(first ?? error.cause);
}

/** The same as a sentence part. */
export function describeCode(code: string, error: unknown): string {
  if (code === '') return messageOf(error);
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'nothing listens there (connection refused)',
    ENOTFOUND: 'its name is unknown (DNS)',
    EAI_AGAIN: 'its name cannot be looked up now (DNS)',
    ECONNRESET: 'it broke the connection',
    UND_ERR_SOCKET: 'it broke the connection',
    EHOSTUNREACH: 'there is no route to it',
    ENETUNREACH: 'there is no route to it',
  };
  return words[code] ?? code;
}

export function isTlsCode(code: string): boolean {
  return TLS_CODES.test(code);
}

export function isTimeoutCode(code: string): boolean {
  return TIMEOUT_CODES.has(code);
}
