import { Buffer } from 'node:buffer';
import { textField } from './blob-fields.ts';
import { decodeManifest } from './csv-metadata.ts';
import { replaceField } from './edit-blob.ts';
import { decodePlain, encodePlain, findDataKey } from './manifest-text.ts';
import { parseJsonKeepingNumbers } from './parse-json.ts';
import { isJsonArray, isJsonObject, objectOf, ownField } from './raw-json.ts';
import { spliceReferences } from './splice-references.ts';
import type { JsonObject, JsonValue } from './types.ts';

/** What becomes of the references that are known; others stay as they are. */
export type ReferenceTargets = ReadonlyMap<string, string>;

/**
 * The properties of a bundle with every string in these places changed that is exactly a known reference. Objects in
 * base64 are the same byte for byte elsewhere, so the way back gives what was there; but what is not plain JSON in
 * them, such as YAML, becomes JSON.
 */
export function rewriteManifests(
  properties: JsonValue | undefined,
  places: readonly number[],
  targets: ReferenceTargets,
): JsonValue | undefined {
  if (!isJsonArray(properties) || places.length === 0) return properties;
  return properties.map((property, place) =>
    places.includes(place) && isJsonObject(property)
      ? rewriteManifest(property, targets)
      : property,
  );
}

function rewriteManifest(property: JsonObject, targets: ReferenceTargets): JsonObject {
  const value = ownField(property, 'value') ?? null;
  if (textField(property, 'type') === 'olm.csv.metadata')
    return replaceField(property, 'value', rewriteTexts(value, targets));
  const key = findDataKey(value);
  if (key === null || !isJsonObject(value)) return property;
  const data = rewriteData(textField(value, key), targets);
  return replaceField(property, 'value', replaceField(value, key, data));
}

function rewriteData(data: string, targets: ReferenceTargets): string {
  const text = decodePlain(data);
  if (text !== null) {
    const spliced = spliceReferences(text, targets);
    return spliced === text ? data : encodePlain(spliced);
  }
  const manifest = decodeManifest(data, parseJsonKeepingNumbers) ?? null;
  const rewritten = rewriteTexts(manifest, targets);
  return rewritten === manifest ? data : Buffer.from(JSON.stringify(rewritten)).toString('base64');
}

/** The value with its strings changed; the identical one where there is nothing to change. */
function rewriteTexts(value: JsonValue, targets: ReferenceTargets): JsonValue {
  if (typeof value === 'string') return targets.get(value) ?? value;
  if (isJsonArray(value)) {
    const list = value.map((item) => rewriteTexts(item, targets));
    return list.every((item, index) => item === value[index]) ? value : list;
  }
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value);
  const fields = keys.map((key) => [key, rewriteTexts(value[key] ?? null, targets)] as const);
  return fields.every(([key, field]) => field === value[key]) ? value : objectOf(fields);
}
