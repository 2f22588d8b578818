import { type Parser, REPORT_FILE, REPORT_FORMAT, type Run } from './command-options.ts';

export function addRelocate(parser: Parser, run: Run): void {
  parser.command('relocate', 'Do clusters still need production?', (group) => {
    addCheck(group, run);
    return group.demandCommand(1, 'Which one? See `olmirror relocate --help`.');
  });
}

function addCheck(parser: Parser, run: Run): void {
  parser.command(
    'check',
    'May production be wiped? Says yes only with proof; never wipes it',
    (command) =>
      command
        .option('format', REPORT_FORMAT)
        .option('output', REPORT_FILE)
        .example(
          '$0 relocate check --output relocate.json',
          'For a change ticket: the report is dated and carries its hash',
        )
        .epilogue(
          'Exit codes: 0 proved; 1 an error; 4 not proved, or something is unknown. HEAD and GET only.',
        ),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/relocate-check.ts')).runRelocateCheck(
            { format: args.format, output: args.output ?? null },
            context,
            wiring,
          ),
        args,
      ),
  );
}
