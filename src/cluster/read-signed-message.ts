import { inflateRawSync, inflateSync } from 'node:zlib';
import { messageOf } from '../base/tool-error.ts';

/** What was signed, or why it cannot be taken out of the message. */
export type SignedText =
  | { readonly text: string; readonly fault: null }
  | { readonly text: null; readonly fault: string };

/** Much more than any signature of an image has. */
const MOST_BYTES = 1_000_000;
const ARMOUR = '-----BEGIN PGP MESSAGE-----';

interface Packet {
  readonly tag: number;
  readonly body: Uint8Array;
}

/** Kinds of packets, RFC 9580 §5. */
const COMPRESSED = 8;
const LITERAL = 11;
const SIGNATURE = 2;

/**
 * Takes the text out of an OpenPGP message that is signed within itself, as signatures of images are. It says what somebody
 * claims to have signed, and nothing of whether that is so: no key is asked.
 */
export function readSignedMessage(bytes: Uint8Array): SignedText {
  try {
    const packets = openPackets(removeArmour(bytes));
    const [literal, ...others] = packets.filter(({ tag }) => tag === LITERAL);
    if (literal === undefined || !packets.some(({ tag }) => tag === SIGNATURE))
      return refuse('it is no signed OpenPGP message');
    // Of two texts a reader and a verifier might each take another one.
    if (others.length > 0) return refuse('it holds several texts');
    return { text: Buffer.from(readLiteral(literal.body)).toString(), fault: null };
  } catch (error) {
    return refuse(`it is no OpenPGP message (${messageOf(error)})`);
  }
}

function refuse(fault: string): SignedText {
  return { text: null, fault };
}

// A compressed packet holds further packets.
function openPackets(bytes: Uint8Array): readonly Packet[] {
  return splitPackets(bytes).flatMap((packet) =>
    packet.tag === COMPRESSED ? splitPackets(inflate(packet.body)) : [packet],
  );
}

function inflate(body: Uint8Array): Uint8Array {
  const algorithm = byteAt(body, 0);
  const content = body.subarray(1);
  const options = { maxOutputLength: MOST_BYTES };
  switch (algorithm) {
    case 0:
      return content;
    case 1:
      return inflateRawSync(content, options);
    case 2:
      return inflateSync(content, options);
    default:
      throw new Error(`it is compressed by method ${algorithm}`);
  }
}

function splitPackets(bytes: Uint8Array): readonly Packet[] {
  const packets: Packet[] = [];
  let at = 0;
  while (at < bytes.length) {
    const first = byteAt(bytes, at);
    if ((first & 0x80) === 0) throw new Error(`byte ${at} begins no packet`);
    const { tag, parts, end } =
      (first & 0x40) === 0 ? readOldHeader(bytes, at) : readNewHeader(bytes, at);
    if (end > bytes.length) throw new Error('it ends early');
    packets.push({ tag, body: Buffer.concat(parts.map(([from, to]) => bytes.subarray(from, to))) });
    at = end;
  }
  return packets;
}

interface Header {
  readonly tag: number;
  /** Where the pieces of the body begin and end. */
  readonly parts: readonly (readonly [number, number])[];
  readonly end: number;
}

function readOldHeader(bytes: Uint8Array, at: number): Header {
  const first = byteAt(bytes, at);
  const tag = (first >> 2) & 0x0f;
  const size = [1, 2, 4, 0][first & 0x03] ?? 0;
  const start = at + 1 + size;
  // Of no stated length: to the end.
  const end = size === 0 ? bytes.length : start + readNumber(bytes, at + 1, size);
  return { tag, parts: [[start, end]], end };
}

function readNewHeader(bytes: Uint8Array, at: number): Header {
  const tag = byteAt(bytes, at) & 0x3f;
  const parts: (readonly [number, number])[] = [];
  let next = at + 1;
  for (;;) {
    const { length, start, more } = readLength(bytes, next);
    next = start + length;
    if (next > bytes.length) throw new Error('it ends early');
    parts.push([start, next]);
    if (!more) return { tag, parts, end: next };
  }
}

function readLength(
  bytes: Uint8Array,
  at: number,
): { readonly length: number; readonly start: number; readonly more: boolean } {
  const first = byteAt(bytes, at);
  if (first < 192) return { length: first, start: at + 1, more: false };
  if (first < 224)
    return {
      length: ((first - 192) << 8) + byteAt(bytes, at + 1) + 192,
      start: at + 2,
      more: false,
    };
  if (first === 255) return { length: readNumber(bytes, at + 1, 4), start: at + 5, more: false };
  return { length: 2 ** (first & 0x1f), start: at + 1, more: true };
}

// Format, name with its length, four bytes of time.
function readLiteral(body: Uint8Array): Uint8Array {
  return body.subarray(2 + byteAt(body, 1) + 4);
}

function readNumber(bytes: Uint8Array, at: number, size: number): number {
  let number = 0;
  for (let i = 0; i < size; i += 1) number = number * 256 + byteAt(bytes, at + i);
  return number;
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new Error('it ends early');
  return byte;
}

function removeArmour(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  if (!text.trimStart().startsWith(ARMOUR)) return bytes;
  const [, body = ''] = /\r?\n\r?\n([\s\S]*?)\r?\n(?:=|-----END)/.exec(text) ?? [];
  return Buffer.from(body, 'base64');
}
