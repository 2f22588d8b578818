import { compareBytes } from '../base/text.ts';
import { parseYamlDocument, readPart } from './yaml-document.ts';

/**
 * Settings that two manifests write differently, one sentence each, in byte order: `spec.policy.missing: block → hold`.
 * Items of lists are told apart by their names, or else by all that they say. Null stands for no manifest.
 */
export function diffSettings(before: string | null, after: string | null): readonly string[] {
  const fresh = listSettings(after);
  const read = listSettings(before);
  const exchange = describeExchange(read, fresh);
  const old = exchange === null ? read : exchangeRoles(read);
  const changes = listChanges(old, fresh);
  return exchange === null ? changes : [exchange, ...changes];
}

function listChanges(old: Settings, fresh: Settings): readonly string[] {
  return [...new Set([...old.keys(), ...fresh.keys()])].toSorted(compareBytes).flatMap((path) => {
    const [from, to] = [old.get(path), fresh.get(path)];
    return from === to ? [] : [formatChange(path, from, to)];
  });
}

const ROLE = /^spec\.registries\.(production|staging)\./;

/** That two registries have taken each other's role, which is one change; null where they have not. */
function describeExchange(old: Settings, fresh: Settings): string | null {
  const [production, staging] = ['production', 'staging'].map((role) => {
    const path = `spec.registries.${role}.host`;
    return { was: old.get(path), is: fresh.get(path) };
  });
  if (production?.was === undefined || staging?.was === undefined) return null;
  if (production.was === staging.was) return null;
  return production.was === staging.is && staging.was === production.is
    ? `spec.registries: the roles are exchanged: ${staging.was} is production now, ${production.was} is staging`
    : null;
}

function exchangeRoles(settings: Settings): Settings {
  return new Map(
    [...settings].map(([path, value]) => [
      path.replace(
        ROLE,
        (_, role) => `spec.registries.${role === 'production' ? 'staging' : 'production'}.`,
      ),
      value,
    ]),
  );
}

type Settings = ReadonlyMap<string, string>;

function formatChange(path: string, from: string | undefined, to: string | undefined): string {
  const name = path.replace(/=.*$/s, '');
  if (from === PRESENT) return `${name}: without ${path.slice(name.length + 1)}`;
  if (to === PRESENT) return `${name}: with ${path.slice(name.length + 1)}`;
  return `${name}: ${from ?? 'not set'} → ${to ?? 'not set'}`;
}

/** In place of a value: the item is in the list. */
const PRESENT = '\0';

function listSettings(text: string | null): Settings {
  const settings = new Map<string, string>();
  const document = text === null ? null : parseYamlDocument(text, '').document;
  if (document !== null) addSettings(document.value, '', settings);
  return settings;
}

function addSettings(value: unknown, path: string, settings: Map<string, string>): void {
  if (Array.isArray(value)) {
    for (const item of value) addItem(item, path, settings);
    return;
  }
  if (typeof value !== 'object' || value === null) {
    settings.set(path, formatValue(value));
    return;
  }
  for (const [key, field] of Object.entries(value))
    addSettings(field, path === '' ? key : `${path}.${key}`, settings);
}

function addItem(item: unknown, path: string, settings: Map<string, string>): void {
  const name = readPart(item, 'name');
  if (typeof name === 'string') {
    settings.set(`${path}=${name}`, PRESENT);
    addSettings(item, `${path}[${name}]`, settings);
    settings.delete(`${path}[${name}].name`);
  } else settings.set(`${path}=${formatValue(item)}`, PRESENT);
}

function formatValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
