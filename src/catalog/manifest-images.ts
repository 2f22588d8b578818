import { tryParseImageRef } from '../base/image-ref.ts';
import { type OncePer, oncePer } from '../base/once-per.ts';
import { listField, readProperties, textField } from './blob-fields.ts';
import { decodeManifest } from './csv-metadata.ts';
import { readBundleImages } from './list-images.ts';
import { decodePlain, findDataKey } from './manifest-text.ts';
import { isJsonObject, ownField } from './raw-json.ts';
import { holdsReference } from './splice-references.ts';
import type { Blob, JsonValue } from './types.ts';

/** What the manifests say that a catalog holds of a bundle: its objects, or an extract of its CSV. */
export interface ManifestImages {
  /**
   * The images in the fields that a CSV has for them, each once: of containers and init containers,
   * `RELATED_IMAGE_*`, `relatedImages` and the annotation `containerImage`. Not those that name no registry.
   */
  readonly references: readonly string[];
  /** Places in `properties` of the objects that hold one of these, or of the bundle's own images. */
  readonly places: readonly number[];
}

/** The images that a bundle's manifests name. What does not hold any need not be decoded again. */
export const readManifestImages: OncePer<Blob, ManifestImages> = oncePer((bundle) => {
  const manifests = readProperties(bundle).flatMap(({ type, value }, place) => {
    if (type === 'olm.csv.metadata') return [{ place, text: null, value: value ?? null }];
    return type === 'olm.bundle.object' ? openObject(value, place) : [];
  });
  const references = manifests.flatMap(({ value }) => listFields(value)).filter(namesRegistry);
  const known = new Set([...listOwnImages(bundle), ...references]);
  const places = manifests.flatMap(({ place, text }) =>
    text === null || holdsReference(text, known) ? [place] : [],
  );
  return { references: [...new Set(references)], places };
});

/** The images that a bundle names beside its manifests, each once. */
export function listOwnImages(bundle: Blob): ReadonlySet<string> {
  const { image, relatedImages } = readBundleImages(bundle);
  return new Set(image === '' ? relatedImages : [image, ...relatedImages]);
}

interface Manifest {
  readonly place: number;
  /** Null for what is no plain text. */
  readonly text: string | null;
  /** Null where it is no CSV. */
  readonly value: JsonValue;
}

function openObject(value: JsonValue | undefined, place: number): readonly Manifest[] {
  const key = findDataKey(value);
  const data = key === null ? '' : textField(value, key);
  const text = decodePlain(data);
  // Most bytes are those of CRDs, which need not be parsed.
  const isCsv = text?.includes('"ClusterServiceVersion"') ?? true;
  return [{ place, text, value: isCsv ? (decodeManifest(data) ?? null) : null }];
}

function listFields(manifest: JsonValue): readonly string[] {
  const kind = textField(manifest, 'kind');
  if (kind !== '' && kind !== 'ClusterServiceVersion') return [];
  const metadata = kind === '' ? manifest : readPath(manifest, 'metadata');
  const spec = readPath(manifest, 'spec');
  const templates = listAt(readPath(spec, 'install', 'spec'), 'deployments').map((deployment) =>
    readPath(deployment, 'spec', 'template', 'spec'),
  );
  const containers = templates.flatMap((pod) => [
    ...listAt(pod, 'initContainers'),
    ...listAt(pod, 'containers'),
  ]);
  const variables = containers
    .flatMap((container) => listAt(container, 'env'))
    .filter((variable) => textField(variable, 'name').startsWith('RELATED_IMAGE_'));
  return [
    ...[...listAt(spec, 'relatedImages'), ...containers].map((item) => textField(item, 'image')),
    ...variables.map((variable) => textField(variable, 'value')),
    textField(readPath(metadata, 'annotations'), 'containerImage'),
  ];
}

function readPath(value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  return path.reduce(
    (at: JsonValue | undefined, key) => (isJsonObject(at) ? ownField(at, key) : undefined),
    value,
  );
}

function listAt(value: JsonValue | undefined, key: string): readonly JsonValue[] {
  return isJsonObject(value) ? listField(value, key) : [];
}

// Words such as "placeholder" stand in these fields, too.
function namesRegistry(reference: string): boolean {
  return /^[^/]*[.:][^/]*\/|^localhost\//.test(reference) && tryParseImageRef(reference) !== null;
}
