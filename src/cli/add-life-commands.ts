import { DRY_RUN, FORMAT, type Parser, type Run } from './command-options.ts';

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
        .option('dry-run', DRY_RUN)
        .option('format', FORMAT)
        .example(
          '$0 branch-catalog redhat-4.18 redhat-4.20 --tag v4.20',
          'Copy catalog and rules, and write the catalog into mirror.yaml',
        )
        .epilogue(
          'Exit codes: 0 done, perhaps with warnings; 1 an error, nothing was written. No registry is asked.',
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

export function addRetire(parser: Parser, run: Run): void {
  parser.command(
    'retire <catalog>',
    'End a catalog: take it out of Git, unless a Subscription follows it; production is not touched',
    (command) =>
      command
        .positional('catalog', {
          type: 'string',
          demandOption: true,
          describe: 'Catalog of the manifest',
        })
        .option('cluster-resources', {
          type: 'string',
          describe: 'Folder with objects of clusters (YAML, JSON), as `oc get -o yaml` prints them',
          requiresArg: true,
        })
        .option('force', {
          type: 'boolean',
          default: false,
          describe: 'Go on though nothing, or not all, is known of clusters',
        })
        .option('dry-run', {
          type: 'boolean',
          default: false,
          describe: 'Say what would go, write nothing',
        })
        .option('format', FORMAT)
        .example(
          '$0 retire redhat-4.18 --cluster-resources ../clusters',
          'Once no cluster follows it any more',
        )
        .epilogue(
          'Exit codes: 0 done, or can be done; 1 an error, nothing was written; 4 refused, nothing was written: something follows it, or nobody knows.',
        ),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/retire.ts')).runRetire(
            {
              catalog: args.catalog,
              clusterResources: args.clusterResources ?? null,
              force: args.force,
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
