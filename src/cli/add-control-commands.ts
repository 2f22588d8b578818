import { userInfo } from 'node:os';
import { ToolError } from '../base/tool-error.ts';
import { FOLLOWED_REMOTE, FORMAT, type Parser, type Run, readDuration } from './command-options.ts';

const BY = {
  type: 'string',
  describe: 'Who decided it; default the user of this machine',
  requiresArg: true,
} as const;

export function addSuspend(parser: Parser, run: Run): void {
  parser.command(
    'suspend',
    'Hold the reconciler of this machine back at once: it looks and plans, and writes nothing',
    (command) =>
      command
        .option('reason', {
          type: 'string',
          demandOption: true,
          describe: 'Why, for the log and `status`',
          requiresArg: true,
        })
        .option('by', BY)
        .option('remote', FOLLOWED_REMOTE)
        .option('until', {
          type: 'string',
          describe:
            'When it ends by itself: 4h, 2026-12-31 or 2026-12-31T18:00+09:00; default never',
          requiresArg: true,
        })
        .option('format', FORMAT)
        .example(
          '$0 suspend --reason "registry is moved" --by kim --until 4h',
          'Nothing is written for four hours, whatever is committed',
        ),
    ({ reason, by, until, remote = null, ...options }) =>
      run(
        async (context, wiring) =>
          (await import('./commands/suspend.ts')).runSuspend(
            {
              reason,
              by: by ?? userInfo().username,
              until: until ?? null,
              format: options.format,
            },
            context,
            wiring,
          ),
        options,
        { several: 'each', reconciler: { remote } },
      ),
  );
}

export function addResume(parser: Parser, run: Run): void {
  parser.command(
    'resume',
    'End what `suspend` began',
    (command) => command.option('remote', FOLLOWED_REMOTE).option('format', FORMAT),
    ({ remote = null, ...options }) =>
      run(
        async (context, wiring) =>
          (await import('./commands/suspend.ts')).runResume(options, context, wiring),
        options,
        { several: 'each', reconciler: { remote } },
      ),
  );
}

export function addReconcile(parser: Parser, run: Run): void {
  parser.command(
    'reconcile',
    'Ask the running `watch` of this machine for a pass now',
    (command) =>
      command
        .option('now', {
          type: 'boolean',
          default: false,
          describe: 'Now, whatever the interval and failures before',
        })
        .option('wait', {
          type: 'boolean',
          default: false,
          describe: 'Wait for that pass, and end with its exit code',
        })
        .option('remote', FOLLOWED_REMOTE)
        .option('timeout', {
          type: 'string',
          default: '10m',
          describe: 'How long to wait',
          requiresArg: true,
        })
        .option('format', FORMAT)
        .example('$0 reconcile --now --wait', 'For a job that has pushed a commit'),
    ({ now, wait, timeout, remote = null, ...options }) => {
      if (!now)
        throw new ToolError('CLI_USAGE', 'When is the pass to run?', {
          hint: 'Write `olmirror reconcile --now`.',
        });
      const timeoutMilliseconds = readDuration(timeout, '--timeout');
      return run(
        async (context, wiring) =>
          (await import('./commands/reconcile.ts')).runReconcile(
            { wait, timeoutMilliseconds, format: options.format },
            context,
            wiring,
          ),
        options,
        { several: 'together', reconciler: { remote } },
      );
    },
  );
}

export function addApprove(parser: Parser, run: Run): void {
  parser.command(
    'approve [hash]',
    'Let the plan that `watch` waits with be carried out; without HASH it is shown',
    (command) =>
      command
        .positional('hash', {
          type: 'string',
          describe: 'Hash of the plan, or its first 12 hex digits at least',
        })
        .option('by', BY)
        .option('remote', FOLLOWED_REMOTE)
        .option('format', FORMAT),
    ({ hash, by, remote = null, ...options }) =>
      run(
        async (context, wiring) =>
          (await import('./commands/approve.ts')).runApprove(
            { hash: hash ?? null, by: by ?? userInfo().username, format: options.format },
            context,
            wiring,
          ),
        options,
        { reconciler: { remote } },
      ),
  );
}
