import { type Parser, REPORT_FORMAT, type Run } from './command-options.ts';
import { LIVE, readLivePlace } from './live-options.ts';

export function addSurvey(parser: Parser, run: Run): void {
  parser.command(
    'survey <production> <staging>',
    'Look at both registries before there is a manifest: what is where, what is missing, what comes next',
    (command) =>
      command
        .positional('production', {
          type: 'string',
          demandOption: true,
          describe: 'HOST:PORT of production',
        })
        .positional('staging', {
          type: 'string',
          demandOption: true,
          describe: 'HOST:PORT of staging',
        })
        .option('index', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe:
            'REPOSITORY:TAG of an index, where neither clusters nor a list of repositories tell; may be repeated',
          requiresArg: true,
        })
        .option('cluster-resources', {
          type: 'string',
          describe: 'Folder with objects of clusters (YAML, JSON), as `oc get -o yaml` prints them',
          requiresArg: true,
        })
        .options(LIVE)
        .option('requests', {
          type: 'number',
          describe:
            'Most requests of this run to each registry; the next run goes on where it ended, within a day',
          requiresArg: true,
        })
        .option('insecure', {
          type: 'boolean',
          default: false,
          describe: 'Plain HTTP or unverified TLS',
        })
        .option('language', {
          choices: ['en', 'ko'] as const,
          default: 'en' as const,
          describe: 'Of the text',
        })
        .option('format', REPORT_FORMAT)
        .option('output', {
          type: 'string',
          alias: 'o',
          describe: 'File for the whole report as well: .md, .json, or else text',
          requiresArg: true,
        })
        .example(
          '$0 survey nexus.example.com:5000 nexus.example.com:5001 --cluster-resources ../cluster',
          'HEAD and GET alone; writes nothing to any registry',
        )
        .epilogue(
          'Exit codes: 0 all of it could be told; 1 an error, or a part could not, or the requests of this run were used up.',
        ),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/survey.ts')).runSurvey(
            {
              hosts: { production: args.production, staging: args.staging },
              indexes: args.index,
              clusterResources: args.clusterResources ?? null,
              live: readLivePlace(args),
              insecure: args.insecure,
              mostRequests: args.requests ?? null,
              language: args.language,
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
