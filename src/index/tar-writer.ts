import { ToolError } from '../base/tool-error.ts';
import { sumLengths } from '../catalog/cache/pieced-file.ts';

/** One entry of a layer: a path relative to the image's root, `/`-separated. */
export type TarEntry =
  | { readonly type: 'directory'; readonly path: string }
  | { readonly type: 'file'; readonly path: string; readonly bytes: Uint8Array }
  | { readonly type: 'file'; readonly path: string; readonly pieces: readonly Uint8Array[] };

export const BLOCK = 512;
/** Permission bits of what olmirror writes. */
export const DIRECTORY_MODE = 0o755;
export const FILE_MODE = 0o644;
const LARGEST_SIZE = 0o77777777777;
/** What stands behind the last entry of an archive. */
export const TAR_END: Uint8Array = new Uint8Array(2 * BLOCK);

/**
 * Renders an entry of a POSIX tar stream, cut into chunks; pieces of a file are among them as they
 * are. Behind the last one comes `TAR_END`.
 *
 * Nothing but paths and bytes gets in: directories are 0755, files 0644, owner and group 0:0
 * without names, time 0. A path that ustar cannot hold (over 100 bytes, or not ASCII) gets a pax
 * record before its header. Throws `INDEX_UNSAFE_PATH` for a path that would leave the root.
 */
export function* renderEntry(entry: TarEntry): Generator<Uint8Array> {
  assertSafePath(entry.path);
  const isFile = entry.type === 'file';
  const name = Buffer.from(isFile ? entry.path : `${entry.path}/`);
  if (name.length > 100 || !isAscii(name)) yield* renderPaxPath(name);
  const pieces = isFile ? listPieces(entry) : [];
  yield renderHeader({
    name,
    mode: isFile ? FILE_MODE : DIRECTORY_MODE,
    size: sumLengths(pieces),
    type: isFile ? '0' : '5',
  });
  yield* renderBody(pieces);
}

function listPieces(entry: TarEntry & { readonly type: 'file' }): readonly Uint8Array[] {
  return 'pieces' in entry ? entry.pieces : [entry.bytes];
}

function* renderPaxPath(name: Buffer): Generator<Uint8Array> {
  const body = formatPaxPath(name);
  yield renderHeader({
    name: Buffer.from('PaxHeaders.0/path'),
    mode: FILE_MODE,
    size: body.length,
    type: 'x',
  });
  yield* renderBody([body]);
}

/** What stands before and behind the bytes of the only file of a tar, whose path is short and plain. */
export function frameFile(
  path: string,
  size: number,
): { readonly head: Uint8Array; readonly tail: Uint8Array } {
  assertSafePath(path);
  const filling = (BLOCK - (size % BLOCK)) % BLOCK;
  return {
    head: renderHeader({ name: Buffer.from(path), mode: FILE_MODE, size, type: '0' }),
    tail: new Uint8Array(filling + TAR_END.length),
  };
}

/** The pax record that holds a path. */
export function formatPaxPath(name: Uint8Array): Uint8Array {
  const record = Buffer.concat([Buffer.from(' path='), name, Buffer.from('\n')]);
  return Buffer.concat([Buffer.from(String(paxLength(record.length))), record]);
}

// The number at the head of a pax record counts its own digits too.
function paxLength(rest: number): number {
  let length = rest;
  while (length !== rest + String(length).length) length = rest + String(length).length;
  return length;
}

interface Header {
  readonly name: Buffer;
  readonly mode: number;
  readonly size: number;
  readonly type: '0' | '5' | 'x';
}

function renderHeader(header: Header): Uint8Array {
  if (header.size > LARGEST_SIZE)
    throw new Error(`A tar entry of ${header.size} bytes does not fit.`);
  const block = Buffer.alloc(BLOCK);
  header.name.copy(block, 0, 0, Math.min(100, header.name.length));
  writeFields(block, header);
  writeChecksum(block);
  return block;
}

/** Writes what a ustar header says besides names and checksum; owner, group and time are 0. */
export function writeFields(
  block: Buffer,
  header: { readonly mode: number; readonly size: number; readonly type: '0' | '5' | 'x' },
): void {
  writeOctal(block, { value: header.mode, offset: 100, length: 8 });
  writeOctal(block, { value: 0, offset: 108, length: 8 });
  writeOctal(block, { value: 0, offset: 116, length: 8 });
  writeOctal(block, { value: header.size, offset: 124, length: 12 });
  writeOctal(block, { value: 0, offset: 136, length: 12 });
  block.write(header.type, 156, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
}

interface OctalField {
  readonly value: number;
  readonly offset: number;
  readonly length: number;
}

export function writeOctal(block: Buffer, field: OctalField): void {
  const digits = field.value.toString(8).padStart(field.length - 1, '0');
  block.write(`${digits}\0`, field.offset, 'latin1');
}

export function writeChecksum(block: Buffer): void {
  block.fill(' ', 148, 156);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

/** The content of a file, filled up to whole blocks. */
export function* renderBody(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const piece of pieces) if (piece.length > 0) yield piece;
  const rest = sumLengths(pieces) % BLOCK;
  if (rest > 0) yield ZEROS.subarray(rest);
}

const ZEROS: Uint8Array = new Uint8Array(BLOCK);

export function isAscii(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte < 0x80);
}

function assertSafePath(path: string): void {
  const parts = path.split('/');
  if (!path.includes('\0') && parts.every((part) => part !== '' && part !== '.' && part !== '..'))
    return;
  throw new ToolError(
    'INDEX_UNSAFE_PATH',
    `The path ${JSON.stringify(path)} cannot be written to an index image.`,
    {
      hint: 'Paths are relative to the catalog folder and have no empty, "." or ".." part.',
    },
  );
}
