import { FORMAT, type Parser, type Run, SOURCE_OPTIONS } from './command-options.ts';

export function addRecover(parser: Parser, run: Run): void {
  parser.command(
    'recover <backup>',
    'Bring the state repository back out of production, on a machine that has nothing',
    (command) =>
      command
        .positional('backup', {
          type: 'string',
          demandOption: true,
          describe: 'HOST/REPOSITORY for the newest backup, HOST/REPOSITORY:TAG, or oci:LAYOUT',
        })
        .option('into', {
          type: 'string',
          describe: 'Folder to restore into, empty or new; default: one named after the repository',
          requiresArg: true,
        })
        .option('insecure', SOURCE_OPTIONS.insecure)
        .option('format', FORMAT)
        .example(
          '$0 recover mirror.example.com:5000/olm/olmirror-state',
          'the newest backup, into ./olmirror-state',
        )
        .example(
          '$0 recover mirror.example.com:5000/olm/olmirror-state:0123456789ab --into state',
          'the state at one commit',
        )
        .epilogue('Exit codes: 0 recovered; 1 an error, nothing was restored.'),
    ({ backup, into, insecure, format, ...options }) =>
      run(
        async (context, wiring) =>
          (await import('./commands/recover.ts')).runRecover(
            { backup, into: into ?? null, insecure, format },
            context,
            wiring,
          ),
        { ...options, format },
      ),
  );
}
