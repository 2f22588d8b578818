import { parseImageRef } from '../base/image-ref.ts';
import { isToolError } from '../base/tool-error.ts';
import { type ClusterObject, listItems, readField, readPath, readText } from './read-objects.ts';

/** Images that a cluster has itself, and no mirror: what its builds push. */
const OWN_REGISTRY =
  /^(?:image-registry\.openshift-image-registry\.svc|docker-registry\.default\.svc)\b/;

/** Where each kind has templates of pods. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  Deployment: ['spec', 'template', 'spec'],
  ReplicaSet: ['spec', 'template', 'spec'],
  StatefulSet: ['spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  ReplicationController: ['spec', 'template', 'spec'],
  DeploymentConfig: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  PodTemplate: ['template', 'spec'],
};

const CONTAINERS = ['containers', 'initContainers', 'ephemeralContainers'] as const;

/**
 * The images that an object names, as it names them; of custom resources those of every member whose name speaks of an image,
 * where their kind is `included`. What is no reference, and images of the cluster's own registry, are left out.
 */
export function listUsedImages(
  object: ClusterObject,
  included: ReadonlySet<string>,
): readonly string[] {
  const named = included.has(object.kind) ? listNamed(dropMetadata(object.value)) : [];
  const found = [...listKnown(object), ...named];
  return [...new Set(found)].filter(isFromElsewhere);
}

/** Whether a text is a reference, and not to the cluster's own registry. */
export function isFromElsewhere(text: string): boolean {
  return !OWN_REGISTRY.test(text) && isReference(text);
}

/**
 * What an object names by digest of the cluster's own registry, and the `ImageStreamImage` that a build begins with: `namespace/name@digest`
 * of the ImageStream.
 */
export function listOwnImages(object: ClusterObject): readonly string[] {
  const own = listKnown(object).flatMap((text) => {
    const [, place] =
      /^[^/]+\/([^/@:]+\/[^/@:]+@sha256:[0-9a-f]{64})$/.exec(OWN_REGISTRY.test(text) ? text : '') ??
      [];
    return place ?? [];
  });
  return [...own, ...(object.kind === 'BuildConfig' ? listStreamImagesOfBuild(object) : [])];
}

function listStreamImagesOfBuild({ namespace, value }: ClusterObject): readonly string[] {
  return listSourcesOfBuild(value)
    .filter((from) => readField(from, 'kind') === 'ImageStreamImage')
    .map(
      (from) =>
        `${readText(readField(from, 'namespace')) || namespace}/${readText(readField(from, 'name'))}`,
    );
}

function listKnown(object: ClusterObject): readonly string[] {
  const { kind, value } = object;
  const place = TEMPLATES[kind];
  const templates = place === undefined ? [] : listOfPod(readPath(value, ...place));
  const lister = LISTERS[kind];
  return [...templates, ...(lister === undefined ? [] : lister(value))];
}

const LISTERS: Readonly<Record<string, (value: unknown) => readonly string[]>> = {
  Pod: listRunning,
  ClusterServiceVersion: listOfVersion,
  InstallPlan: listOfPlan,
  CatalogSource: (value) => [readText(readPath(value, 'spec', 'image'))],
  ClusterCatalog: (value) => [readText(readPath(value, 'spec', 'source', 'image', 'ref'))],
  BundleDeployment: (value) => [readText(readPath(value, 'spec', 'source', 'image', 'ref'))],
  BuildConfig: listOfBuild,
  ImageStream: listOfStream,
  DeploymentConfig: (value) =>
    listItems(readPath(value, 'spec', 'triggers')).map((trigger) =>
      readText(readPath(trigger, 'imageChangeParams', 'lastTriggeredImage')),
    ),
  MachineConfig: (value) => [
    readText(readPath(value, 'spec', 'osImageURL')),
    readText(readPath(value, 'spec', 'baseOSExtensionsContainerImage')),
  ],
};

function listOfPod(spec: unknown): readonly string[] {
  const containers = CONTAINERS.flatMap((name) => listItems(readField(spec, name)));
  return [
    ...containers.flatMap((container) => [
      readText(readField(container, 'image')),
      ...listItems(readField(container, 'env')).flatMap(readVariable),
    ]),
    ...listItems(readField(spec, 'volumes')).map((volume) =>
      readText(readPath(volume, 'image', 'reference')),
    ),
  ];
}

// Operators are told the images of their operands by variables such as RELATED_IMAGE_…
function readVariable(variable: unknown): readonly string[] {
  const value = readText(readField(variable, 'value'));
  return /IMAGE/i.test(readText(readField(variable, 'name'))) && isFullReference(value)
    ? [value]
    : [];
}

/**
 * What runs under names by tag: `imageID` has the digest. CRI-O and containerd write `host/path@sha256:…`, dockershim before it
 * `docker-pullable://`; an id without a path (`sha256:…`, `docker://sha256:…`, bare hex) is that of a config, which no registry is asked for.
 */
function listRunning(value: unknown): readonly string[] {
  const statuses = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'];
  const named = new Map(
    CONTAINERS.flatMap((name) => listItems(readPath(value, 'spec', name))).map((container) => [
      readText(readField(container, 'name')),
      readText(readField(container, 'image')),
    ]),
  );
  return statuses
    .flatMap((name) => listItems(readPath(value, 'status', name)))
    .flatMap((status) => {
      const image = named.get(readText(readField(status, 'name'))) ?? '';
      const digest = /^(?:docker-pullable:\/\/)?[^@]+\/[^@]+@(sha256:[0-9a-f]{64})$/.exec(
        readText(readField(status, 'imageID')),
      )?.[1];
      return image === '' || image.includes('@') || digest === undefined
        ? []
        : [`${image.replace(/:[^/:]*$/, '')}@${digest}`];
    });
}

function listOfVersion(value: unknown): readonly string[] {
  const related = listItems(readPath(value, 'spec', 'relatedImages'));
  const deployments = listItems(readPath(value, 'spec', 'install', 'spec', 'deployments'));
  return [
    ...related.map((item) => readText(readField(item, 'image'))),
    ...deployments.flatMap((deployment) =>
      listOfPod(readPath(deployment, 'spec', 'template', 'spec')),
    ),
  ];
}

function listOfPlan(value: unknown): readonly string[] {
  if (!isPending(value)) return [];
  const lookups = listItems(readPath(value, 'status', 'bundleLookups'));
  const manifests = listItems(readPath(value, 'status', 'plan'))
    .map((step) => readField(step, 'resource'))
    .filter((resource) => readField(resource, 'kind') === 'ClusterServiceVersion')
    .map((resource) => parseOrNull(readText(readField(resource, 'manifest'))));
  return [
    ...lookups.map((lookup) => readText(readField(lookup, 'path'))),
    ...manifests.flatMap(listOfVersion),
  ];
}

/** Whether an InstallPlan has still to install something. */
export function isPending(value: unknown): boolean {
  return !['Complete', 'Failed'].includes(readText(readPath(value, 'status', 'phase')));
}

function listOfBuild(value: unknown): readonly string[] {
  return listSourcesOfBuild(value).flatMap(readDockerImage);
}

function listSourcesOfBuild(value: unknown): readonly unknown[] {
  const strategy = readPath(value, 'spec', 'strategy');
  return [
    ...['dockerStrategy', 'sourceStrategy', 'customStrategy'].map((name) =>
      readPath(strategy, name, 'from'),
    ),
    ...listItems(readPath(value, 'spec', 'source', 'images')).map((item) =>
      readField(item, 'from'),
    ),
  ];
}

function listOfStream(value: unknown): readonly string[] {
  return [
    ...listItems(readPath(value, 'spec', 'tags')).flatMap((tag) =>
      readDockerImage(readField(tag, 'from')),
    ),
    ...listItems(readPath(value, 'status', 'tags')).map((tag) =>
      readText(readField(listItems(readField(tag, 'items'))[0], 'dockerImageReference')),
    ),
  ];
}

function readDockerImage(from: unknown): readonly string[] {
  return readField(from, 'kind') === 'DockerImage' ? [readText(readField(from, 'name'))] : [];
}

// Annotations may quote an object as it was once.
function dropMetadata(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'metadata'));
}

function listNamed(value: unknown, name = ''): readonly string[] {
  if (typeof value === 'string')
    return /image/i.test(name) && isFullReference(value) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((item: unknown) => listNamed(item, name));
  if (typeof value !== 'object' || value === null) return [];
  const parts = /image/i.test(name) ? joinParts(value) : '';
  return [
    ...(isFullReference(parts) ? [parts] : []),
    ...Object.entries(value).flatMap(([key, member]) =>
      listNamed(member, /image/i.test(name) ? `${name}.${key}` : key),
    ),
  ];
}

// Charts write a reference as `registry`, `repository` (or `name`), `tag` and `digest`.
function joinParts(value: unknown): string {
  function part(name: string): string {
    return readText(readField(value, name));
  }
  const repository = part('repository') || part('name');
  const tag = part('tag') || part('version');
  if (repository === '' || (tag === '' && part('digest') === '')) return '';
  const host = part('registry') === '' ? '' : `${part('registry')}/`;
  return `${host}${repository}${part('digest') === '' ? `:${tag}` : `@${part('digest')}`}`;
}

/** A reference that says its host, and which image of a repository: nothing else looks like that by chance. */
function isFullReference(text: string): boolean {
  return /^[^/\s]*[.:][^/\s]*\/.*[:@]/.test(text) && isReference(text);
}

function isReference(text: string): boolean {
  try {
    parseImageRef(text);
    return true;
  } catch (error) {
    if (isToolError(error, 'BASE_BAD_IMAGE_REF')) return false;
    throw error;
  }
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
