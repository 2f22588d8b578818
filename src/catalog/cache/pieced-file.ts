import { Buffer } from 'node:buffer';
import type { CatalogFile } from '../types.ts';

/**
 * A file that is put together from pieces. Most of a cache is said twice and more: of such text there
 * is one piece, which stands in several places as the same object, so that what is worked out of it
 * need not be worked out again.
 */
export interface PiecedFile extends CatalogFile {
  readonly pieces: readonly Uint8Array[];
}

/** The file of these pieces; its bytes are put together whenever they are asked for. */
export function joinPieces(path: string, pieces: readonly Uint8Array[]): PiecedFile {
  return {
    path,
    pieces,
    get bytes() {
      return Buffer.concat(pieces);
    },
  };
}

/** The pieces of a file, in their order; one where it is not cut. */
export function piecesOf(file: CatalogFile): readonly Uint8Array[] {
  return isPieced(file) ? file.pieces : [file.bytes];
}

/** The same file at another path. */
export function moveFile(file: CatalogFile, path: string): CatalogFile {
  return isPieced(file) ? joinPieces(path, file.pieces) : { path, bytes: file.bytes };
}

function isPieced(file: CatalogFile): file is PiecedFile {
  return 'pieces' in file;
}

export function sumLengths(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
