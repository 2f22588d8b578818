// A catalog of 100 MB would be several times that as parsed values. So a blob that is kept holds the
// text it was read from and parses it when its value is asked for; the values asked for last are
// remembered, bounded by the size of their texts.
import { Buffer } from 'node:buffer';
import { withLazyLine } from '../base/lazy-line.ts';
import type { BlobPlace } from './build-blob.ts';
import { canonicalizeFields } from './canonical-fields.ts';
import { parseJson, parseJsonKeepingNumbers } from './parse-json.ts';
import { isJsonObject } from './raw-json.ts';
import type { Blob, JsonObject } from './types.ts';

/** Where the JSON text of one object lies. */
export interface BlobText {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Some number in it has a text that a double would not give back. */
  readonly oddNumbers: boolean;
}

/** Where the text of a blob lies in its file. */
export type TextSpan = Pick<BlobText, 'start' | 'end' | 'oddNumbers'>;

/** Where a text lies. */
export type TextPlace = Pick<BlobText, 'bytes' | 'start' | 'end'>;

/** Texts below this size are not worth parsing twice. */
const KEPT_BELOW = 2_048;
/** Bytes of text whose values are remembered: a package or a few of a real catalog. */
const REMEMBERED = 8_000_000;

/**
 * The same blob with its value parsed from the text whenever it is asked for; one with a short text
 * is given back as it is. `blob.value` must be what the text says.
 */
export function foldBlob(blob: Blob, text: BlobText | null, place: BlobPlace): Blob {
  const own = text ?? printText(blob.value);
  if (text === null) PRINTED.add(own);
  if (own.end - own.start < KEPT_BELOW) {
    if (text !== null) SPANS.set(blob, spanOf(text));
    return blob;
  }
  const folded = blobOfText(blob, own, place);
  remember(folded, blob.value, own);
  return folded;
}

/** What stands in a blob beside its value and place. */
export type BlobHead = Pick<Blob, 'schema' | 'package' | 'name'>;

/** The blob that a text was found to be, its value parsed from the text whenever it is asked for. */
export function blobOfText(head: BlobHead, text: BlobText, place: BlobPlace): Blob {
  const blob = foldedBlob(head, place);
  TEXTS.set(blob, text);
  return blob;
}

// Nothing here may hold the given head: where it is a blob, it holds its value.
function foldedBlob({ schema, package: pkg, name }: BlobHead, { file, findLine }: BlobPlace): Blob {
  const blob = { schema, package: pkg, name, value: NOTHING, file, line: 0 };
  return withLazyLine(Object.defineProperty(blob, 'value', VALUE), findLine);
}

/** How a blob is had that is not at hand. */
export interface BlobOpener {
  readonly file: string;
  /** Null where that is not known. */
  readonly span: TextSpan | null;
  /** Gives it as it was read. */
  readonly open: () => Blob;
}

/**
 * A blob of which no more is at hand than what it is called, and how long it is. It is opened when its value,
 * its line or its text is asked for.
 */
export function recallBlob(head: BlobHead, { file, span, open }: BlobOpener): Blob {
  const blob = foldedBlob(head, { file, findLine: () => open().line });
  OPENERS.set(blob, open);
  if (span !== null) SPANS.set(blob, span);
  return blob;
}

/** A blob of the same name whose value follows from another's, worked out whenever it is asked for. */
export function deriveBlob(source: Blob, derive: (value: JsonObject) => JsonObject): Blob {
  const { file } = source;
  const blob = foldedBlob(source, { file, findLine: () => source.line });
  DERIVED.set(blob, { source, derive });
  return blob;
}

/** Bytes of the text that a blob was read from; null where that is not known. */
export function findTextSize(blob: Blob): number | null {
  const span = TEXTS.get(blob) ?? SPANS.get(blob);
  return span === undefined ? null : span.end - span.start;
}

/** Where the text of a blob lies in its file; null where it stood there as YAML. */
export function findTextSpan(blob: Blob): TextSpan | null {
  const text = TEXTS.get(blob);
  if (text === undefined) return SPANS.get(blob) ?? null;
  return PRINTED.has(text) ? null : spanOf(text);
}

// Without its bytes, for whoever keeps it.
function spanOf({ start, end, oddNumbers }: BlobText): TextSpan {
  return { start, end, oddNumbers };
}

/** Lets the value of a blob go that nobody asks for again soon. */
export function forgetValue(blob: Blob): void {
  const known = VALUES.get(blob);
  if (known !== undefined) drop(known);
}

/** Whether two blobs were read from the same bytes; false also where these are not at hand. */
export function isSameText(a: Blob, b: Blob): boolean {
  const [first, second] = [TEXTS.get(a), TEXTS.get(b)];
  return (
    first !== undefined && second !== undefined && (first === second || hasSameBytes(first, second))
  );
}

/** Whether two texts are the same bytes. */
export function hasSameBytes(a: TextPlace, b: TextPlace): boolean {
  return a.end - a.start === b.end - b.start && bufferOf(a).equals(bufferOf(b));
}

/** The text from which a blob was read, where a double gives each of its numbers back; null for any other. */
export function findPlainText(blob: Blob): Uint8Array | null {
  const text = findText(blob);
  return text === undefined || text.oddNumbers ? null : bufferOf(text);
}

/**
 * Remembers that the text from which a blob was read is its rendering, so that it need not be
 * rendered again. No other text is taken.
 */
export function noteRendering(blob: Blob, rendering: Uint8Array): void {
  const text = findText(blob);
  if (text !== undefined && bufferOf(text).equals(rendering)) RENDERED.add(blob);
}

/** Remembers of the text from which a blob was read that it is its rendering, as was found out. */
export function noteRendered(blob: Blob): void {
  RENDERED.add(blob);
}

/** Whether the text from which a blob was read is known to be its rendering. */
export function isRendered(blob: Blob): boolean {
  return RENDERED.has(blob);
}

/** Tells of two blobs with the same text what is known of one. */
export function shareRendering(a: Blob, b: Blob): void {
  if (RENDERED.has(a)) RENDERED.add(b);
  else if (RENDERED.has(b)) RENDERED.add(a);
}

/** The rendering of a blob as far as it is known to be the text that it was read from. */
export function findRendering(blob: Blob): Uint8Array | null {
  const text = RENDERED.has(blob) ? findText(blob) : undefined;
  return text === undefined ? null : bufferOf(text);
}

/** The text as it stands in the file; invalid UTF-8 becomes U+FFFD, as Go has it. */
export function decodeText(text: TextPlace): string {
  return bufferOf(text).toString('utf8');
}

function bufferOf({ bytes, start, end }: TextPlace): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
}

/** A text from which the value can be read again, to the last digit. */
export function printText(value: JsonObject): BlobText {
  const bytes = Buffer.from(JSON.stringify(value));
  return { bytes, start: 0, end: bytes.length, oddNumbers: true };
}

interface Derivation {
  readonly source: Blob;
  readonly derive: (value: JsonObject) => JsonObject;
}

const NOTHING: JsonObject = {};
const VALUE: PropertyDescriptor & ThisType<Blob> = {
  enumerable: true,
  get() {
    return recallValue(this);
  },
};

// The tables only spare work: what they hold follows from the blob, which never changes.
const TEXTS = new WeakMap<Blob, BlobText>();
const OPENERS = new WeakMap<Blob, () => Blob>();
const SPANS = new WeakMap<Blob, TextSpan>();
const PRINTED = new WeakSet<BlobText>();
const DERIVED = new WeakMap<Blob, Derivation>();
const RENDERED = new WeakSet<Blob>();

interface Remembered {
  /** Null when it was let go of. */
  value: JsonObject | null;
  readonly size: number;
}

const VALUES = new WeakMap<Blob, Remembered>();
// Values, not their blobs: a blob holds the bytes of its whole file, of which its own text may be little.
const RECENT = new Set<Remembered>();
let recentSize = 0;

function findText(blob: Blob): BlobText | undefined {
  return TEXTS.get(OPENERS.get(blob)?.() ?? blob);
}

function recallValue(blob: Blob): JsonObject {
  const known = VALUES.get(blob)?.value ?? null;
  if (known !== null) return known;
  const open = OPENERS.get(blob);
  if (open !== undefined) return open().value;
  const derived = DERIVED.get(blob);
  if (derived !== undefined) return rememberDerived(blob, derived);
  const text = TEXTS.get(blob);
  if (text === undefined) throw new Error(`The text of ${blob.schema} ${blob.name} is gone.`);
  const source = decodeText(text);
  const value = text.oddNumbers ? parseJsonKeepingNumbers(source) : parseJson(source);
  if (!isJsonObject(value)) throw new Error(`The text of ${blob.schema} ${blob.name} changed.`);
  const fields = canonicalizeFields(value, blob.schema);
  remember(blob, fields, text);
  return fields;
}

function rememberDerived(blob: Blob, { source, derive }: Derivation): JsonObject {
  const value = derive(source.value);
  remember(blob, value, findText(source) ?? { start: 0, end: KEPT_BELOW });
  return value;
}

function remember(
  blob: Blob,
  value: JsonObject,
  { start, end }: Pick<BlobText, 'start' | 'end'>,
): void {
  const remembered = { value, size: end - start };
  VALUES.set(blob, remembered);
  RECENT.add(remembered);
  recentSize += remembered.size;
  for (const oldest of RECENT) {
    if (recentSize <= REMEMBERED) return;
    drop(oldest);
  }
}

function drop(remembered: Remembered): void {
  if (!RECENT.delete(remembered)) return;
  remembered.value = null;
  recentSize -= remembered.size;
}
