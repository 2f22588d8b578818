import { CATALOGS, FORMAT, type Parser, type Run, WORKING_TREE } from './command-options.ts';

export function addKnownMissing(parser: Parser, run: Run): void {
  parser.command(
    'known-missing [catalog..]',
    'Hold the lists of known missing images against production, and take out what has come',
    (command) =>
      command
        .positional('catalog', CATALOGS)
        .option('prune', {
          type: 'boolean',
          default: false,
          describe:
            'Take out of rules/<name>/known-missing.yaml, in the working tree, images that production has or that nothing in Git names; patterns stay',
        })
        .option('working-tree', WORKING_TREE)
        .option('format', FORMAT)
        .example('$0 known-missing', 'What is still missing, what has come, what fits nothing')
        .example(
          '$0 known-missing --prune && git diff',
          'Shorten the lists, and look before committing',
        )
        .epilogue('Exit codes: 0 told; 1 an error, or production did not tell of an item.'),
    ({ catalog, prune, workingTree, format, ...options }) =>
      run(
        async (context, wiring) =>
          (await import('./commands/known-missing.ts')).runKnownMissing(
            { catalogs: catalog, prune, workingTree, format },
            context,
            wiring,
          ),
        { ...options, format },
      ),
  );
}
