import { ToolError } from '../base/tool-error.ts';
import { parseShard, type Shard } from '../plan/shard.ts';

interface ShardOption {
  readonly type: 'string';
  readonly describe: string;
  readonly requiresArg: true;
}

export const SHARD: ShardOption = {
  type: 'string',
  describe:
    'A part of the plan for one of several workers: 2/3 is the second of three shares of the images, index/3 what publishes the indexes, auto/3 the share that JOB_COMPLETION_INDEX names',
  requiresArg: true,
};

interface ShardArguments {
  readonly shard: string | undefined;
  readonly indexOnly: boolean;
}

/** The part of a plan that a worker takes. Throws `CLI_USAGE`. */
export function readShard({ shard: text, indexOnly }: ShardArguments): { readonly shard?: Shard } {
  if (text === undefined) return {};
  const shard = parseShard(text, process.env['JOB_COMPLETION_INDEX']);
  if (shard === null)
    throw new ToolError('CLI_USAGE', `--shard ${text} names no part of a plan.`, {
      hint: 'Write it as 2/3 for the second of three (at most 64), index/3 for the indexes, or auto/3 where JOB_COMPLETION_INDEX is a number from 0 to 2.',
    });
  if (indexOnly)
    throw new ToolError('CLI_USAGE', '--index-only leaves nothing to share: leave out --shard.');
  return { shard };
}
