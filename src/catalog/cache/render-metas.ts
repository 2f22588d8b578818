import { Buffer } from 'node:buffer';
import { FNV64_START, hashFnv64 } from '../../base/fnv64.ts';
import { compareBytes } from '../../base/text.ts';
import type { Blob, CatalogFile } from '../types.ts';
import { formatFree } from './format-go.ts';

/** The folder of blobs with custom schemas, relative to that of the cache's files. */
export const METAS_FOLDER = 'metas';

/**
 * The files of blobs with custom schemas, by path, as opm has them since v1.69: what is said twice
 * is kept once. Each is a pure function of its blob.
 */
export function renderMetaFiles(blobs: readonly Blob[]): readonly CatalogFile[] {
  const files = new Map(blobs.map(renderMetaFile).map((file) => [file.path, file]));
  return [...files.values()].toSorted((a, b) => compareBytes(a.path, b.path));
}

function renderMetaFile(blob: Blob): CatalogFile {
  const bytes = Buffer.from(`${formatFree(blob.value)}\n`);
  const name = `${hashFnv64(FNV64_START, bytes).toString(16)}.json`;
  const folders = [METAS_FOLDER, blob.schema, blob.package].filter((part) => part !== '');
  return { path: [...folders, name].join('/'), bytes };
}
