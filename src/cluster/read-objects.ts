import { loadAll, YAMLException } from 'js-yaml';
import type { Problem } from '../base/problem.ts';

/** An object of a cluster, as `oc get -o yaml` or a repository has it; what is in it is for others to judge. */
export interface ClusterObject {
  /** Group and version, such as `config.openshift.io/v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty where the object has none. */
  readonly namespace: string;
  readonly name: string;
  readonly file: string;
  readonly value: unknown;
}

export interface ReadObjects {
  readonly objects: readonly ClusterObject[];
  readonly problems: readonly Problem[];
}

/**
 * Lists the objects in a file of YAML documents or JSON, those of a `List` one by one. A text that is no YAML, and each
 * document that is no object of a cluster, is a `CLUSTER_UNREADABLE` problem.
 */
export function readClusterObjects(file: string, text: string): ReadObjects {
  const objects: ClusterObject[] = [];
  const problems: Problem[] = [];
  for (const value of readDocuments(file, text, problems).flatMap(listObjects)) {
    const object = buildObject(file, value);
    if (object === null) problems.push(unreadable({ file }, 'A document in it is no object.'));
    else objects.push(object);
  }
  return { objects, problems };
}

/** The member of an object, undefined where there is none. */
export function readField(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

/** The member of an object that lies below others; undefined where one of them is missing. */
export function readPath(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce(readField, value);
}

/** The items of a list, none where it is no list. */
export function listItems(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The text, or empty for what is none. */
export function readText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** `kind/name`, with the namespace where there is one, as people name objects. */
export function formatObject({ kind, namespace, name }: ClusterObject): string {
  return namespace === '' ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

function readDocuments(file: string, text: string, problems: Problem[]): readonly unknown[] {
  const documents: unknown[] = [];
  try {
    loadAll(text, (document) => documents.push(document));
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const place = { file, line: error.mark.line + 1, column: error.mark.column + 1 };
    problems.push(unreadable(place, `It is not valid YAML: ${error.reason}.`));
  }
  return documents.filter((document) => document !== null && document !== undefined);
}

// `oc get -o yaml` gives a List, and lists of one kind are named after it.
function listObjects(value: unknown): readonly unknown[] {
  const items = readField(value, 'items');
  return Array.isArray(items) && readText(readField(value, 'kind')).endsWith('List')
    ? items
    : [value];
}

function buildObject(file: string, value: unknown): ClusterObject | null {
  const kind = readText(readField(value, 'kind'));
  if (kind === '') return null;
  return {
    apiVersion: readText(readField(value, 'apiVersion')),
    kind,
    namespace: readText(readPath(value, 'metadata', 'namespace')),
    name: readText(readPath(value, 'metadata', 'name')),
    file,
    value,
  };
}

function unreadable(place: Pick<Problem, 'file' | 'line' | 'column'>, message: string): Problem {
  return {
    severity: 'error',
    code: 'CLUSTER_UNREADABLE',
    message: `The objects of the cluster cannot be read. ${message}`,
    hint: 'Give what `oc get KIND -A -o yaml` prints.',
    ...place,
  };
}
