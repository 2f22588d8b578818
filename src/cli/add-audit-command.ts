import { FORMAT, type Parser, type Run, WORKING_TREE } from './command-options.ts';

export function addAudit(parser: Parser, run: Run): void {
  parser.command(
    'audit',
    'What production holds that Git does not explain; nothing is ever deleted',
    (command) =>
      command
        .option('adopt', {
          type: 'boolean',
          default: false,
          describe: 'Write the images found into spec.images of the manifest, in the working tree',
        })
        .option('working-tree', WORKING_TREE)
        .option('format', FORMAT)
        .example(
          '$0 audit',
          'tags that no catalog, release or list in Git asks for, with their size',
        )
        .example('$0 audit --adopt && git diff', 'take them into Git, and look before committing'),
    ({ adopt, workingTree, format, ...options }) =>
      run(
        async (context, wiring) =>
          (await import('./commands/audit.ts')).runAudit(
            { adopt, workingTree, format },
            context,
            wiring,
          ),
        { ...options, format },
      ),
  );
}
