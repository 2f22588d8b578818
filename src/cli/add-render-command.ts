import { type Parser, type Run, SOURCE_FORMS, SOURCE_OPTIONS } from './command-options.ts';

export function addRender(parser: Parser, run: Run): void {
  parser.command(
    'render <source..>',
    'Print catalogs as opm render does, one after the other; needs no manifest',
    (command) =>
      command
        .positional('source', {
          type: 'string',
          array: true,
          demandOption: true,
          describe: SOURCE_FORMS,
        })
        .option('output', {
          alias: 'o',
          choices: ['json', 'yaml'] as const,
          default: 'json' as const,
          describe: 'JSON with the bytes of opm, or YAML',
          requiresArg: true,
        })
        .option('catalog', SOURCE_OPTIONS.catalog)
        .option('insecure', SOURCE_OPTIONS.insecure)
        .example('$0 render catalogs/example-index -o yaml', 'A folder as YAML')
        .example(
          '$0 render localhost:5000/olm/example-index:v4.20 --insecure | jq .name',
          'The catalog in an index image',
        )
        .epilogue('Exit codes: 0 done; 1 an error, nothing was printed on stdout.'),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/render.ts')).runRender(
            {
              sources: args.source,
              output: args.output,
              catalog: args.catalog ?? null,
              insecure: args.insecure,
            },
            context,
            wiring,
          ),
        args,
      ),
  );
}
