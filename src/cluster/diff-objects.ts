import { compareBytes } from '../base/text.ts';
import { type ClusterObject, formatObject, readField } from './read-objects.ts';
import type { MadeObject } from './render-catalog-source.ts';
import type { ObjectDifference } from './resources-diff-types.ts';
import { findServedImage } from './served-images.ts';

const CATALOG_SOURCE_NAMESPACE = 'openshift-marketplace';

/**
 * Holds objects other than mirror rules against those of a cluster. A field that is not wanted may be anything there, since
 * people and the cluster add some. Superfluous is what serves an index of the registry that nothing wants; nothing else is.
 */
export function diffObjects(
  wanted: readonly MadeObject[],
  observed: readonly ClusterObject[],
  host: string,
): readonly ObjectDifference[] {
  const known = new Map(observed.map((it) => [keyOf(it.kind, it.name, it.namespace), it]));
  const found: ObjectDifference[] = [];
  const expected = new Set<string>();
  for (const object of wanted) {
    const { name, namespace = '' } = object.metadata;
    const key = keyOf(object.kind, name, namespace);
    expected.add(key);
    const there = known.get(key);
    const fields = there === undefined ? [] : listDifferences(object, there.value);
    if (there !== undefined && fields.length === 0) continue;
    found.push({
      difference: there === undefined ? 'missing' : 'different',
      object: nameObject(object),
      fields,
      effect: 'none',
    });
  }
  const extra = [...known]
    .filter(([key, { value }]) => !expected.has(key) && servesFrom(value, host))
    .map(
      ([, object]): ObjectDifference => ({
        difference: 'superfluous',
        object: formatObject(object),
        fields: [],
        effect: 'none',
      }),
    );
  return [...found, ...extra].toSorted((a, b) => compareBytes(a.object, b.object));
}

function keyOf(kind: string, name: string, namespace: string): string {
  const place = kind === 'CatalogSource' ? namespace || CATALOG_SOURCE_NAMESPACE : namespace;
  return `${kind} ${place}/${name}`;
}

function nameObject({ kind, metadata: { name, namespace } }: MadeObject): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

function servesFrom(value: unknown, host: string): boolean {
  return findServedImage(value)?.image.startsWith(`${host}/`) === true;
}

// Names and descriptions for people, and how often is asked, may be as somebody wants them.
const FREE: ReadonlySet<string> = new Set([
  'spec.displayName',
  'spec.replicas',
  'spec.updateStrategy',
  'spec.grpcPodConfig.securityContextConfig',
  'spec.source.image.pollIntervalMinutes',
]);

function listDifferences(object: MadeObject, there: unknown): readonly string[] {
  return (['spec', 'binaryData'] as const).flatMap((name) =>
    object[name] === undefined ? [] : compareField(name, object[name], readField(there, name)),
  );
}

function compareField(path: string, wanted: unknown, there: unknown): readonly string[] {
  if (FREE.has(path)) return [];
  if (typeof wanted !== 'object' || wanted === null) return wanted === there ? [] : [path];
  return Object.entries(wanted).flatMap(([name, value]) =>
    compareField(`${path}.${name}`, value, readField(there, name)),
  );
}
