import type { IncomingHttpHeaders } from 'node:http';

export interface HeadAnswer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
}

// The whole head at once, since a short process asks thousands: nothing but ASCII, no line that is folded, an end of a
// line only where one ends.
const USUAL = /^HTTP\/1\.1 ([2-5]\d\d)(?: [\t\x20-\x7e]*)?(?:\r\n[A-Za-z\d-]+:[\t\x20-\x7e]*)*$/;

/**
 * Reads the answer to a HEAD as undici does; the empty line that ends it is left out. Null for what is not read here:
 * another version than 1.1, an interim answer, folded lines, odd names, bytes beyond ASCII, a length that is told twice.
 */
export function parseHeadAnswer(text: string): HeadAnswer | null {
  const status = USUAL.exec(text)?.[1];
  if (status === undefined) return null;
  const headers: Record<string, string | string[]> = {};
  for (const line of text.split('\r\n').slice(1)) addHeader(headers, line);
  return hasClearLength(headers) ? { statusCode: Number(status), headers } : null;
}

function addHeader(headers: Record<string, string | string[]>, line: string): void {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon).toLowerCase();
  const value = line.slice(colon + 1).trimStart();
  const known = Object.hasOwn(headers, name) ? headers[name] : undefined;
  headers[name] = known === undefined ? value : [known, value].flat();
}

function hasClearLength(headers: IncomingHttpHeaders): boolean {
  const length: unknown = headers['content-length'];
  if (length === undefined) return true;
  return (
    headers['transfer-encoding'] === undefined && typeof length === 'string' && /^\d+$/.test(length)
  );
}
