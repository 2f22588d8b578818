import { messageOf, ToolError } from '../base/tool-error.ts';

/** The error that says that the folder for temporary files refuses something. */
export function buildTemporaryFailure(folder: string, error: unknown): ToolError {
  return new ToolError('FILES_UNWRITABLE', `${folder} cannot be written: ${messageOf(error)}.`, {
    cause: error,
    disposition: 'retry',
    hint: 'Check that the disk has room; TMPDIR names another place for temporary files.',
  });
}
