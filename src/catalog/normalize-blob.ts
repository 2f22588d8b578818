import { compareBytes } from '../base/text.ts';
import {
  type FieldRule,
  list,
  normalizeFields,
  normalizeMapping,
  omitted,
  text,
} from './field-rules.ts';
import { isJsonArray, isJsonObject, objectOf } from './raw-json.ts';
import type { Blob, JsonObject, JsonValue } from './types.ts';

const PROPERTY = [text('type'), { name: 'value', omitEmpty: false, empty: null, below: null }];
const PROPERTIES = omitted(list('properties', PROPERTY));
const ICON = [{ ...text('base64data'), empty: null }, text('mediatype')];
const ENTRY = [
  text('name'),
  omitted(text('replaces')),
  omitted(list('skips', null)),
  omitted(text('skipRange')),
];
const REFERENCE = [text('schema'), omitted(text('name'))];

const RULES: ReadonlyMap<string, readonly FieldRule[]> = new Map([
  [
    'olm.package',
    [
      text('schema'),
      text('name'),
      text('defaultChannel'),
      { name: 'icon', omitEmpty: true, empty: null, below: ICON },
      omitted(text('description')),
      PROPERTIES,
    ],
  ],
  [
    'olm.channel',
    [text('schema'), text('name'), text('package'), list('entries', ENTRY), PROPERTIES],
  ],
  [
    'olm.bundle',
    [
      text('schema'),
      omitted(text('name')),
      omitted(text('package')),
      text('image'),
      PROPERTIES,
      omitted(list('relatedImages', [text('name'), text('image')])),
    ],
  ],
  [
    'olm.deprecations',
    [
      text('schema'),
      text('package'),
      list('entries', [
        { name: 'reference', omitEmpty: false, empty: {}, below: REFERENCE },
        text('message'),
      ]),
    ],
  ],
]);

/**
 * The content of a blob as it is after a pass through opm: typed fields only, empty ones as Go's `omitempty`
 * has it, numbers as float64. Custom schemas keep all their fields.
 */
export function normalizeBlob(blob: Blob): JsonObject {
  const rules = RULES.get(blob.schema);
  const value =
    rules === undefined ? normalizeMapping(blob.value) : normalizeFields(blob.value, rules);
  return blob.schema === 'olm.bundle' ? reorderBundle(value) : value;
}

// `opm render` sorts related images by address and moves the manifests behind the other properties.
function reorderBundle(value: JsonObject): JsonObject {
  const keys = Object.keys(value);
  return keys.every((key) => isInOrder(key, value[key] ?? null))
    ? value
    : objectOf(keys.map((key) => [key, reorderField(key, value[key] ?? null)]));
}

function reorderField(key: string, value: JsonValue): JsonValue {
  if (!isJsonArray(value)) return value;
  if (key === 'relatedImages') return value.toSorted(compareImages);
  if (key !== 'properties') return value;
  return [...value.filter((property) => !isManifest(property)), ...value.filter(isManifest)];
}

function isInOrder(key: string, value: JsonValue): boolean {
  if (!isJsonArray(value)) return true;
  if (key === 'relatedImages')
    return value.every((item, index) => compareImages(value[index - 1] ?? item, item) <= 0);
  if (key !== 'properties') return true;
  const first = value.findIndex(isManifest);
  return first === -1 || value.slice(first).every(isManifest);
}

function compareImages(a: JsonValue, b: JsonValue): number {
  return compareBytes(textOf(a, 'image'), textOf(b, 'image'));
}

function isManifest(property: JsonValue): boolean {
  const type = textOf(property, 'type');
  return type === 'olm.bundle.object' || type === 'olm.csv.metadata';
}

function textOf(value: JsonValue, key: string): string {
  const field = isJsonObject(value) ? value[key] : undefined;
  return typeof field === 'string' ? field : '';
}
