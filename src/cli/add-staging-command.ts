import { CLUSTER_KINDS } from '../plan/staging-types.ts';
import { type Parser, REPORT_FILE, REPORT_FORMAT, type Run } from './command-options.ts';

export function addStaging(parser: Parser, run: Run): void {
  parser.command('staging', 'Is staging still needed: may it be emptied?', (group) => {
    addCheck(group, run);
    return group.demandCommand(1, 'Which one? See `olmirror staging --help`.');
  });
}

function addCheck(parser: Parser, run: Run): void {
  parser.command(
    'check',
    'May staging be emptied? Says yes only with proof; never empties it',
    (command) =>
      command
        .option('cluster-resources', {
          type: 'string',
          array: true,
          default: [],
          describe:
            'Folder with the objects of one cluster (YAML, JSON), as `oc get -o yaml` prints them; may be repeated',
          requiresArg: true,
        })
        .option('none-of', {
          type: 'string',
          array: true,
          choices: CLUSTER_KINDS,
          default: [],
          describe: 'Say that the clusters have no objects of this kind; may be repeated',
          requiresArg: true,
        })
        .option('other-registry', {
          type: 'string',
          array: true,
          default: [],
          describe: 'Say that a registry with the port of staging is not staging; may be repeated',
          requiresArg: true,
        })
        .option('format', REPORT_FORMAT)
        .option('output', REPORT_FILE)
        .example(
          '$0 staging check --cluster-resources ../clusters/prod --output staging.json',
          'For a change ticket: the report is dated and carries its hash',
        )
        .epilogue(
          'Exit codes: 0 may be emptied; 1 an error, or nobody can say; 4 may not. HEAD and GET only.',
        ),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/staging-check.ts')).runStagingCheck(
            {
              clusterResources: args.clusterResources,
              noneOf: args.noneOf,
              otherRegistries: args.otherRegistry,
              format: args.format,
              output: args.output ?? null,
            },
            context,
            wiring,
          ),
        args,
      ),
  );
}
