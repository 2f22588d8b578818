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

/** A list that an API server gave in pages, and of which a page is missing. */
export interface CutList {
  /** Kind of the objects in it; `List` where it has none. */
  readonly kind: string;
  readonly file: string;
  /** How many objects are missing; null where the API server did not say. */
  readonly missing: number | null;
}

/** A list without items. */
export interface EmptyList {
  readonly apiVersion: string;
  /** Such as `SubscriptionList`, or `List`, which says nothing of what was asked for. */
  readonly kind: string;
  readonly file: string;
}

export interface ReadObjects {
  readonly objects: readonly ClusterObject[];
  readonly cut: readonly CutList[];
  readonly empty: readonly EmptyList[];
  readonly problems: readonly Problem[];
}

/**
 * Lists the objects in a file of YAML documents or JSON, those of lists one by one. A text that is no YAML, and each
 * document that is no object of a cluster, is a `CLUSTER_UNREADABLE` problem.
 */
export function readClusterObjects(file: string, text: string): ReadObjects {
  const objects: ClusterObject[] = [];
  const cut: CutList[] = [];
  const empty: EmptyList[] = [];
  const problems: Problem[] = [];
  function take(value: unknown): void {
    const items = listMembers(value);
    if (items === null) {
      const object = buildObject(file, value);
      if (object === null) problems.push(unreadable({ file }, 'A document in it is no object.'));
      else objects.push(object);
      return;
    }
    const left = readPath(value, 'metadata', 'remainingItemCount');
    const missing = typeof left === 'number' && left > 0 ? left : null;
    if (missing !== null || readText(readPath(value, 'metadata', 'continue')) !== '')
      cut.push({ kind: nameMembers(value, items), file, missing });
    else if (items.length === 0)
      empty.push({
        apiVersion: readText(readField(value, 'apiVersion')),
        kind: readText(readField(value, 'kind')),
        file,
      });
    for (const item of items) take(item);
  }
  for (const value of readDocuments(file, text, problems)) take(value);
  return { objects, cut, empty, problems };
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

/** The text, null for what is none or empty. */
export function readTextOrNull(value: unknown): string | null {
  return readText(value) || null;
}

/** `kind/name`, with the namespace where there is one, as people name objects. */
export function formatObject({ kind, namespace, name }: ClusterObject): string {
  return namespace === '' ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

function readDocuments(file: string, text: string, problems: Problem[]): readonly unknown[] {
  const documents = readJson(text) ?? readYaml(file, text, problems);
  return documents.filter((document) => document !== null && document !== undefined);
}

// Lists of thousands of pods are JSON, which the platform reads many times as fast as a parser of YAML.
function readJson(text: string): readonly unknown[] | null {
  if (!/^\s*\{/.test(text)) return null;
  try {
    return [JSON.parse(text)];
  } catch {
    return null;
  }
}

function readYaml(file: string, text: string, problems: Problem[]): readonly unknown[] {
  const documents: unknown[] = [];
  try {
    loadAll(text, (document) => documents.push(document));
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const place = { file, line: error.mark.line + 1, column: error.mark.column + 1 };
    problems.push(unreadable(place, `It is not valid YAML: ${error.reason}.`));
  }
  return documents;
}

// `oc get -o yaml` gives a List, and lists of one kind are named after it; null for what is no list.
function listMembers(value: unknown): readonly unknown[] | null {
  const items = readField(value, 'items');
  return Array.isArray(items) && readText(readField(value, 'kind')).endsWith('List') ? items : null;
}

function nameMembers(value: unknown, items: readonly unknown[]): string {
  const kind = readText(readField(value, 'kind')).replace(/List$/, '');
  return kind || readText(readField(items[0], 'kind')) || 'List';
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
