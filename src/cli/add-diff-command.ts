import {
  type Parser,
  REPORT_FORMAT,
  type Run,
  SOURCE_FORMS,
  SOURCE_OPTIONS,
} from './command-options.ts';

export function addDiff(parser: Parser, run: Run): void {
  parser.command(
    'diff <before> <after>',
    'Say what changed from one catalog to another; needs no manifest',
    (command) =>
      command
        .positional('before', { type: 'string', demandOption: true, describe: SOURCE_FORMS })
        .positional('after', { type: 'string', demandOption: true, describe: SOURCE_FORMS })
        .option('catalog', SOURCE_OPTIONS.catalog)
        .option('insecure', SOURCE_OPTIONS.insecure)
        .option('exit-code', {
          type: 'boolean',
          default: false,
          describe: 'Exit with 2 where something differs',
        })
        .option('sizes', {
          type: 'boolean',
          default: false,
          describe: 'Ask the registries of the manifest how large new and gone images are',
        })
        .option('format', REPORT_FORMAT)
        .example(
          '$0 diff production HEAD:catalogs/example-index',
          'What the commit changes for users',
        )
        .example('$0 diff production staging --sizes', 'How much a delivery would bring')
        .example(
          '$0 diff HEAD:catalogs/example-index catalogs/example-index --format markdown',
          'What is not committed yet, as a page for a review',
        )
        .epilogue(
          'Exit codes: 0 compared; 1 an error, nothing was compared; 2 with --exit-code, where something differs.',
        ),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/diff.ts')).runDiff(
            {
              before: args.before,
              after: args.after,
              catalog: args.catalog ?? null,
              insecure: args.insecure,
              format: args.format,
              exitCode: args.exitCode,
              sizes: args.sizes,
            },
            context,
            wiring,
          ),
        args,
      ),
  );
}
