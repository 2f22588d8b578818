import { type Parser, REPORT_FILE, REPORT_FORMAT, type Run } from './command-options.ts';

export function addAdvise(parser: Parser, run: Run): void {
  parser.command(
    'advise',
    'Append or relocate? Both in the numbers of this site: bytes, disks, time, risks, what may be cleaned',
    (command) =>
      command
        .option('deliveries', {
          type: 'string',
          default: '6',
          describe: 'How many further deliveries to reckon with, as large as the past ones',
          requiresArg: true,
        })
        .option('rate', {
          type: 'string',
          describe:
            'Bytes a second that copies take, such as 50MB; default: as passes of this machine did',
          requiresArg: true,
        })
        .option('free-production', {
          type: 'string',
          describe:
            'Room on the disk of production, such as 500GB; default: what storagePath tells',
          requiresArg: true,
        })
        .option('free-staging', {
          type: 'string',
          describe: 'The same of staging',
          requiresArg: true,
        })
        .option('language', {
          choices: ['en', 'ko'] as const,
          default: 'en' as const,
          describe: 'Of the text',
        })
        .option('format', REPORT_FORMAT)
        .option('output', REPORT_FILE)
        .example(
          '$0 advise --rate 50MB --free-production 500GB --output advice.md',
          'For those who decide; writes nothing to any registry',
        )
        .epilogue(
          'Exit codes: 0 all of it could be told; 1 an error, or a registry gave no clear answer. HEAD and GET only.',
        ),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/advise.ts')).runAdvise(
            {
              deliveries: args.deliveries,
              rate: args.rate ?? null,
              free: {
                production: args.freeProduction ?? null,
                staging: args.freeStaging ?? null,
              },
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
