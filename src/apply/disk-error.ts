import { isToolError, messageOf, ToolError } from '../base/tool-error.ts';

/** Runs work on local files; what the disk refuses becomes a `ToolError` that names the work. */
export async function withDisk<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isToolError(error) || !isSystemError(error)) throw error;
    throw new ToolError(
      'APPLY_COPY_FAILED',
      `${what} failed on this machine: ${messageOf(error)}.`,
      {
        cause: error,
        disposition: error.code === 'ENOENT' ? 'stall' : 'retry',
        hint: 'Check that the path exists, that it may be written, and that the disk has room.',
      },
    );
  }
}

function isSystemError(error: unknown): error is Error & { readonly code: string } {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    'syscall' in error
  );
}
