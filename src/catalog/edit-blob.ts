import { withLazyLine } from '../base/lazy-line.ts';
import { listField } from './blob-fields.ts';
import { objectOf } from './raw-json.ts';
import type { Blob, JsonObject, JsonValue } from './types.ts';

/** The blob with only those of its `entries` that pass; the identical blob where all do. */
export function filterEntries(blob: Blob, passes: (entry: JsonValue) => boolean): Blob {
  const entries = listField(blob.value, 'entries');
  const kept = entries.filter(passes);
  return kept.length === entries.length ? blob : withField(blob, 'entries', kept);
}

/** The blob with one field set. */
export function withField(blob: Blob, key: string, field: JsonValue): Blob {
  return withValue(blob, objectOf([...Object.entries(blob.value), [key, field]]));
}

/** The blob with another value; nothing is asked of it that would have to be worked out. */
export function withValue(blob: Blob, value: JsonObject): Blob {
  const { schema, package: pkg, name, file } = blob;
  const changed = { schema, package: pkg, name, value, file, line: 0 };
  return withLazyLine(changed, () => blob.line);
}

/** The object with a field that it has replaced, its keys in their order; the identical one where it has it so. */
export function replaceField(
  value: JsonObject,
  key: string,
  field: JsonValue | undefined,
): JsonObject {
  if (field === undefined || value[key] === field) return value;
  return objectOf(
    Object.keys(value).map((name) => [name, name === key ? field : (value[name] ?? null)]),
  );
}
