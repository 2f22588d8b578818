import { FORMAT, type Parser, type Run } from './command-options.ts';

export function addBranchCatalog(parser: Parser, run: Run): void {
  parser.command(
    'branch-catalog <old> <new>',
    'Begin the catalog of another OpenShift release as a copy: what is not delivered for it comes along',
    (command) =>
      command
        .positional('old', {
          type: 'string',
          demandOption: true,
          describe: 'Catalog of the manifest; it stays as it is',
        })
        .positional('new', {
          type: 'string',
          demandOption: true,
          describe: 'Name of the new catalog',
        })
        .option('tag', {
          type: 'string',
          demandOption: true,
          describe: 'Tag of its index, such as v4.20',
          requiresArg: true,
        })
        .option('repository', {
          type: 'string',
          describe: 'Repository of its index; default that of the old one',
          requiresArg: true,
        })
        .option('openshift', {
          type: 'string',
          describe: 'Its release of OpenShift, such as 4.20, where the tag does not say it',
          requiresArg: true,
        })
        .option('dry-run', {
          type: 'boolean',
          default: false,
          describe: 'Say what would be written, write nothing',
        })
        .option('format', FORMAT)
        .example(
          '$0 branch-catalog redhat-4.18 redhat-4.20 --tag v4.20',
          'Copy catalog and rules, and write the catalog into mirror.yaml',
        )
        .epilogue(
          'Only the working tree is written, and no registry is asked. Exit codes: 0 done, perhaps with warnings; 1 an error, nothing was written.',
        ),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/branch-catalog.ts')).runBranchCatalog(
            {
              from: args.old,
              catalog: args.new,
              tag: args.tag,
              repository: args.repository ?? null,
              openshift: args.openshift ?? null,
              dryRun: args.dryRun,
              format: args.format,
            },
            context,
            wiring,
          ),
        args,
      ),
  );
}
