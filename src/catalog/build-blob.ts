import { withLazyLine } from '../base/lazy-line.ts';
import type { Problem } from '../base/problem.ts';
import { joinNames, shorten } from '../base/text.ts';
import { canonicalizeFields, foldKey } from './canonical-fields.ts';
import { isJsonObject } from './raw-json.ts';
import type { Blob, JsonObject, JsonValue } from './types.ts';

/** Where an object was read. */
export interface BlobPlace {
  readonly file: string;
  /** 1-based; counted when it is asked for. */
  readonly findLine: () => number;
}

const HEAD_KEYS = ['schema', 'package', 'name'] as const;
type HeadKey = (typeof HEAD_KEYS)[number];

/** Makes a blob of one object of a stream, or says why it is none. */
export function buildBlob(value: JsonValue, place: BlobPlace): Blob | Problem {
  if (value === null) return schemaMissing(null, place);
  if (!isJsonObject(value))
    return syntaxProblem('Each document of a catalog must be a mapping.', locate(place));
  const keys = findHeadKeys(value);
  const duplicate = HEAD_KEYS.find((key) => keys[key].length > 1);
  if (duplicate !== undefined)
    return syntaxProblem(
      `The key "${duplicate}" stands there several times: ${joinNames(keys[duplicate])}.`,
      locate(place),
    );
  const wrong = HEAD_KEYS.find((key) => keys[key].some((name) => typeof value[name] !== 'string'));
  if (wrong !== undefined)
    return syntaxProblem(`The value of "${wrong}" must be a text.`, locate(place));
  const texts = HEAD_KEYS.map((key) => value[keys[key][0] ?? '']);
  const [schema, pkg, name] = texts.map((text) => (typeof text === 'string' ? text : ''));
  if (schema === undefined || schema === '') return schemaMissing(value, place);
  const owner = (schema === 'olm.package' ? name : pkg) ?? '';
  const blob: Blob = {
    schema,
    package: owner,
    name: name ?? '',
    value: canonicalizeFields(value, schema),
    file: place.file,
    line: 0,
  };
  return withLazyLine(blob, place.findLine);
}

export function isProblem(value: Blob | Problem): value is Problem {
  return 'severity' in value;
}

function findHeadKeys(value: JsonObject): Readonly<Record<HeadKey, readonly string[]>> {
  const found: Record<HeadKey, string[]> = { schema: [], package: [], name: [] };
  for (const key of Object.keys(value)) {
    // Folding can only map a key of one of these lengths to one of the three names.
    if (key.length < 4 || key.length > 7) continue;
    const folded = foldKey(key);
    const head = HEAD_KEYS.find((candidate) => candidate === folded);
    if (head !== undefined) found[head].push(key);
  }
  return found;
}

function schemaMissing(value: JsonObject | null, place: BlobPlace): Problem {
  const excerpt =
    value === null ? 'An empty document' : `The object ${JSON.stringify(value).slice(0, 120)}`;
  return {
    ...syntaxProblem(`${excerpt} has no schema.`, locate(place)),
    hint: 'Every file of a catalog folder is read, whatever its name: remove it, or name it in a .indexignore file.',
    ...namesOf(value),
  };
}

function namesOf(value: JsonObject | null): {
  readonly package?: string;
  readonly bundle?: string;
} {
  const { package: pkg, name, image } = value ?? {};
  const bundle = typeof name === 'string' && image !== undefined ? { bundle: shorten(name) } : {};
  return typeof pkg === 'string' ? { package: shorten(pkg), ...bundle } : bundle;
}

function locate({ file, findLine }: BlobPlace): { readonly file: string; readonly line: number } {
  return { file, line: findLine() };
}

/** A fault of the text itself. */
export function syntaxProblem(
  message: string,
  place: { readonly file: string; readonly line?: number; readonly column?: number },
): Problem {
  return { severity: 'error', code: 'CATALOG_SYNTAX', message, ...place };
}
