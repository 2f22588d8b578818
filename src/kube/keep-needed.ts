import type { LiveObject, ObjectKind } from './port.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Members that are dropped wherever they stand in an object: large or secret, and never the name of an image. */
const UNUSED = new Set([
  'managedFields',
  'envFrom',
  'args',
  'command',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'volumeMounts',
  'icon',
]);

/** The one annotation with a meaning for us: a ClusterServiceVersion says in it which package it is of. */
const PROPERTIES = 'operatorframework.io/properties';

/**
 * An object of a list without secrets and bulk: what stays is what names bundles, versions and images. Null for what
 * has no name. Of variables only those stay whose name says that their value is an image.
 */
export function keepNeeded(
  item: unknown,
  { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
): LiveObject | null {
  if (!isFields(item) || !isFields(item['metadata'])) return null;
  const { name, namespace = '' } = item['metadata'];
  if (typeof name !== 'string' || typeof namespace !== 'string') return null;
  const kept = trim(item);
  const value = { ...(isFields(kept) ? kept : {}), apiVersion, kind };
  return {
    apiVersion,
    kind,
    namespace,
    name,
    value: kind === 'MachineConfig' ? trimMachine(value) : value,
  };
}

/** `Subscription.operators.coreos.com`, or `Pod` for Kubernetes' own. */
export function nameKind({ group, kind }: ObjectKind): string {
  return group === '' ? kind : `${kind}.${group}`;
}

function trim(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(trim);
  if (!isFields(value)) return value;
  const entries = Object.entries(value).filter(([key]) => !UNUSED.has(key));
  return Object.fromEntries(entries.map(([key, member]) => [key, trimMember(key, member)]));
}

function trimMember(key: string, member: unknown): unknown {
  if (key === 'annotations' && isFields(member))
    return PROPERTIES in member ? { [PROPERTIES]: member[PROPERTIES] } : {};
  if (key === 'env' && Array.isArray(member)) return member.filter(isImageVariable);
  if (key === 'manifest' && typeof member === 'string') return trimManifest(member);
  return trim(member);
}

// An InstallPlan may quote a whole ClusterServiceVersion, as JSON.
function trimManifest(text: string): string {
  try {
    return JSON.stringify(trim(JSON.parse(text)));
  } catch {
    return '';
  }
}

// Operators are told their operands' images as RELATED_IMAGE_… and the like.
function isImageVariable(variable: unknown): boolean {
  return (
    isFields(variable) && typeof variable['name'] === 'string' && /IMAGE/i.test(variable['name'])
  );
}

// Its `config` has the files of nodes, pull secrets and keys among them.
function trimMachine(value: Fields): Fields {
  const { spec } = value;
  if (!isFields(spec)) return value;
  const { config: _, ...rest } = spec;
  return { ...value, spec: rest };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
