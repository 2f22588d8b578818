import { FOLLOWED_REMOTE, FORMAT, type Parser, type Run, readCount } from './command-options.ts';

export function addHistory(parser: Parser, run: Run): void {
  parser.command(
    'history',
    'What `watch` and `apply` did here, pass by pass; asks no registry',
    (command) =>
      command
        .command(
          'show <pass>',
          'One pass with the outcome of every item',
          (show) =>
            show
              .positional('pass', {
                type: 'string',
                demandOption: true,
                describe: 'Its id, or what the id begins with',
              })
              .option('remote', FOLLOWED_REMOTE)
              .option('format', FORMAT)
              .example('$0 history show 2026-12-31T18-00', 'The pass of that minute')
              .epilogue('Exit codes: 0 shown; 1 an error, no such pass included.'),
          ({ pass, format, remote = null, ...options }) =>
            run(
              async (context, wiring) =>
                (await import('./commands/history.ts')).runHistoryShow(
                  { pass, format },
                  context,
                  wiring,
                ),
              { ...options, format },
              { reconciler: { remote } },
            ),
        )
        .option('limit', {
          type: 'string',
          default: '20',
          describe: 'Most lines; 500 are kept',
          requiresArg: true,
        })
        .option('remote', FOLLOWED_REMOTE)
        .option('format', FORMAT)
        .example('$0 history', 'The last passes; those that changed nothing share a line')
        .epilogue('Exit codes: 0 shown; 1 an error.'),
    ({ limit, format, remote = null, ...options }) => {
      const most = readCount(limit, '--limit', 500);
      return run(
        async (context, wiring) =>
          (await import('./commands/history.ts')).runHistory(
            { limit: most, format },
            context,
            wiring,
          ),
        { ...options, format },
        { several: 'each', reconciler: { remote } },
      );
    },
  );
}
