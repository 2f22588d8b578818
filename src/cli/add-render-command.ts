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
        .example('$0 render catalogs/idx -o yaml', 'A folder as YAML')
        .example(
          '$0 render registry.example.com/olm/idx:v4.18 | jq .name',
          'The catalog in an index image',
        ),
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
