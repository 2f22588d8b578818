import type { TreeEntry } from '../../base/tree-entry.ts';
import { sumLengths } from '../../catalog/cache/pieced-file.ts';
import {
  BLOCK,
  formatPaxPath,
  isAscii,
  renderBody,
  writeChecksum,
  writeFields,
  writeOctal,
} from '../tar-writer.ts';

/** Path of the tree's root, which is an entry of the tree like others. */
export const TREE_ROOT = '.';

/** The end of an archive. */
export const TAR_END: Uint8Array = new Uint8Array(2 * BLOCK);

const NAME_SIZE = 100;
const PREFIX_SIZE = 155;

/**
 * One entry as Go's archive/tar writes it in the way that opm calls it, which its cache digest is
 * the hash of (spec "file-based catalogs" §6.4): owner 0, time 0, folders without a slash at the
 * end. This is no archive to unpack; layers are written by `renderEntry`.
 */
export function* renderGoEntry(entry: TreeEntry): Generator<Uint8Array> {
  const pieces = entry.type === 'file' ? [entry.bytes] : [];
  yield* renderGoHeader(entry, sumLengths(pieces));
  yield* renderBody(pieces);
}

/** What stands before the content of an entry, which has this size. */
export function* renderGoHeader(
  entry: Pick<TreeEntry, 'type' | 'path' | 'mode'>,
  size: number,
): Generator<Uint8Array> {
  const name = Buffer.from(entry.path);
  const split = splitName(name);
  if (split === null) yield* renderPaxHeader(name);
  yield renderHeader({
    ...(split ?? { prefix: NOTHING, name: toAscii(name) }),
    mode: entry.mode,
    size,
    type: entry.type === 'file' ? '0' : '5',
  });
}

const NOTHING: Uint8Array = new Uint8Array(0);

interface SplitName {
  readonly prefix: Uint8Array;
  readonly name: Uint8Array;
}

/** The name in the two fields of a ustar header; null where it does not fit them. */
function splitName(name: Buffer): SplitName | null {
  if (!isAscii(name)) return null;
  if (name.length <= NAME_SIZE) return { prefix: NOTHING, name };
  const slash = name.subarray(0, PREFIX_SIZE + 1).lastIndexOf(0x2f);
  const rest = name.length - slash - 1;
  if (slash <= 0 || rest === 0 || rest > NAME_SIZE) return null;
  return { prefix: name.subarray(0, slash), name: name.subarray(slash + 1) };
}

function* renderPaxHeader(name: Buffer): Generator<Uint8Array> {
  const body = formatPaxPath(name);
  const slash = name.lastIndexOf(0x2f) + 1;
  const path = Buffer.concat([
    name.subarray(0, slash),
    Buffer.from('PaxHeaders.0/'),
    name.subarray(slash),
  ]);
  const short = toAscii(path).subarray(0, NAME_SIZE);
  yield renderHeader({
    prefix: NOTHING,
    name: short.subarray(0, trimmedLength(short)),
    mode: 0,
    size: body.length,
    type: 'x',
  });
  yield* renderBody([body]);
}

function toAscii(name: Uint8Array): Uint8Array {
  return name.filter((byte) => byte < 0x80);
}

function trimmedLength(name: Uint8Array): number {
  let length = name.length;
  while (length > 0 && name[length - 1] === 0x2f) length -= 1;
  return length;
}

interface Header extends SplitName {
  readonly mode: number;
  readonly size: number;
  readonly type: '0' | '5' | 'x';
}

function renderHeader(header: Header): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  writeName(block, header.name);
  writeFields(block, { ...header, mode: header.mode & 0o7777 });
  if (header.type !== 'x') {
    writeOctal(block, { value: 0, offset: 329, length: 8 });
    writeOctal(block, { value: 0, offset: 337, length: 8 });
  }
  block.set(header.prefix, 345);
  writeChecksum(block);
  return block;
}

// Go ends a name that is cut off behind a slash before that slash, and leaves what follows.
function writeName(block: Buffer, name: Uint8Array): void {
  const short = name.subarray(0, NAME_SIZE);
  block.set(short, 0);
  if (name.length > NAME_SIZE && short.at(-1) === 0x2f) block[trimmedLength(short)] = 0;
}
