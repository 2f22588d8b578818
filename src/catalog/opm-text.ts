import { isUtf8 } from 'node:buffer';
import { openVectorModule, type WithMemory } from '../base/assembled-module.ts';
import { isRespelled } from './canonical-fields.ts';
import { countOrderedKeys } from './format-json.ts';
import { CODE } from './opm-text-code.ts';
import type { JsonObject } from './types.ts';

/**
 * Whether the text from which a blob's value was read is known to be what `formatOpmJson` makes of it, which is found
 * out in a fifth of the time. False says nothing. `JSON.parse` must give the value for the text, and a double every
 * number back to the letter.
 *
 * White space, escapes and the form of what is empty are told by the text, the order of keys by the value, and that
 * no key stands there twice by both.
 */
export function isOpmText(text: Uint8Array, value: JsonObject, schema: string): boolean {
  if (SCAN === null || text.length > LONGEST || isRespelled(value) || !isUtf8(text)) return false;
  const keys = countOrderedKeys(value, schema);
  if (keys === null) return false;
  SCAN.bytes.set(text);
  return SCAN.countKeys(text.length) === keys;
}

/** Bytes; there is room for so many. */
const LONGEST = 1 << 20;

interface Exports extends WithMemory {
  /** Of the object before `end`, those of inner ones included; -1 where it stands otherwise than opm writes it. */
  readonly countKeys: (end: number) => number;
}

const SCAN = openScan();

function openScan(): (Exports & { readonly bytes: Uint8Array }) | null {
  const module = openVectorModule(CODE);
  if (module === null) return null;
  const { exports } = new WebAssembly.Instance<Exports>(module);
  return { ...exports, bytes: new Uint8Array(exports.memory.buffer) };
}
