import { type GoFields, isGoField, listFields, parseGoJson, readStrings } from './go-json.ts';

export interface AuthEntry {
  /** Base64 of `user:password`; empty where there is none. */
  readonly auth: string;
  readonly identityToken: string;
}

export interface AuthFile {
  readonly auths: ReadonlyMap<string, AuthEntry>;
  /** Host to the name of its helper. */
  readonly credHelpers: ReadonlyMap<string, string>;
}

/**
 * Reads an auth file as containers/image does (`pkg/docker/config`, by Go's `encoding/json`): names of fields
 * in any case, the last of repeated entries, null for nothing; any field of another type spoils the file.
 * `legacy`: the entries stand at the top. Returns null for a file that is spoilt.
 */
export function parseAuthFile(text: string, legacy: boolean): AuthFile | null {
  try {
    const value = parseGoJson(text);
    return legacy
      ? { auths: readMap(value, readEntry), credHelpers: new Map() }
      : readFile(listFields(value));
  } catch (error) {
    // The parser's own message is dropped: it quotes the text, which holds secrets.
    if (error instanceof SyntaxError || error === SPOILT) return null;
    throw error;
  }
}

const SPOILT = new Error('A field has another type.');

function readFile(fields: GoFields | null): AuthFile {
  let auths = new Map<string, AuthEntry>();
  let credHelpers = new Map<string, string>();
  for (const [name, value] of fields ?? spoilt()) {
    if (isGoField(name, 'auths')) auths = addTo(auths, value, readEntry);
    if (isGoField(name, 'credHelpers')) credHelpers = addTo(credHelpers, value, readText);
  }
  return { auths, credHelpers };
}

/** A map that comes once more adds to the first; null empties it. */
function addTo<T>(
  known: ReadonlyMap<string, T>,
  value: unknown,
  read: (value: unknown) => T,
): Map<string, T> {
  return value === null ? new Map() : new Map([...known, ...readMap(value, read)]);
}

function readMap<T>(value: unknown, read: (value: unknown) => T): Map<string, T> {
  const fields = listFields(value) ?? spoilt();
  return new Map(fields.map(([name, field]) => [name, read(field)]));
}

function readEntry(value: unknown): AuthEntry {
  const { auth = '', identitytoken = '' } =
    readStrings(value, ['auth', 'identitytoken']) ?? spoilt();
  return { auth, identityToken: identitytoken };
}

function readText(value: unknown): string {
  return typeof value === 'string' || value === null ? (value ?? '') : spoilt();
}

function spoilt(): never {
  throw SPOILT;
}
