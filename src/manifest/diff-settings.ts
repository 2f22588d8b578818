import { compareBytes } from '../base/text.ts';
import { parseYamlDocument, readPart } from './yaml-document.ts';

/**
 * Settings that two manifests write differently, one sentence each, in byte order: `spec.policy.missing: block → hold`.
 * Items of lists are told apart by their names, or else by all that they say. Null stands for no manifest.
 */
export function diffSettings(before: string | null, after: string | null): readonly string[] {
  const [old, fresh] = [listSettings(before), listSettings(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])].toSorted(compareBytes).flatMap((path) => {
    const [from, to] = [old.get(path), fresh.get(path)];
    return from === to ? [] : [formatChange(path, from, to)];
  });
}

function formatChange(path: string, from: string | undefined, to: string | undefined): string {
  const name = path.replace(/=.*$/s, '');
  if (from === PRESENT) return `${name}: without ${path.slice(name.length + 1)}`;
  if (to === PRESENT) return `${name}: with ${path.slice(name.length + 1)}`;
  return `${name}: ${from ?? 'not set'} → ${to ?? 'not set'}`;
}

/** In place of a value: the item is in the list. */
const PRESENT = '\0';

function listSettings(text: string | null): ReadonlyMap<string, string> {
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
