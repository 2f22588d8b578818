import type { Problem } from '../base/problem.ts';

const BEGINNING = 'version https://git-lfs.github.com/spec/';

/** A fault where Git LFS keeps the content of a file elsewhere, and Git only says where; null where it does not. */
export function findLfsPointer(bytes: Uint8Array, file: string): Problem | null {
  const beginning = Buffer.from(bytes.subarray(0, BEGINNING.length)).toString();
  if (beginning !== BEGINNING) return null;
  return {
    severity: 'error',
    code: 'GIT_LFS_POINTER',
    message: `${file} is a pointer of Git LFS: its content is not in Git, so nobody can read it from a commit.`,
    hint: 'Take it out of LFS: remove its pattern from .gitattributes, put the content itself in its place (git lfs pull), then git add --renormalize . and commit.',
    file,
  };
}
