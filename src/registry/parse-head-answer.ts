import type { IncomingHttpHeaders } from 'node:http';

export interface HeadAnswer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
}

const ASCII = /^[\t\r\n\x20-\x7e]*$/;
const STATUS_LINE = /^HTTP\/1\.1 ([2-5]\d\d)(?: |$)/;
const NAME = /^[a-z0-9-]+$/;

/**
 * Reads the answer to a HEAD as undici does; the empty line that ends it is left out. Null for what is not read here:
 * another version than 1.1, an interim answer, folded lines, odd names, bytes beyond ASCII, a length that is told twice.
 */
export function parseHeadAnswer(text: string): HeadAnswer | null {
  if (!ASCII.test(text)) return null;
  const [first = '', ...lines] = text.split('\r\n');
  const status = STATUS_LINE.exec(first)?.[1];
  if (status === undefined) return null;
  const headers: Record<string, string | string[]> = {};
  for (const line of lines) if (!addHeader(headers, line)) return null;
  return hasClearLength(headers) ? { statusCode: Number(status), headers } : null;
}

function addHeader(headers: Record<string, string | string[]>, line: string): boolean {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon).toLowerCase();
  // Without a colon the name lacks its last letter, so that is asked first.
  if (colon < 0 || !NAME.test(name) || /[\r\n]/.test(line)) return false;
  const value = line.slice(colon + 1).trimStart();
  const known = Object.hasOwn(headers, name) ? headers[name] : undefined;
  headers[name] = known === undefined ? value : [known, value].flat();
  return true;
}

function hasClearLength(headers: IncomingHttpHeaders): boolean {
  const length: unknown = headers['content-length'];
  if (length === undefined) return true;
  return (
    headers['transfer-encoding'] === undefined && typeof length === 'string' && /^\d+$/.test(length)
  );
}
