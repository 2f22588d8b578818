// Go writes into every program which module it was built of, and with which flags ("debug/buildinfo").
const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1');
const HEADER_SIZE = 32;
const FLAGS_AT = 15;
const INLINE = 2;
/** The note is some kilobytes long, so that it lies within this from its start. */
const WINDOW = 1 << 18;
const SENTINEL = 16;
const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * The note of a Go program about its build, and nothing for other programs. Reads to the end of the
 * stream and keeps a small window of it, however large the program is.
 */
export async function readGoBuildInfo(program: AsyncIterable<unknown>): Promise<Uint8Array> {
  let held: Buffer = Buffer.alloc(0);
  let found: Uint8Array | null = null;
  for await (const chunk of program) {
    if (found !== null || !(chunk instanceof Uint8Array)) continue;
    held = Buffer.concat([held, chunk]);
    for (let at = held.indexOf(MAGIC); at !== -1; at = held.indexOf(MAGIC)) {
      held = held.subarray(at);
      if (held.length < WINDOW) break;
      found = parseNote(held);
      if (found !== null) break;
      // Programs that read such notes hold the mark without a note behind it.
      held = held.subarray(1);
    }
    if (!held.subarray(0, MAGIC.length).equals(MAGIC)) held = held.subarray(1 - MAGIC.length);
  }
  return found ?? searchRest(held) ?? NOTHING;
}

function searchRest(held: Buffer): Uint8Array | null {
  for (let at = held.indexOf(MAGIC); at !== -1; at = held.indexOf(MAGIC, at + 1)) {
    const note = parseNote(held.subarray(at));
    if (note !== null) return note;
  }
  return null;
}

// Before Go 1.18 the note was elsewhere, and only pointed at.
function parseNote(bytes: Buffer): Uint8Array | null {
  if (((bytes[FLAGS_AT] ?? 0) & INLINE) === 0) return null;
  const version = readString(bytes, HEADER_SIZE);
  const module = version === null ? null : readString(bytes, version.end);
  if (module === null || module.bytes.length < 2 * SENTINEL) return null;
  return Buffer.from(module.bytes.subarray(SENTINEL, -SENTINEL));
}

/** A string behind its length, seven bits of which stand in each byte, the lowest first. */
function readString(
  bytes: Buffer,
  start: number,
): { readonly bytes: Buffer; readonly end: number } | null {
  let length = 0;
  let at = start;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = bytes[at] ?? 0;
    at += 1;
    length += (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  const end = at + length;
  return end > bytes.length ? null : { bytes: bytes.subarray(at, end), end };
}

/** The version of opm that such a note tells; null where it tells none. */
export function findOpmVersion(note: Uint8Array): string | null {
  const text = Buffer.from(note).toString('utf8');
  const flag = /\bopmVersion=([^\s'"]+)/.exec(text)?.[1];
  const module = /^mod\t\S+\t(v\S+)/m.exec(text)?.[1];
  const commit = /^build\tvcs\.revision=([0-9a-f]{12})/m.exec(text)?.[1];
  return flag ?? module ?? (commit === undefined ? null : `of commit ${commit}`);
}
