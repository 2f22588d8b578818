import type { NotifierEntry } from '../manifest/types.ts';
import type { KeptTrouble, TroubleBook } from './trouble-types.ts';

/** Reads a book that `watch` wrote; null for anything else, such as the one of another version. */
export function parseTroubleBook(text: string): TroubleBook | null {
  try {
    const value: unknown = JSON.parse(text);
    return isBook(value) ? value : null;
  } catch {
    return null;
  }
}

type Test = (value: unknown) => boolean;

function isBook(value: unknown): value is TroubleBook {
  return hasFields(value, {
    version: (version) => version === 1,
    troubles: (list) => Array.isArray(list) && list.every(isTrouble),
    notifiers: (list) => Array.isArray(list) && list.every(isNotifier),
    mirror: isTextOrNull,
    intervalMilliseconds: isNumber,
  });
}

function isTrouble(value: unknown): value is KeptTrouble {
  return hasFields(value, {
    key: isText,
    severity: isSeverity,
    code: isText,
    catalog: isTextOrNull,
    message: isText,
    hint: isTextOrNull,
    passing: (passing) => typeof passing === 'boolean',
    since: isTime,
    passes: isNumber,
    healed: (healed) => healed === null || isTime(healed),
    told: (told) => typeof told === 'object' && told !== null && Object.values(told).every(isTime),
  });
}

function isNotifier(value: unknown): value is NotifierEntry {
  return hasFields(value, {
    name: isText,
    kind: (kind) => kind === 'json' || kind === 'slack' || kind === 'alertmanager',
    url: isTextOrNull,
    urlFile: isTextOrNull,
    secretFile: isTextOrNull,
    caFile: isTextOrNull,
    severity: isSeverity,
    remindAfterMilliseconds: isNumber,
  });
}

function hasFields(value: unknown, tests: Readonly<Record<string, Test>>): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  return Object.entries(tests).every(([name, test]) => fields.has(name) && test(fields.get(name)));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTextOrNull(value: unknown): boolean {
  return value === null || isText(value);
}

function isTime(value: unknown): boolean {
  return isText(value) && !Number.isNaN(Date.parse(value));
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}

function isSeverity(value: unknown): boolean {
  return value === 'info' || value === 'warning' || value === 'error';
}
