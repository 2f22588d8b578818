import { userInfo } from 'node:os';
import { ToolError } from '../base/tool-error.ts';
import {
  APPROVE_HASH,
  COPY_TIMEOUT,
  FORMAT,
  type Parser,
  type Run,
  readDuration,
  SOURCE_OPTIONS,
} from './command-options.ts';
import type { IndexRollbackOptions } from './commands/index-rollback.ts';
import { LEASE, readLease } from './read-lease.ts';

const WRITING = {
  apply: {
    type: 'boolean',
    default: false,
    describe: 'Do it: write the pin, and move the tag',
  },
  'pin-only': {
    type: 'boolean',
    default: false,
    describe: 'Write the pin alone; a pass moves the tag once it is committed',
  },
} as const;

export function addRollback(parser: Parser, run: Run): void {
  parser.command(
    'rollback <to>',
    'Serve an earlier index again, and pin it: one tag moves, nothing is built. A dry run without --apply',
    (command) =>
      command
        .positional('to', {
          type: 'string',
          demandOption: true,
          describe: 'A never-moving tag of `index list`, a commit, or previous',
        })
        .option('apply', WRITING.apply)
        .option('pin-only', WRITING['pin-only'])
        .option('reason', { type: 'string', describe: 'Why, for the pin', requiresArg: true })
        .option('by', {
          type: 'string',
          describe: 'Who decided it, for the pin; default the user of this machine',
          requiresArg: true,
        })
        .option('until', {
          type: 'string',
          describe: 'First day, UTC, on which the pin no longer counts; default no end',
          requiresArg: true,
        })
        .option('force', {
          type: 'boolean',
          default: false,
          describe: 'Go on although in-use.yaml has an installed version that it does not serve',
        })
        .option('approve-hash', APPROVE_HASH)
        .option('catalog', {
          ...SOURCE_OPTIONS.catalog,
          describe: 'Catalog of the manifest; the only one without it',
        })
        .option('copy-timeout', COPY_TIMEOUT)
        .option('lease', LEASE)
        .option('format', FORMAT)
        .example('$0 index rollback previous', 'What would happen')
        .example(
          '$0 index rollback previous --apply --reason "operator-b 1.2 crashes"',
          'Do it, then commit mirror.yaml',
        )
        .example(
          '$0 index rollback v4.20-9ed5af0919b4 --pin-only --reason "audit" --until 2026-12-31',
          'Through Git: the pin, for `olmirror watch`',
        )
        .epilogue(
          'Exit codes: 0 done, or can be done; 4 refused, nothing was changed; 1 an error, or something is unknown.',
        ),
    (args) => {
      const options: IndexRollbackOptions = {
        to: args.to,
        catalog: args.catalog ?? null,
        reason: args.reason ?? null,
        by: args.by ?? readUser(),
        until: args.until ?? null,
        mode: chooseMode(args.apply, args.pinOnly),
        force: args.force,
        approveHash: args.approveHash ?? null,
        copyTimeoutMilliseconds: readDuration(args.copyTimeout, '--copy-timeout'),
        lease: readLease(args.lease),
        format: args.format,
      };
      assertReason(options);
      return run(
        async (context, wiring) =>
          (await import('./commands/index-rollback.ts')).runIndexRollback(options, context, wiring),
        args,
      );
    },
  );
}

function chooseMode(apply: boolean, pinOnly: boolean): IndexRollbackOptions['mode'] {
  if (apply && pinOnly)
    throw new ToolError('CLI_USAGE', '--apply moves the tag, and --pin-only leaves it.', {
      hint: 'Give one of them.',
    });
  if (apply) return 'apply';
  return pinOnly ? 'pin-only' : 'dry-run';
}

function assertReason({ mode, reason, by }: IndexRollbackOptions): void {
  if (mode !== 'dry-run' && (reason ?? '').trim() === '')
    throw new ToolError('CLI_USAGE', 'A pin without a reason helps nobody later.', {
      hint: 'Say why with --reason "…".',
    });
  if (by.trim() === '')
    throw new ToolError('CLI_USAGE', 'Nobody is named who decided it.', {
      hint: 'Say who with --by NAME.',
    });
}

// A container may run as a user that the system does not know.
function readUser(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}
