import type { ToolError } from '../base/tool-error.ts';

/** Fields of an answer in JSON, by path: `head.sha`. Each throws where the forge gave something else. */
export interface Fields {
  text(path: string): string;
  /** Empty where there is none. */
  textOrNone(path: string): string;
  number(path: string): number;
  /** Null where there is none. */
  numberOrNone(path: string): number | null;
  /** False where there is none. */
  flag(path: string): boolean;
}

/** `describe` makes the error out of what was found: `no text head.sha`. */
export function readFields(body: unknown, describe: (found: string) => ToolError): Fields {
  return {
    text(path) {
      const value = find(body, path);
      if (typeof value === 'string') return value;
      throw describe(`no text ${path}`);
    },
    textOrNone(path) {
      const value = find(body, path) ?? '';
      if (typeof value === 'string') return value;
      throw describe(`no text ${path}`);
    },
    number(path) {
      const value = find(body, path);
      if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
      throw describe(`no number ${path}`);
    },
    numberOrNone(path) {
      const value = find(body, path) ?? null;
      if (value === null || (typeof value === 'number' && Number.isSafeInteger(value)))
        return value;
      throw describe(`no number ${path}`);
    },
    flag(path) {
      return find(body, path) === true;
    },
  };
}

/** Entries of an answer that is a list. */
export function readList(
  body: unknown,
  describe: (found: string) => ToolError,
): readonly unknown[] {
  if (Array.isArray(body)) return body;
  throw describe('no list');
}

function find(body: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return Object.getOwnPropertyDescriptor(value, name)?.value;
  }, body);
}
