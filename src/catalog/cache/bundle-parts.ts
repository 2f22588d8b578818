import { Buffer } from 'node:buffer';
import type { Slabs } from '../../base/slabs.ts';
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
import { escapeJson } from './escape-json.ts';
import {
  continueFields,
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

/** Where parts lie as long as the files are looked at. */
export type PartMemory = Pick<Slabs, 'write' | 'copy'>;

/** Renders the parts of bundles when their values are at hand, or else when they are asked for. */
export interface BundleRenderer {
  /**
   * Learns what is judged of a blob; of a bundle that stands behind its package, and can be rendered, the parts, so that
   * nobody has to ask for its value again.
   */
  readonly learn: LearnBlob;
  readonly partsOf: (bundle: Blob, face: PackageFace) => BundleParts;
}

export function createBundleRenderer(memory: PartMemory = ALONE): BundleRenderer {
  const known = new Map<Blob, { readonly face: PackageFace; readonly parts: BundleParts }>();
  let face: PackageFace | null = null;
  function learn(blob: Blob): void {
    const facts = readFacts(blob);
    if (blob.schema === 'olm.package') face = readBlobFace(blob);
    if (blob.schema === 'olm.bundle' && face !== null && !hasFaults(facts))
      known.set(blob, { face, parts: renderParts(blob, face, memory) });
  }
  function partsOf(bundle: Blob, its: PackageFace): BundleParts {
    const found = known.get(bundle);
    return found?.face === its ? found.parts : renderParts(bundle, its, memory);
  }
  return { learn, partsOf };
}

const ALONE: PartMemory = {
  write: (text) => Buffer.from(text),
  copy: (bytes) => bytes.slice(),
};

function renderParts(bundle: Blob, face: PackageFace, memory: PartMemory): BundleParts {
  const { write } = memory;
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
    middle: [
      ...renderManifests(readManifests(bundle, face), memory),
      write(continueFields(fields)),
    ],
    lists: write(continueFields(lists)),
  };
}

const CSV_FIELD = Buffer.from(',"csvJson":"');
const CSV_END = Buffer.from('"');
const OBJECTS = Buffer.from(',"object":["');
const NEXT = Buffer.from('","');
const OBJECTS_END = Buffer.from('"]');

// The CSV is large, and mostly among the objects too.
function renderManifests(
  { csv, objects }: BundleManifests,
  { copy }: PartMemory,
): readonly Uint8Array[] {
  const escaped = csv === null ? null : copy(escapeJson(csv));
  const list = objects.flatMap((json) => [
    NEXT,
    escaped !== null && json === csv ? escaped : copy(escapeJson(json)),
  ]);
  return [
    ...(escaped === null ? [] : [CSV_FIELD, escaped, CSV_END]),
    ...(list.length === 0 ? [] : [OBJECTS, ...list.slice(1), OBJECTS_END]),
  ];
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
