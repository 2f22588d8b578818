import { readPort } from '../base/image-ref.ts';
import { hasPathPrefix } from '../images/map-path.ts';
import { listMirrorRules, MIRROR_KINDS } from './mirror-rules.ts';
import {
  type ClusterObject,
  formatObject,
  listItems,
  readField,
  readPath,
  readText,
} from './read-objects.ts';

/** By which names objects of clusters may mean a registry. */
export interface RegistryNames {
  /** Hosts with port: its own and its aliases. */
  readonly hosts: readonly string[];
  /** Repositories outside of it are another registry's; empty for none. */
  readonly pathPrefix: string;
  /** Hosts that are known to be others. */
  readonly others: readonly string[];
}

/** An object that makes a cluster pull from the registry. */
export interface Pointer {
  readonly object: string;
  readonly kind: string;
  readonly file: string;
  /** The image or mirror, as the object has it. */
  readonly reference: string;
  /** What a mirror rule redirects there; null for an image. */
  readonly source: string | null;
}

export interface FoundPointers {
  readonly pointers: readonly Pointer[];
  /** As pointers, of hosts that nobody knows and that have the registry's port: perhaps it by another name. */
  readonly suspects: readonly (Pointer & { readonly host: string })[];
}

/**
 * Finds the objects that name a registry as a mirror or as the place of an image: mirror rules, and in objects of any
 * kind the fields that hold images. What a rule redirects away from the registry does not count, nor does a Pod that
 * has ended.
 */
export function findPointers(
  objects: readonly ClusterObject[],
  names: RegistryNames,
): FoundPointers {
  const named = objects.filter((object) => !hasEnded(object)).flatMap(listReferences);
  const unique = [
    ...new Map(named.map((it) => [`${it.object}\n${it.file}\n${it.reference}`, it])).values(),
  ];
  return {
    pointers: unique.filter(({ reference }) => pointsAt(reference, names)),
    suspects: unique
      .filter(({ reference }) => isSuspect(reference, names))
      .map((pointer) => ({ ...pointer, host: readPlace(pointer.reference).host })),
  };
}

/** Whether a Pod runs no more, and is started no more. */
export function hasEnded({ kind, value }: ClusterObject): boolean {
  return (
    kind === 'Pod' && ['Succeeded', 'Failed'].includes(readText(readPath(value, 'status', 'phase')))
  );
}

/** Whether a reference to an image or a repository lies in the registry, whatever its tag. */
export function pointsAt(reference: string, { hosts, pathPrefix }: RegistryNames): boolean {
  const { host, path } = readPlace(reference);
  if (!hosts.map(normalizeHost).includes(host)) return false;
  // A mirror above the prefix stands for what lies below, too.
  return hasPathPrefix(path, pathPrefix) || hasPathPrefix(pathPrefix, path);
}

/** Digests that Pods which have not ended run or pull, each with one that does. */
export function listRunDigests(objects: readonly ClusterObject[]): ReadonlyMap<string, string> {
  const digests = new Map<string, string>();
  for (const object of objects) {
    if (object.kind !== 'Pod' || hasEnded(object)) continue;
    for (const { reference } of listReferences(object)) {
      const [digest] = /sha256:[0-9a-f]{64}$/.exec(reference) ?? [];
      if (digest !== undefined && !digests.has(digest))
        digests.set(digest, `${formatObject(object)} (${object.file})`);
    }
  }
  return digests;
}

function listReferences(object: ClusterObject): readonly Pointer[] {
  const { kind, file, value } = object;
  const base = { object: formatObject(object), kind, file };
  if (MIRROR_KINDS.has(kind))
    return listMirrorRules([object]).flatMap(({ mirrors, source }) =>
      mirrors.map((reference) => ({ ...base, reference, source })),
    );
  return [...listImages(value, []), ...(kind === 'Pod' ? listPulled(value) : [])].map(
    (reference) => ({ ...base, reference, source: null }),
  );
}

/** Fields that hold an image or a repository, in Kubernetes' own objects and in those of OpenShift and OLM. */
const IMAGE_FIELDS: ReadonlySet<string> = new Set(['image', 'ref', 'reference', 'mirrors']);

// Metadata keeps what was applied once, and the status of most objects what was true once.
function listImages(value: unknown, path: readonly string[]): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => listImages(item, path));
  if (typeof value === 'string')
    return IMAGE_FIELDS.has(path.at(-1) ?? '') && value.includes('/') ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .filter(([name]) => path.length > 0 || (name !== 'metadata' && name !== 'status'))
    .flatMap(([name, field]) => listImages(field, [...path, name]));
}

function listPulled(pod: unknown): readonly string[] {
  const lists = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'];
  return lists
    .flatMap((name) => listItems(readPath(pod, 'status', name)))
    .map((status) => readText(readField(status, 'imageID')))
    .filter((text) => text.includes('/'));
}

interface Place {
  readonly host: string;
  readonly path: string;
}

function readPlace(reference: string): Place {
  const [name = ''] = reference.replace(/^[a-z][a-z-]*:\/\//, '').split('@');
  const slash = name.indexOf('/');
  if (slash < 0) return { host: normalizeHost(name), path: '' };
  const path = name.slice(slash + 1).replace(/:[^/:]*$/, '');
  return { host: normalizeHost(name.slice(0, slash)), path };
}

function normalizeHost(host: string): string {
  return host.toLowerCase().replace(/:443$/, '');
}

// A Service of the cluster is no registry outside of it.
const IN_CLUSTER = /\.svc(?:\.cluster\.local)?(?::\d+)?$/;

function isSuspect(reference: string, names: RegistryNames): boolean {
  const { host } = readPlace(reference);
  const port = readPort(host);
  if (port === null || IN_CLUSTER.test(host)) return false;
  const known = [...names.hosts, ...names.others].map(normalizeHost);
  return (
    !known.includes(host) && names.hosts.some((name) => readPort(normalizeHost(name)) === port)
  );
}
