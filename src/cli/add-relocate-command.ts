import { FORMAT, type Parser, REPORT_FILE, REPORT_FORMAT, type Run } from './command-options.ts';
import { LIVE, readLivePlace } from './live-options.ts';

export function addRelocate(parser: Parser, run: Run): void {
  parser.command('relocate', 'Do clusters still need production?', (group) => {
    addCheck(group, run);
    addSwap(group, run);
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
          '$0 relocate check --output relocate-check.json',
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

function addSwap(parser: Parser, run: Run): void {
  parser.command(
    'swap',
    'Where is the relocation, what comes next, and how to go back? Drives nothing',
    (command) =>
      command
        .options(LIVE)
        .option('cluster', {
          type: 'string',
          describe: 'Name in in-use.yaml of the running cluster, where there are several',
          requiresArg: true,
        })
        .option('rules', {
          type: 'string',
          describe:
            'Write mirror objects that name the new registry first and the old one second into this folder',
          requiresArg: true,
          conflicts: ['kubeconfig', 'context'],
        })
        .option('write', {
          type: 'boolean',
          default: false,
          describe: 'Write relocate.yaml where there is none',
        })
        .option('format', FORMAT)
        .example(
          '$0 relocate swap --kubeconfig prod.kubeconfig',
          'With a look at its nodes and Pods',
        )
        .epilogue(
          'Exit codes: 0 told, or written; 1 an error; 4 the roles are exchanged without proof. GET, HEAD and LIST only.',
        ),
    ({ cluster = null, rules = null, write, format, ...args }) =>
      run(
        async (context, wiring) =>
          (await import('./commands/relocate-swap.ts')).runRelocateSwap(
            { live: readLivePlace(args), cluster, rules, write, format },
            context,
            wiring,
          ),
        { ...args, format },
      ),
  );
}
