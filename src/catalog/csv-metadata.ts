import { Buffer } from 'node:buffer';
import { foldedField, readProperties, textField } from './blob-fields.ts';
import { PROPERTY_SHAPES } from './blob-shapes.ts';
import { findShapeFault } from './check-shape.ts';
import { type FieldRule, list, normalizeFields, omitted, text } from './field-rules.ts';
import { parseJson } from './parse-json.ts';
import { parseYamlDocument } from './parse-yaml.ts';
import { isJsonObject, jsonEqual, objectOf } from './raw-json.ts';
import type { Blob, JsonObject, JsonValue } from './types.ts';

/**
 * What the console sees of a bundle's CSV: its `olm.csv.metadata`, or what opm would make of its
 * manifests. Null where it has neither, or where opm could not decode it.
 */
export function readCsvMetadata(bundle: Blob): JsonObject | null {
  return readExtract(bundle) ?? buildFromObjects(bundle);
}

/**
 * The `olm.csv.metadata` that `opm render --migrate-level bundle-object-to-csv-metadata` makes of a
 * ClusterServiceVersion, empty fields as Go writes them. Null where opm could not decode it.
 *
 * @internal
 */
export function buildCsvMetadata(csv: JsonObject): JsonObject | null {
  const metadata = foldedField(csv, 'metadata') ?? {};
  const spec = foldedField(csv, 'spec') ?? {};
  if (!isJsonObject(metadata) || !isJsonObject(spec)) return null;
  return normalizeCsvMetadata(
    objectOf([
      ...SPEC_FIELDS.map((name) => [name, foldedField(spec, name) ?? null] as const),
      ['annotations', foldedField(metadata, 'annotations') ?? null],
      ['labels', foldedField(metadata, 'labels') ?? null],
      ['apiServiceDefinitions', foldedField(spec, 'apiservicedefinitions') ?? null],
      ['crdDescriptions', foldedField(spec, 'customresourcedefinitions') ?? null],
    ]),
  );
}

// What opm makes of a metadata: unknown fields gone, empty ones alike; null where it cannot be decoded.
function normalizeCsvMetadata(value: JsonObject): JsonObject | null {
  const shape = PROPERTY_SHAPES.get('olm.csv.metadata');
  if (shape === undefined || findShapeFault(value, shape) !== null) return null;
  const [annotations, labels] = ['annotations', 'labels'].map((key) => readTexts(value, key));
  const fields = objectOf([
    ...Object.entries(value).filter(([key]) => !/^(?:annotations|labels)$/i.test(key)),
    ['annotations', annotations ?? null],
    ['labels', labels ?? null],
  ]);
  return normalizeFields(fields, CSV_METADATA_RULES);
}

const SPEC_FIELDS = [
  'description',
  'displayName',
  'installModes',
  'keywords',
  'links',
  'maintainers',
  'maturity',
  'minKubeVersion',
  'nativeAPIs',
  'provider',
] as const;

const NAMES = [omitted(text('displayName')), omitted(text('description'))];
const CRD_KEY = [text('name'), text('version'), text('kind')];
const API_KEY = [text('name'), text('group'), text('version'), text('kind')];
const DESCRIPTOR: readonly FieldRule[] = [
  text('path'),
  ...NAMES,
  omitted(list('x-descriptors', null)),
  { ...omitted(list('value', null)), raw: true },
];
const DETAILS = [
  omitted(list('resources', [text('name'), text('kind'), text('version')])),
  omitted(list('statusDescriptors', DESCRIPTOR)),
  omitted(list('specDescriptors', DESCRIPTOR)),
  omitted(list('actionDescriptors', DESCRIPTOR)),
];
const SERVICE: FieldRule = { name: 'containerPort', omitEmpty: true, empty: 0, below: null };
const LINK = [omitted(text('name')), omitted(text('url'))];
const SUPPORTED: FieldRule = { name: 'supported', omitEmpty: false, empty: false, below: null };

/** Rules for the fields of the metadata, as Go's structs order them. */
function listRules(api: readonly FieldRule[], crd: readonly FieldRule[]): readonly FieldRule[] {
  return [
    omitted(list('annotations', null)),
    struct('apiServiceDefinitions', [omitted(list('owned', api)), omitted(list('required', api))]),
    struct('crdDescriptions', [omitted(list('owned', crd)), omitted(list('required', crd))]),
    omitted(text('description')),
    omitted(text('displayName')),
    omitted(list('installModes', [text('type'), SUPPORTED])),
    omitted(list('keywords', null)),
    omitted(list('labels', null)),
    omitted(list('links', LINK)),
    omitted(list('maintainers', [omitted(text('name')), omitted(text('email'))])),
    omitted(text('maturity')),
    omitted(text('minKubeVersion')),
    omitted(list('nativeAPIs', [text('group'), text('version'), text('kind')])),
    struct('provider', LINK),
  ];
}

// `omitempty` means nothing to a struct: Go writes it even when it is empty.
function struct(name: string, below: readonly FieldRule[]): FieldRule {
  return { name, omitEmpty: false, empty: {}, below };
}

/** The fields of `olm.csv.metadata` as Go's structs have them. */
export const CSV_METADATA_RULES: readonly FieldRule[] = listRules(
  [...API_KEY, omitted(text('deploymentName')), SERVICE, ...NAMES, ...DETAILS],
  [...CRD_KEY, ...NAMES, ...DETAILS],
);
// Newer opm leaves out what no client of a catalog reads (operator-registry #2088).
const COMPACT = listRules([...API_KEY, ...NAMES], [...CRD_KEY, ...NAMES]);

/** Whether what opm builds of a CSV is this metadata, in the full form or in that of newer versions. */
export function isSameMetadata(built: JsonObject, metadata: JsonObject): boolean {
  if (jsonEqual(built, metadata)) return true;
  const compact = normalizeFields(metadata, COMPACT);
  return jsonEqual(compact, metadata) && jsonEqual(compact, normalizeFields(built, COMPACT));
}

// Null for an empty map, as for none; a null inside is an empty text.
function readTexts(value: JsonObject, key: string): JsonValue {
  const map = foldedField(value, key);
  if (!isJsonObject(map)) return null;
  const entries = Object.entries(map).map(([name, item]) => [name, item ?? ''] as const);
  return entries.length === 0 ? null : objectOf(entries);
}

/** The bundle's `olm.csv.metadata`, as opm decodes it. */
export function readExtract(bundle: Blob): JsonObject | null {
  const property = readProperties(bundle).find(({ type }) => type === 'olm.csv.metadata');
  return isJsonObject(property?.value) ? normalizeCsvMetadata(property.value) : null;
}

/** What opm makes of the first ClusterServiceVersion among a bundle's manifests. */
export function buildFromObjects(bundle: Blob): JsonObject | null {
  for (const { type, value } of readProperties(bundle)) {
    if (type !== 'olm.bundle.object') continue;
    const data = isJsonObject(value) ? foldedField(value, 'data') : undefined;
    const manifest = typeof data === 'string' ? decodeManifest(data) : undefined;
    if (isJsonObject(manifest) && textField(manifest, 'kind') === 'ClusterServiceVersion')
      return buildCsvMetadata(manifest);
  }
  return null;
}

/** The content of an `olm.bundle.object`; undefined where it is neither JSON nor YAML. */
export function decodeManifest(
  data: string,
  parse: (text: string) => JsonValue = parseJson,
): JsonValue | undefined {
  const decoded = Buffer.from(data, 'base64').toString('utf8');
  try {
    return parse(decoded);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const outcome = parseYamlDocument(decoded);
    return outcome.kind === 'value' ? outcome.value : undefined;
  }
}
