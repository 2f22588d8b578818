import { Buffer } from 'node:buffer';
import { type OncePer, oncePer } from '../base/once-per.ts';
import type { Problem } from '../base/problem.ts';
import { quote } from '../base/text.ts';
import { foldedField, readProperties } from './blob-fields.ts';
import { blobProblem } from './blob-problem.ts';
import { PROPERTY_SHAPES, SCHEMA_SHAPES } from './blob-shapes.ts';
import { findShapeFault, type ShapeFault } from './check-shape.ts';
import { parseYamlDocument } from './parse-yaml.ts';
import { isJsonObject } from './raw-json.ts';
import type { Blob, CatalogPackage, JsonValue } from './types.ts';

/** Fields of a type that opm cannot decode (spec "file-based catalogs" §2, B1 to B6 and C11). */
export function validateShapes(pkg: CatalogPackage): readonly Problem[] {
  return listTyped(pkg).flatMap(validateShape);
}

/** As `validateShapes`, for one blob of a schema that opm knows; it is looked at once. */
export const validateShape: OncePer<Blob, readonly Problem[]> = oncePer((blob) => {
  const faults = [
    ...validateSchema(blob),
    ...(blob.schema === 'olm.bundle' ? validateProperties(blob) : []),
  ];
  return faults.length === 0 ? NO_PROBLEMS : faults;
});

const NO_PROBLEMS: readonly Problem[] = [];

/**
 * What keeps `opm render` from printing a blob (B1 to B6): it decodes no properties but the
 * manifests that a bundle holds.
 */
export function validateRenderable(blob: Blob): readonly Problem[] {
  const faults = validateSchema(blob);
  return blob.schema === 'olm.bundle'
    ? [...faults, ...validateProperties(blob, ['olm.bundle.object'])]
    : faults;
}

function listTyped(pkg: CatalogPackage): readonly Blob[] {
  return [...pkg.packages, ...pkg.channels, ...pkg.bundles, ...pkg.deprecations];
}

function validateSchema(blob: Blob): readonly Problem[] {
  const shape = SCHEMA_SHAPES.get(blob.schema);
  const fault = shape === undefined ? null : findShapeFault(blob.value, shape);
  return fault === null
    ? []
    : [blobProblem(blob, `${describeBlob(blob)}: ${describeFault(fault)}.`)];
}

function validateProperties(bundle: Blob, types?: readonly string[]): readonly Problem[] {
  return readProperties(bundle).flatMap(({ type, value }, index) => {
    const fault = types?.includes(type) === false ? null : findPropertyFault(type, value);
    return fault === null
      ? []
      : [
          blobProblem(
            bundle,
            `${describeBlob(bundle)}, property ${index} of type ${quote(type)}: ${fault}.`,
          ),
        ];
  });
}

function findPropertyFault(type: string, value: JsonValue | undefined): string | null {
  if (value === undefined) return 'it has no value';
  const shape = PROPERTY_SHAPES.get(type);
  const fault = shape === undefined ? null : findShapeFault(value, shape);
  if (fault !== null) return describeFault(fault);
  return type === 'olm.bundle.object' ? findManifestFault(value) : null;
}

function findManifestFault(value: JsonValue): string | null {
  const encoded = isJsonObject(value) ? foldedField(value, 'data') : null;
  if (typeof encoded !== 'string') return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  if (isJson(text)) return null;
  const outcome = parseYamlDocument(text);
  return outcome.kind === 'fault'
    ? `its data is no manifest, since it is not YAML: ${outcome.reason}`
    : null;
}

function isJson(text: string): boolean {
  if (!text.startsWith('{')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function describeBlob(blob: Blob): string {
  return blob.schema === 'olm.deprecations'
    ? 'Deprecations'
    : `${blob.schema.charAt(4).toUpperCase()}${blob.schema.slice(5)} ${quote(blob.name)}`;
}

function describeFault(fault: ShapeFault): string {
  return fault.path === ''
    ? `${fault.expected} was expected`
    : `${fault.path} must be ${fault.expected}`;
}
