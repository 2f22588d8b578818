import { loadAll, YAMLException } from 'js-yaml';

/**
 * Images that the CatalogSources in a text of YAML or JSON serve by OLM's own opm (`extractContent`),
 * so that the image needs no program to start. What is no YAML or no CatalogSource has none.
 */
export function listExtractedImages(text: string): readonly string[] {
  return readDocuments(text).flatMap(listObjects).flatMap(findImage);
}

function readDocuments(text: string): readonly unknown[] {
  try {
    return loadAll(text);
  } catch (error) {
    if (error instanceof YAMLException) return [];
    throw error;
  }
}

// `oc get -o yaml` gives a List.
function listObjects(value: unknown): readonly unknown[] {
  const items = field(value, 'items');
  return Array.isArray(items) ? items : [value];
}

function findImage(object: unknown): readonly string[] {
  if (field(object, 'kind') !== 'CatalogSource') return [];
  const spec = field(object, 'spec');
  const image = field(spec, 'image');
  const extract = field(field(spec, 'grpcPodConfig'), 'extractContent');
  return typeof image === 'string' && field(extract, 'catalogDir') !== undefined ? [image] : [];
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
