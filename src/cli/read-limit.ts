import { ToolError } from '../base/tool-error.ts';
import { SMALLEST_PAGE } from '../report/page-limits.ts';

interface LimitOption {
  readonly type: 'string';
  readonly describe: string;
  readonly requiresArg: true;
}

export const LIMIT: LimitOption = {
  type: 'string',
  describe:
    'Characters, and bytes, that --format markdown has at most; default 61440, since GitHub and Gitea take 65536',
  requiresArg: true,
};

/** Null for what a forge takes. Throws `CLI_USAGE`. */
export function readLimit(text: string | undefined): number | null {
  if (text === undefined) return null;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit >= SMALLEST_PAGE) return limit;
  throw new ToolError(
    'CLI_USAGE',
    `--limit ${text} is no number of bytes from ${SMALLEST_PAGE} on, which a page that only counts may take.`,
    { hint: 'Give 32768 or more where the forge takes as much.' },
  );
}
