import { listField } from './blob-fields.ts';
import { objectOf } from './raw-json.ts';
import type { Blob, JsonValue } from './types.ts';

/** The blob with only those of its `entries` that pass; the identical blob where all do. */
export function filterEntries(blob: Blob, passes: (entry: JsonValue) => boolean): Blob {
  const entries = listField(blob.value, 'entries');
  const kept = entries.filter(passes);
  return kept.length === entries.length ? blob : withField(blob, 'entries', kept);
}

/** The blob with one field set. */
export function withField(blob: Blob, key: string, field: JsonValue): Blob {
  return { ...blob, value: objectOf([...Object.entries(blob.value), [key, field]]) };
}
