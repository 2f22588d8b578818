import { messageOf, ToolError } from '../base/tool-error.ts';

/** A `ToolError` for a path that could not be read: `FILES_NOT_FOUND` or `FILES_UNREADABLE`. */
export function toReadError(error: unknown, path: string): ToolError {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new ToolError('FILES_NOT_FOUND', `There is nothing at ${path}.`, {
      hint: 'Check the path; relative paths start at the folder of mirror.yaml.',
      cause: error,
    });
  }
  const why = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : messageOf(error);
  return new ToolError('FILES_UNREADABLE', `${path} cannot be read: ${why}.`, {
    hint: 'Make it readable for the user that runs olmirror.',
    cause: error,
  });
}
