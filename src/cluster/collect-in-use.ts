import { compareBytes } from '../base/text.ts';
import type { ObservedMirror, UnseenKind } from '../manifest/observed-cluster.ts';
import type { RawCluster } from '../manifest/schemas.ts';
import { nameRefused } from './kinds-in-use.ts';
import { listFollowers } from './list-followers.ts';
import { listMirrorRules, type MirrorRule } from './mirror-rules.ts';
import { nameUser } from './name-user.ts';
import {
  type ClusterObject,
  type CutList,
  formatObject,
  listItems,
  readField,
  readPath,
  readText,
  readTextOrNull,
} from './read-objects.ts';
import { readRelease } from './read-release.ts';
import { indexStreams, listStreamImages, type StreamImages } from './stream-images.ts';
import { isFromElsewhere, isPending, listUsedImages } from './used-images.ts';

/** What was looked at in one cluster. */
export interface ClusterInput {
  /** Name of the cluster, for people. */
  readonly name: string;
  /** UTC day on which it was looked at, `YYYY-MM-DD`. */
  readonly day: string;
  readonly objects: readonly ClusterObject[];
  readonly cut: readonly CutList[];
  /** Kinds that whoever read the objects could not read. */
  readonly unseen: readonly UnseenKind[];
  /** Kinds of custom resources whose members that speak of images count. */
  readonly included: ReadonlySet<string>;
}

/** A cluster of `in-use.yaml`, sorted: names, versions and images, and nothing else of its objects. */
export type SeenCluster = RawCluster & { readonly name: string; readonly seen: string };

/** What a cluster uses, by its objects. */
export function collectInUse(input: ClusterInput): SeenCluster {
  const objects = input.objects.filter(isOriginal);
  const installed = objects.filter(isInstalledVersion);
  const followers = listFollowers(objects);
  const packages = new Map(followers.map((follower) => [follower.bundle, follower.package]));
  return {
    name: input.name,
    seen: input.day,
    release: readRelease(objects),
    subscriptions: sortByText(
      uniteBy(objects.filter(isSubscription).map(readSubscription), nameOf),
      nameOf,
    ),
    clusterExtensions: sortByText(
      uniteBy(objects.filter(isExtension).map(readExtension), nameOf),
      nameOf,
    ),
    bundles: sortByText(
      uniteBy(
        [...installed.map((csv) => readBundle(csv, packages)), ...listPending(objects)],
        nameOf,
      ),
      nameOf,
    ),
    images: collectImages(objects, input.included),
    mirrors: uniteBy(listMirrorRules(objects).map(dropFile), (rule) => JSON.stringify(rule)),
    unseen: listUnseen(input),
  };
}

function isSubscription({ apiVersion, kind }: ClusterObject): boolean {
  return kind === 'Subscription' && apiVersion.startsWith('operators.coreos.com/');
}

function isExtension({ kind }: ClusterObject): boolean {
  return kind === 'ClusterExtension';
}

function isInstalledVersion({ kind }: ClusterObject): boolean {
  return kind === 'ClusterServiceVersion';
}

/** OLM copies each ClusterServiceVersion into every namespace that its OperatorGroup covers: those are no installations. */
function isOriginal({ kind, value }: ClusterObject): boolean {
  return !(
    kind === 'ClusterServiceVersion' &&
    (readPath(value, 'status', 'reason') === 'Copied' ||
      readPath(value, 'metadata', 'labels', 'olm.copiedFrom') !== undefined)
  );
}

function readSubscription({ name, namespace, value }: ClusterObject) {
  const spec = readField(value, 'spec');
  const installed = readTextOrNull(readPath(value, 'status', 'installedCSV'));
  const current = readTextOrNull(readPath(value, 'status', 'currentCSV'));
  return {
    name,
    namespace: namespace || null,
    package: readText(readField(spec, 'name')),
    channel: readTextOrNull(readField(spec, 'channel')),
    source: readTextOrNull(readField(spec, 'source')),
    sourceNamespace: readTextOrNull(readField(spec, 'sourceNamespace')),
    approval: readApproval(readField(spec, 'installPlanApproval')),
    installed,
    pending: current === installed ? null : current,
  };
}

function readApproval(value: unknown): 'Automatic' | 'Manual' | null {
  return value === 'Automatic' || value === 'Manual' ? value : null;
}

function readExtension({ name, value }: ClusterObject) {
  const catalog = readPath(value, 'spec', 'source', 'catalog');
  return {
    name,
    package: readText(readField(catalog, 'packageName')),
    channels: listItems(readField(catalog, 'channels')).map(readText).toSorted(compareBytes),
    version: readTextOrNull(readField(catalog, 'version')),
    installed: readTextOrNull(readPath(value, 'status', 'install', 'bundle', 'name')),
  };
}

function readBundle(
  { name, namespace, value }: ClusterObject,
  packages: ReadonlyMap<string | null, string>,
) {
  return {
    name,
    package: readPackage(value) ?? packages.get(name) ?? null,
    namespace: namespace || null,
    pending: false,
  };
}

/** OLM writes down in the ClusterServiceVersion which package its bundle is of. */
function readPackage(value: unknown): string | null {
  const text = readText(
    readPath(value, 'metadata', 'annotations', 'operatorframework.io/properties'),
  );
  try {
    const listed = listItems(readField(JSON.parse(text), 'properties'));
    const property = listed.find((item) => readField(item, 'type') === 'olm.package');
    return readTextOrNull(readPath(property, 'value', 'packageName'));
  } catch {
    return null;
  }
}

function listPending(objects: readonly ClusterObject[]) {
  return objects
    .filter(({ kind, value }) => kind === 'InstallPlan' && isPending(value))
    .flatMap(({ namespace, value }) =>
      listItems(readPath(value, 'spec', 'clusterServiceVersionNames'))
        .map(readText)
        .filter((name) => name !== '')
        .map((name) => ({ name, package: null, namespace: namespace || null, pending: true })),
    );
}

function dropFile({ source, mirrors, redirects, exclusive, object }: MirrorRule): ObservedMirror {
  return { source, mirrors, redirects, exclusive, object };
}

function collectImages(objects: readonly ClusterObject[], included: ReadonlySet<string>) {
  const users = new Map<string, Set<string>>();
  const owners = new Map(objects.map((object) => [formatObject(object), object]));
  const streams = indexStreams(objects);
  for (const object of objects) {
    const images = listImages(object, included, streams);
    if (images.length === 0) continue;
    const user = nameUser(object, owners);
    for (const image of images) users.set(image, (users.get(image) ?? new Set()).add(user));
  }
  return [...users]
    .toSorted(([a], [b]) => compareBytes(a, b))
    .map(([image, names]) => ({ image, users: [...names].toSorted(compareBytes) }));
}

function listImages(
  object: ClusterObject,
  included: ReadonlySet<string>,
  streams: StreamImages,
): readonly string[] {
  const behind = listStreamImages(object, streams).filter(isFromElsewhere);
  return [...new Set([...listUsedImages(object, included), ...behind])];
}

// What an API server answered in place of objects lies among them, as `oc get` prints it.
function listUnseen({ objects, cut, unseen }: ClusterInput): readonly UnseenKind[] {
  const refused = objects.filter(({ kind, value }) => kind === 'Status' && isFailure(value));
  const all: readonly UnseenKind[] = [
    ...unseen,
    ...cut.map(({ kind, file, missing }) => ({
      kind,
      why: 'truncated' as const,
      message: `${missing === null ? 'objects' : `${missing} objects`} are missing in ${file}`,
    })),
    ...refused.map(({ value, file }) => ({
      kind: nameRefusal(readField(value, 'details')) || file,
      why:
        readField(value, 'reason') === 'Forbidden' ? ('forbidden' as const) : ('failed' as const),
      message: readTextOrNull(readField(value, 'message')),
    })),
  ];
  return sortByText(
    uniteBy(all, ({ kind }) => kind),
    ({ kind }) => kind,
  );
}

// As a running cluster's are named, so that one waiver covers both.
function nameRefusal(details: unknown): string {
  const plural = readText(readField(details, 'kind'));
  return nameRefused(plural, readText(readField(details, 'group'))) ?? plural;
}

function isFailure(value: unknown): boolean {
  return readField(value, 'status') === 'Failure';
}

function nameOf({
  name,
  namespace = '',
}: {
  readonly name: string;
  readonly namespace?: string | null;
}): string {
  return `${namespace ?? ''}/${name}`;
}

function uniteBy<T>(items: readonly T[], keyOf: (item: T) => string): readonly T[] {
  return [...new Map(items.toReversed().map((item) => [keyOf(item), item])).values()].toReversed();
}

function sortByText<T>(items: readonly T[], textOf: (item: T) => string): readonly T[] {
  return items.toSorted((a, b) => compareBytes(textOf(a), textOf(b)));
}
