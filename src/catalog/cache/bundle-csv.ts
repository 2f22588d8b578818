import { type OncePer, oncePer } from '../../base/once-per.ts';
import {
  foldedField,
  listField,
  readBundleVersion,
  readProperties,
  textField,
} from '../blob-fields.ts';
import { CSV_METADATA_RULES, decodeManifest } from '../csv-metadata.ts';
import { type FieldRule, list, text } from '../field-rules.ts';
import { parseJsonKeepingNumbers } from '../parse-json.ts';
import { isJsonObject } from '../raw-json.ts';
import type { Blob, JsonObject } from '../types.ts';
import { escapeJson, type JsonParts } from './escape-json.ts';
import {
  continueFields,
  formatDouble,
  formatField,
  formatFilled,
  formatSorted,
  formatText,
  joinFields,
  type WrittenField,
} from './format-go.ts';
import type { PackageFace, PackageIcon } from './package-face.ts';

/** The manifests that opm serves of a bundle, each as JSON in which nothing is escaped for HTML yet. */
export interface BundleManifests {
  /** Null where there is none; the identical one where it is among the objects. */
  readonly csv: JsonParts | null;
  readonly objects: readonly JsonParts[];
}

/**
 * The CSV among a bundle's manifests, or else one made of its `olm.csv.metadata`, which then is its
 * only manifest where it has no others.
 */
export function readManifests(bundle: Blob, face: PackageFace): BundleManifests {
  const objects: JsonParts[] = [];
  let csv: JsonParts | null = null;
  for (const { type, value } of readProperties(bundle)) {
    if (type !== 'olm.bundle.object') continue;
    const data = isJsonObject(value) ? foldedField(value, 'data') : undefined;
    const manifest = decodeManifest(typeof data === 'string' ? data : '', parseJsonKeepingNumbers);
    const json = [formatSorted(manifest ?? null, formatInteger)];
    objects.push(json);
    if (csv === null && textField(manifest, 'kind') === 'ClusterServiceVersion') csv = json;
  }
  if (csv !== null) return { csv, objects };
  const metadata = readProperties(bundle).find(({ type }) => type === 'olm.csv.metadata');
  if (metadata === undefined) return { csv, objects };
  const value = isJsonObject(metadata.value) ? metadata.value : {};
  const made = formatCsv(bundle, value, face);
  return { csv: made, objects: objects.length === 0 ? [made] : objects };
}

const MIN_INTEGER = -(2n ** 63n);
const MAX_INTEGER = 2n ** 64n - 1n;

// Go's YAML reader, through which manifests go, keeps whole numbers of 64 bits as they are.
function formatInteger(source: string): string {
  if (/^-?\d+$/.test(source)) {
    const integer = BigInt(source);
    if (integer >= MIN_INTEGER && integer <= MAX_INTEGER) return String(integer);
  }
  return formatDouble(source);
}

const RELATED = list('relatedImages', [text('name'), text('image')]);
const RULES: ReadonlyMap<string, FieldRule> = new Map(
  CSV_METADATA_RULES.map((rule) => [rule.name, rule]),
);

// OLM's package server panics without an install strategy.
const INSTALL = '{"strategy":"deployment","spec":{"deployments":null}}';

function formatCsv(bundle: Blob, metadata: JsonObject, face: PackageFace): JsonParts {
  const head = joinFields([
    ['kind', '"ClusterServiceVersion"'],
    ['apiVersion', '"operators.coreos.com/v1alpha1"'],
    [
      'metadata',
      joinFields([
        ['name', formatText(bundle.name)],
        fieldOf(metadata, 'labels'),
        fieldOf(metadata, 'annotations'),
      ]),
    ],
    ['spec', joinFields(listFieldsBefore(bundle, metadata, face))],
  ]).slice(0, -'}}'.length);
  const tail = `${continueFields(listFieldsBehind(bundle, metadata))}},"status":{"cleanup":{}}}`;
  return face.icon === null
    ? [head + tail]
    : [`${head},"icon":[`, escapeIcon(face.icon), `]${tail}`];
}

/** Fields of the specification before its icon; there are some. */
function listFieldsBefore(
  bundle: Blob,
  metadata: JsonObject,
  face: PackageFace,
): readonly WrittenField[] {
  const [, description] = fieldOf(metadata, 'description');
  const [, displayName] = fieldOf(metadata, 'displayName');
  return [
    ['install', INSTALL],
    ['version', formatText(readBundleVersion(bundle).version)],
    fieldOf(metadata, 'maturity'),
    fieldOf(metadata, 'crdDescriptions', 'customresourcedefinitions'),
    fieldOf(metadata, 'apiServiceDefinitions', 'apiservicedefinitions'),
    fieldOf(metadata, 'nativeAPIs'),
    fieldOf(metadata, 'minKubeVersion'),
    ['displayName', displayName ?? '""'],
    ['description', description ?? formatFilled(face.description)],
    fieldOf(metadata, 'keywords'),
    fieldOf(metadata, 'maintainers'),
    fieldOf(metadata, 'provider'),
    fieldOf(metadata, 'links'),
  ];
}

function listFieldsBehind(bundle: Blob, metadata: JsonObject): readonly WrittenField[] {
  const related = listField(bundle.value, 'relatedImages');
  return [
    fieldOf(metadata, 'installModes'),
    ['cleanup', '{"enabled":false}'],
    ['relatedImages', related.length === 0 ? null : formatField(related, RELATED)],
  ];
}

function fieldOf(metadata: JsonObject, name: string, as: string = name): WrittenField {
  const rule = RULES.get(name);
  if (rule === undefined) throw new Error(`There is no field ${name}.`);
  return [as, formatField(foldedField(metadata, name), rule)];
}

// All bundles of a package have the same one, which may be longer than all the rest.
const escapeIcon: OncePer<PackageIcon, Uint8Array> = oncePer(({ data, mediaType }) =>
  escapeJson([
    joinFields([
      ['base64data', formatText(data ?? '')],
      ['mediatype', formatText(mediaType)],
    ]),
  ]).slice(),
);
