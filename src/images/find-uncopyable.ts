import { isDigest } from '../base/digest.ts';
import { isIndexManifest } from '../base/oci.ts';

/** Why an image cannot be copied as it is, as parts of sentences. */
export interface Uncopyable {
  /** `it has a foreign layer, …` */
  readonly reason: string;
  readonly hint: string;
}

/** A manifest as staging gave it, parsed. */
export interface ReadManifest {
  readonly mediaType: string;
  readonly value: unknown;
}

/**
 * Finds what keeps skopeo from copying a manifest with its digest: schema 1, foreign layers, digests
 * that are not sha256. Of an index its entries are judged, not its children: those are manifests of
 * their own. Null where nothing is in the way.
 */
export function findUncopyable({ mediaType, value }: ReadManifest): Uncopyable | null {
  if (isSchema1(mediaType, value)) return SCHEMA_1;
  const parts = isIndexManifest(mediaType, value)
    ? listObjects(value, 'manifests')
    : [Reflect.get(Object(value), 'config'), ...listObjects(value, 'layers')];
  for (const part of parts) {
    const fault = judgePart(part);
    if (fault !== null) return fault;
  }
  return null;
}

/** An index that has an index for a child. */
export function nestedIndex(child: string): Uncopyable {
  return {
    reason: `it is an index whose child ${child} is an index itself, which skopeo does not copy`,
    hint: 'Name the inner index, or its images, by digest instead; or have the image built anew as one flat index.',
  };
}

/** An index of which the source lacks a child. */
export function sparseIndex(child: string): Uncopyable {
  return {
    reason: `it is an index whose child ${child} is not there`,
    hint: 'Mirror it into staging again with all its platforms (skopeo copy --all); registries refuse an index without its children.',
  };
}

/** A tag of the form `sha256-<hex>` that points at something else. */
export function referrersList(tag: string): Uncopyable {
  return {
    reason: `its tag ${tag} holds a list of referrers, which changes with every signature; production's must not be replaced by it`,
    hint: 'Name what you want of that list by digest; referrers of images that are copied come along by themselves.',
  };
}

const SCHEMA_1: Uncopyable = {
  reason: 'its manifest is of Docker schema 1, which cannot be copied without changing its digest',
  hint: 'Have it pushed anew with a current tool, and name that digest.',
};

function isSchema1(mediaType: string, value: unknown): boolean {
  if (mediaType.startsWith('application/vnd.docker.distribution.manifest.v1+')) return true;
  return Reflect.get(Object(value), 'schemaVersion') === 1;
}

function listObjects(value: unknown, field: string): readonly unknown[] {
  const list: unknown = Reflect.get(Object(value), field);
  return Array.isArray(list) ? list : [];
}

function judgePart(part: unknown): Uncopyable | null {
  const digest: unknown = Reflect.get(Object(part), 'digest');
  if (typeof digest === 'string' && !isDigest(digest))
    return {
      reason: `it names ${digest.slice(0, 40)}, which is no sha256 digest, and skopeo compares no others`,
      hint: 'Have the image pushed anew with sha256 digests.',
    };
  const urls: unknown = Reflect.get(Object(part), 'urls');
  if (!Array.isArray(urls) || urls.length === 0) return null;
  return {
    reason: `it has a foreign layer, ${String(digest)}, which is to be fetched from elsewhere and which skopeo does not copy`,
    hint: 'Nobody could pull it behind the air gap. Have the image built anew with that layer pushed to a registry (Windows base images: `--allow-nondistributable-artifacts`).',
  };
}
