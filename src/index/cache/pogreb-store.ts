import { crc32 } from 'node:zlib';

/** What a pogreb database holds, or why that cannot be told. */
export type PogrebContent =
  | { readonly kind: 'records'; readonly records: readonly PogrebRecord[] }
  | { readonly kind: 'unreadable'; readonly reason: string };

export interface PogrebRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const SEGMENT = /^(\d+)-(\d+)\.psg$/;
const INDEX_FILES = ['db.pmt', 'index.pmt', 'main.pix'] as const;
const HEADER_SIZE = 512;
const MAGIC = Buffer.from([0x70, 0x6f, 0x67, 0x72, 0x65, 0x62, 0x0e, 0xfd]);
const VERSION = 2;

/**
 * Reads the files of a pogreb database, by name: its segments are logs of what was put and deleted,
 * which say all that its hash index does (spec "file-based catalogs" §6.5). Records come by bytes of
 * their keys.
 */
export function readPogreb(files: ReadonlyMap<string, Uint8Array>): PogrebContent {
  const missing = files.has('lock') ? undefined : INDEX_FILES.find((name) => !files.has(name));
  if (missing !== undefined)
    return unreadable(`its index lacks the file ${missing}, so pogreb takes it for empty`);
  const live = new Map<string, PogrebRecord>();
  for (const [name, bytes] of listSegments(files)) {
    const fault = readSegment(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), live);
    if (fault !== null) return unreadable(`${name} ${fault}`);
  }
  const records = [...live.values()].toSorted((a, b) => Buffer.compare(a.key, b.key));
  return { kind: 'records', records };
}

function unreadable(reason: string): PogrebContent {
  return { kind: 'unreadable', reason };
}

function listSegments(
  files: ReadonlyMap<string, Uint8Array>,
): readonly (readonly [string, Uint8Array])[] {
  return [...files]
    .filter(([name]) => SEGMENT.test(name))
    .toSorted(([a], [b]) => sequenceOf(a) - sequenceOf(b));
}

function sequenceOf(name: string): number {
  return Number(SEGMENT.exec(name)?.[2]);
}

/** Takes the records of one segment into those before it; what is wrong with it, or null. */
function readSegment(bytes: Buffer, live: Map<string, PogrebRecord>): string | null {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return 'is no segment of pogreb';
  if (bytes.length < HEADER_SIZE || bytes.readUInt32LE(MAGIC.length) !== VERSION)
    return 'has a version that olmirror does not know';
  let at = HEADER_SIZE;
  while (at < bytes.length) {
    const size = readRecord(bytes, at, live);
    if (size === null) return `is damaged at byte ${at}`;
    at += size;
  }
  return null;
}

const DELETED = 0x8000_0000;

/** Size of the record at a place; null for a damaged one. */
function readRecord(bytes: Buffer, at: number, live: Map<string, PogrebRecord>): number | null {
  if (bytes.length - at < 10) return null;
  const keySize = bytes.readUInt16LE(at);
  const rest = bytes.readUInt32LE(at + 2);
  const valueSize = rest % DELETED;
  const end = at + 6 + keySize + valueSize;
  if (end + 4 > bytes.length) return null;
  if (crc32(bytes.subarray(at, end)) !== bytes.readUInt32LE(end)) return null;
  const key = bytes.subarray(at + 6, at + 6 + keySize);
  const name = key.toString('latin1');
  if (rest >= DELETED) live.delete(name);
  else live.set(name, { key, value: bytes.subarray(at + 6 + keySize, end) });
  return end + 4 - at;
}
