// Each command is loaded when it runs: help and completion must not wait for what they do not use.
import { FORMAT, type Parser, type Run, SOURCE_FORMS, SOURCE_OPTIONS } from './command-options.ts';

export function addFilter(parser: Parser, run: Run): void {
  parser.command(
    'filter <source>',
    'Reduce a catalog to packages, channels, versions or bundles and the way up from there; needs no manifest',
    (command) =>
      command
        .positional('source', { type: 'string', demandOption: true, describe: SOURCE_FORMS })
        .option('package', {
          ...TEXTS,
          describe:
            'PACKAGE, PACKAGE:CHANNEL or "PACKAGE:CHANNEL:RANGE" to keep; CHANNEL may be empty',
        })
        .option('bundle', { ...TEXTS, describe: 'Bundle to keep: NAME, or PACKAGE/NAME' })
        .option('selection', {
          type: 'string',
          describe: 'File that says what to keep (schemas/selection.schema.json)',
          requiresArg: true,
        })
        .option('default-channel', {
          ...TEXTS,
          describe:
            'PACKAGE=CHANNEL; without it, one that goes gives way to the channel with the highest head',
        })
        .option('output', { ...OUTPUT, default: 'json' as const, describe: 'Form of the catalog' })
        .option('output-dir', {
          type: 'string',
          describe: 'New or empty folder for the catalog, a folder a package; default stdout',
          requiresArg: true,
        })
        .option('catalog', SOURCE_OPTIONS.catalog)
        .option('insecure', SOURCE_OPTIONS.insecure)
        .option('format', {
          ...FORMAT,
          describe: 'Form of the report: on stderr, with --output-dir on stdout',
        })
        .example(
          '$0 filter catalogs/example-index --package operator-c --package operator-a:stable',
          'A package and one channel of another, to stdout',
        )
        .example(
          '$0 filter production --package "operator-a:stable:>=1.1.0 <1.2.0" --output-dir small',
          'Versions of one channel, up to its head, into a folder',
        )
        .example(
          '$0 filter catalogs/example-index --bundle operator-c.v0.10.0 -o yaml',
          'From one bundle up, as YAML',
        )
        .epilogue('Exit codes: 0 done; 1 an error, nothing was written.'),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/filter.ts')).runFilter(
            {
              sources: [args.source],
              packages: args.package,
              bundles: args.bundle,
              file: args.selection ?? null,
              defaultChannels: args.defaultChannel,
              output: args.output,
              outputDir: args.outputDir ?? null,
              catalog: args.catalog ?? null,
              insecure: args.insecure,
              format: args.format,
            },
            context,
            wiring,
          ),
        args,
      ),
  );
}

export function addConvert(parser: Parser, run: Run): void {
  parser.command(
    'convert <source>',
    'Write a catalog as JSON or YAML, a file a package or one file, losing nothing; needs no manifest',
    (command) =>
      command
        .positional('source', { type: 'string', demandOption: true, describe: SOURCE_FORMS })
        .option('output-dir', {
          type: 'string',
          demandOption: true,
          describe: 'New or empty folder for the catalog',
          requiresArg: true,
        })
        .option('output', { ...OUTPUT, default: 'json' as const, describe: 'Form of the files' })
        .option('layout', {
          choices: ['package', 'file'] as const,
          default: 'package' as const,
          describe: 'A folder with a file for each package, or one file',
          requiresArg: true,
        })
        .option('catalog', SOURCE_OPTIONS.catalog)
        .option('insecure', SOURCE_OPTIONS.insecure)
        .example(
          '$0 convert catalogs/example-index -o yaml --layout file --output-dir yaml',
          'JSON to YAML, a folder a package to one file',
        )
        .example('$0 convert yaml/catalog.yaml --output-dir json', 'And back')
        .epilogue('Exit codes: 0 done; 1 an error, nothing was written.'),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/convert.ts')).runConvert(
            {
              sources: [args.source],
              outputDir: args.outputDir,
              output: args.output,
              layout: args.layout,
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

const TEXTS = {
  type: 'string',
  array: true,
  default: [] as string[],
  requiresArg: true,
} as const;

const OUTPUT = { alias: 'o', choices: ['json', 'yaml'], requiresArg: true } as const;
