import type { Problem } from '../base/problem.ts';
import type { Blob } from './types.ts';

/** A fault of a blob's content, with its place and the names it carries. */
export function blobProblem(
  blob: Omit<Blob, 'value'>,
  message: string,
  details: Pick<Problem, 'hint' | 'channel' | 'bundle'> = {},
): Problem {
  return {
    severity: 'error',
    code: 'CATALOG_INVALID',
    message,
    file: blob.file,
    line: blob.line,
    ...(blob.package === '' ? {} : { package: blob.package }),
    ...(blob.schema === 'olm.channel' ? { channel: blob.name } : {}),
    ...(blob.schema === 'olm.bundle' ? { bundle: blob.name } : {}),
    ...details,
  };
}

/** The blobs whose name another blob before them carries. */
export function listRepeated(blobs: readonly Blob[]): readonly Blob[] {
  const seen = new Set<string>();
  return blobs.filter((blob) => {
    const repeated = seen.has(blob.name);
    seen.add(blob.name);
    return repeated;
  });
}
