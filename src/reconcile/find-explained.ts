import pLimit from 'p-limit';
import { type Digest, isDigest } from '../base/digest.ts';
import { parseManifestBody } from '../base/oci.ts';
import { isToolError } from '../base/tool-error.ts';
import type { Catalog } from '../catalog/types.ts';
import { buildAttached } from '../images/attached.ts';
import { type Asked, type AskedReference, findAsked, isPlaced } from '../images/find-asked.ts';
import type { BaseImage } from '../images/list-bases.ts';
import type { WantedImage } from '../images/types.ts';
import type { PerRole } from '../manifest/types.ts';
import type { ExplainedChange, ExplainedKind } from '../plan/explain-types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { type ChildSearch, findChild } from './read-children.ts';

/** An image that something can be said of. */
export interface Explainable extends Omit<WantedImage, 'kind'> {
  readonly kind: ExplainedKind;
  /** What is to be said of it besides. */
  readonly remarks?: readonly string[];
  /** Where Git's history need not be asked. */
  readonly since?: ExplainedChange;
  readonly until?: ExplainedChange;
  /** The catalogs that named it, where they are not those of today. */
  readonly catalogs?: ReadonlyMap<string, Catalog>;
}

export interface Found {
  readonly images: readonly Explainable[];
  /** Why there may be more: what a registry did not tell. */
  readonly faults: readonly string[];
}

export interface ExplainedSearch {
  readonly images: readonly WantedImage[];
  readonly bases: readonly BaseImage[];
  readonly registries: PerRole<RegistryPort>;
  readonly signal: AbortSignal;
}

/** What Git names itself, and what is attached to it under a tag that tells. */
export function findNamed(
  asked: Asked,
  { images, bases }: Pick<ExplainedSearch, 'images' | 'bases'>,
): readonly Explainable[] {
  const found = findAsked(asked, images);
  if (asked.kind !== 'reference' || asked.attached === null)
    return [...found, ...findAsked(asked, bases)];
  const { kind, tag } = asked.attached;
  return found.map((image) => buildAttached(image, kind, { tag }));
}

/**
 * Finds what Git names under another name, by what the registry says: what a tag points at, which image
 * a platform's manifest is a part of, and which one a referrer refers to.
 */
export async function findThroughRegistry(
  asked: AskedReference,
  search: ExplainedSearch,
): Promise<Found> {
  const faults: string[] = [];
  for (const { role, repository } of asked.places) {
    const registry = search.registries[role ?? 'production'];
    const reference = asked.digest ?? asked.tag ?? 'latest';
    const head = await registry.headManifest(repository, reference, search.signal);
    if (head.state === 'unknown') faults.push(head.message);
    if (head.state !== 'present') continue;
    const byDigest = { ...asked, digest: head.digest, tag: null };
    const remark = `${registry.host}/${repository}:${reference} points at it.`;
    const named = asked.digest === null ? findNamed(byDigest, search) : [];
    if (named.length > 0) return { images: named.map(addRemark(remark)), faults };
    const place = { registry, repository, digest: head.digest };
    const found = await findWhole(byDigest, place, search);
    faults.push(...found.faults);
    if (found.images.length > 0) return { images: found.images, faults };
  }
  return { images: [], faults };
}

interface Place {
  readonly registry: RegistryPort;
  readonly repository: string;
  readonly digest: Digest;
}

/** The image that a referrer refers to, or that a manifest is a part of. */
async function findWhole(
  asked: AskedReference,
  place: Place,
  search: ExplainedSearch,
): Promise<Found> {
  const { subject, fault } = await readSubject(place);
  const subjects = subject === null ? [] : findAsked({ ...asked, digest: subject }, search.images);
  if (subjects.length > 0) {
    const { digest } = place;
    return {
      images: subjects.map((image) => buildAttached(image, 'referrer', { digest })),
      faults: [],
    };
  }
  const neighbours = search.images.filter((image) => isPlaced(image, asked));
  const found = await findParents(neighbours, place, search.signal);
  return fault === null ? found : { ...found, faults: [fault, ...found.faults] };
}

/** Manifests of one repository that are read for their parts: a release has two hundred in one. */
const MOST_PARENTS = 250;
const PARENTS_AT_ONCE = 8;

async function findParents(
  neighbours: readonly WantedImage[],
  place: Place,
  signal: AbortSignal,
): Promise<Found> {
  const limit = pLimit(PARENTS_AT_ONCE);
  const looked = neighbours.slice(0, MOST_PARENTS);
  const answers = await Promise.all(
    looked.map((image) =>
      limit(() => {
        signal.throwIfAborted();
        return findPart(image, place);
      }),
    ),
  );
  const images = looked.flatMap((image, i) => {
    const remark = answers[i]?.remark ?? null;
    return remark === null ? [] : [addRemark(remark)(image)];
  });
  const faults = answers.flatMap(({ fault }) => fault ?? []);
  if (looked.length < neighbours.length)
    faults.push(
      `only ${looked.length} of ${neighbours.length} images of ${place.repository} were looked through for their parts`,
    );
  return { images, faults };
}

async function findPart(
  image: WantedImage,
  { registry, repository, digest }: Place,
): Promise<ChildSearch> {
  const reference = image.digest ?? image.tag ?? 'latest';
  const head = image.digest === null ? await registry.headManifest(repository, reference) : null;
  if (head?.state === 'present' && head.digest === digest)
    return {
      remark: `${registry.host}/${repository}:${reference} points at ${digest}.`,
      fault: null,
    };
  return findChild(registry, { repository, reference, wanted: digest });
}

function addRemark(remark: string): (image: Explainable) => Explainable {
  return (image) => ({ ...image, remarks: [...(image.remarks ?? []), remark] });
}

async function readSubject({
  registry,
  repository,
  digest,
}: Place): Promise<{ readonly subject: Digest | null; readonly fault: string | null }> {
  try {
    const value = parseManifestBody(await registry.getManifest(repository, digest));
    const subject: unknown = Reflect.get(value, 'subject');
    if (typeof subject !== 'object' || subject === null) return { subject: null, fault: null };
    const named: unknown = Reflect.get(subject, 'digest');
    return { subject: typeof named === 'string' && isDigest(named) ? named : null, fault: null };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return { subject: null, fault: error.message };
  }
}
