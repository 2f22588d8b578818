import { Buffer } from 'node:buffer';
import { openVectorModule, type WithMemory } from '../../base/assembled-module.ts';
import { createTextSheet } from '../text-sheet.ts';
import { CODE } from './escape-json-code.ts';
import { escapeHtml } from './format-go.ts';

/** JSON in parts: texts, and what `escapeJson` made of others. */
export type JsonParts = readonly (string | Uint8Array)[];

/**
 * Some JSON as it stands between the quotes of a string of JSON, once it is escaped for HTML as Go's `json.Marshal` does
 * it. It must be well-formed, without white space that is a control character. The bytes are there until the next call.
 *
 * An index has tens of megabytes of it: in WebAssembly they take a quarter of the time that `JSON.stringify` and what
 * goes with it take, and V8 makes no texts of them.
 */
export function escapeJson(json: JsonParts): Uint8Array {
  used = 0;
  for (const part of json) {
    if (typeof part === 'string') ESCAPE(part);
    else append(part);
  }
  return escaped.subarray(0, used);
}

/** Bytes that are handed over at a time: one page of WebAssembly's memory. */
const PAGE = 65_536;
/** Where what becomes of them begins. */
const RESULT = 2 * PAGE;

interface Exports extends WithMemory {
  /** Escapes the bytes from 0 to `end`; returns where what became of them ends. */
  readonly escape: (end: number) => number;
}

const MODULE = openVectorModule(CODE);
const ESCAPE = MODULE === null ? escapeSlowly : openEscape(MODULE);
const SHEET = createTextSheet();
let escaped: Uint8Array = new Uint8Array(PAGE);
let used = 0;

function openEscape(module: WebAssembly.Module): (text: string) => void {
  const { escape, memory } = new WebAssembly.Instance<Exports>(module).exports;
  const room = new Uint8Array(memory.buffer);
  return (text) => {
    SHEET.clear();
    const bytes = SHEET.look(SHEET.write(text));
    let at = 0;
    while (at < bytes.length) {
      const end = findCut(bytes, at + PAGE);
      room.set(bytes.subarray(at, end));
      append(room.subarray(RESULT, escape(end - at)));
      at = end;
    }
  };
}

function escapeSlowly(text: string): void {
  append(Buffer.from(JSON.stringify(escapeHtml(text)).slice(1, -1)));
}

/** The last place up to `end` where a character begins, or all ends. */
function findCut(bytes: Uint8Array, end: number): number {
  if (end >= bytes.length) return bytes.length;
  let cut = end;
  while (((bytes[cut] ?? 0) & 0xc0) === 0x80) cut -= 1;
  return cut;
}

function append(bytes: Uint8Array): void {
  if (used + bytes.length > escaped.length) {
    const larger = new Uint8Array(Math.max(used + bytes.length, escaped.length * 2));
    larger.set(escaped.subarray(0, used));
    escaped = larger;
  }
  escaped.set(bytes, used);
  used += bytes.length;
}
