import { ToolError } from '../base/tool-error.ts';

/** Options of a command that compares two commits. */
export const REVIEW = {
  from: {
    type: 'string',
    describe:
      'Say what a change does: compare with this commit, or with where the change left it, rather than with production alone',
    requiresArg: true,
  },
  to: {
    type: 'string',
    describe: 'Commit to look at with --from; default HEAD',
    requiresArg: true,
  },
  offline: {
    type: 'boolean',
    default: false,
    describe: 'With --from: ask no registry',
  },
} as const;

interface ComparedArgs {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly offline: boolean;
  readonly workingTree: boolean;
  readonly out?: string | undefined;
}

export interface Compared {
  readonly from: string;
  readonly to: string;
  readonly offline: boolean;
}

/** Null where no commits are to be compared. Throws `CLI_USAGE` for what does not go together. */
export function readCompared(args: ComparedArgs): Compared | null {
  const { from, to, offline, workingTree, out } = args;
  if (from === undefined) {
    const name = to === undefined ? '--offline' : '--to';
    if (to === undefined && !offline) return null;
    throw usage(
      `${name} has no meaning without --from.`,
      'Add --from COMMIT: what to compare with.',
    );
  }
  if (workingTree && to !== undefined)
    throw usage('--to and --working-tree exclude each other.', 'Leave one of them out.');
  if (offline && out !== undefined)
    throw usage(
      '--out saves a plan, and --offline makes none.',
      'Leave out --offline to have a plan; redirect the output to keep the comparison.',
    );
  return { from, to: to ?? 'HEAD', offline };
}

function usage(message: string, hint: string): ToolError {
  return new ToolError('CLI_USAGE', message, { hint });
}
