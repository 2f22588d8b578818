import { Buffer } from 'node:buffer';
import { hasFaults, readFacts } from '../blob-facts.ts';
import {
  type BundleProperty,
  foldedField,
  readBundleFacts,
  readProperties,
} from '../blob-fields.ts';
import type { LearnBlob } from '../parse-catalog.ts';
import { isJsonObject } from '../raw-json.ts';
import type { Blob, JsonValue } from '../types.ts';
import { type BundleManifests, readManifests } from './bundle-csv.ts';
import {
  escapeHtml,
  formatFilled,
  formatFilledList,
  formatFree,
  formatText,
  joinFields,
} from './format-go.ts';
import { type PackageFace, readBlobFace } from './package-face.ts';

/** What the files of a bundle have in common, whatever the channel. */
export interface BundleParts {
  /** From the manifests to the version, with a comma before each field. */
  readonly middle: readonly Uint8Array[];
  readonly lists: Uint8Array;
}

/** Bytes of a text as UTF-8. */
export type WriteText = (text: string) => Uint8Array;

/** Renders the parts of bundles when their values are at hand, or else when they are asked for. */
export interface BundleRenderer {
  /**
   * Learns what is judged of a blob; of a bundle that stands behind its package, and can be rendered, the parts, so that
   * nobody has to ask for its value again.
   */
  readonly learn: LearnBlob;
  readonly partsOf: (bundle: Blob, face: PackageFace) => BundleParts;
}

/** `write` gives what is looked at as long as the files are. */
export function createBundleRenderer(write: WriteText = writeAlone): BundleRenderer {
  const known = new Map<Blob, { readonly face: PackageFace; readonly parts: BundleParts }>();
  let face: PackageFace | null = null;
  function learn(blob: Blob): void {
    const facts = readFacts(blob);
    if (blob.schema === 'olm.package') face = readBlobFace(blob);
    if (blob.schema === 'olm.bundle' && face !== null && !hasFaults(facts))
      known.set(blob, { face, parts: renderParts(blob, face, write) });
  }
  function partsOf(bundle: Blob, its: PackageFace): BundleParts {
    const found = known.get(bundle);
    return found?.face === its ? found.parts : renderParts(bundle, its, write);
  }
  return { learn, partsOf };
}

function writeAlone(text: string): Uint8Array {
  return Buffer.from(text);
}

function renderParts(bundle: Blob, face: PackageFace, write: WriteText): BundleParts {
  const properties = readProperties(bundle);
  const facts = readBundleFacts(bundle);
  const fields = [
    ['bundlePath', escapeNull(formatFilled(facts.image))],
    ['providedApis', formatApis(properties, 'olm.gvk')],
    ['requiredApis', formatApis(properties, 'olm.gvk.required')],
    ['version', formatFilled(facts.version.version)],
  ] as const;
  const lists = [
    ['dependencies', formatFilledList(properties.flatMap(formatDependency))],
    ['properties', formatFilledList(properties.flatMap(formatProperty))],
  ] as const;
  return {
    middle: [...renderManifests(readManifests(bundle, face), write), write(continueFields(fields))],
    lists: write(continueFields(lists)),
  };
}

const CSV_FIELD = Buffer.from(',"csvJson":');
const OBJECTS = Buffer.from(',"object":[');
const COMMA = Buffer.from(',');
const END = Buffer.from(']');

// The CSV is large, and mostly among the objects too.
function renderManifests(
  { csv, objects }: BundleManifests,
  write: WriteText,
): readonly Uint8Array[] {
  const quoted = write(formatText(csv));
  const list = objects.flatMap((json) => [COMMA, json === csv ? quoted : write(formatText(json))]);
  return [
    ...(csv === '' ? [] : [CSV_FIELD, quoted]),
    ...(list.length === 0 ? [] : [OBJECTS, ...list.slice(1), END]),
  ];
}

/** The fields of an object that has some before. */
export function continueFields(fields: readonly (readonly [string, string | null])[]): string {
  return fields.map(([name, text]) => (text === null ? '' : `,"${name}":${text}`)).join('');
}

export function escapeNull(text: string | null): string | null {
  return text === null ? null : escapeHtml(text);
}

function formatApis(properties: readonly BundleProperty[], type: string): string | null {
  const apis = properties.filter((property) => property.type === type);
  return escapeNull(formatFilledList(apis.map(({ value }) => formatApi(value ?? null))));
}

function formatApi(value: JsonValue): string {
  return joinFields(
    (['group', 'version', 'kind'] as const).map((name) => [
      name,
      formatFilled(textOf(value, name)),
    ]),
  );
}

function textOf(value: JsonValue, name: string): string {
  const field = isJsonObject(value) ? foldedField(value, name) : undefined;
  return typeof field === 'string' ? field : '';
}

function formatProperty({ type, value }: BundleProperty): readonly string[] {
  if (type === 'olm.bundle.object' || type === 'olm.csv.metadata') return [];
  return [formatTyped(type, formatFree(value ?? null))];
}

function formatDependency({ type, value }: BundleProperty): readonly string[] {
  if (type === 'olm.gvk.required') return [formatTyped('olm.gvk', formatFree(value ?? null))];
  if (type !== 'olm.package.required') return [];
  const version = textOf(value ?? null, 'versionRange');
  const required = joinFields([
    ['packageName', formatText(textOf(value ?? null, 'packageName'))],
    ['version', formatText(version)],
  ]);
  return [formatTyped('olm.package', required)];
}

function formatTyped(type: string, value: string): string {
  const fields = [
    ['type', formatFilled(type)],
    ['value', formatFilled(value)],
  ] as const;
  return escapeHtml(joinFields(fields));
}
