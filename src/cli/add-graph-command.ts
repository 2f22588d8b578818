// The command is loaded when it runs: help and completion must not wait for what they do not use.
import { FORMAT, type Parser, type Run, SOURCE_OPTIONS } from './command-options.ts';

export function addGraph(parser: Parser, run: Run): void {
  parser.command(
    'graph [package]',
    'Show the upgrade graph: heads, paths, stranded versions, and what OLM would offer',
    (command) =>
      command
        .positional('package', {
          type: 'string',
          describe: 'Package to show; without one a line for every channel',
        })
        .option('source', {
          type: 'string',
          describe:
            'production, staging, an image, a folder, a catalog file, oci:LAYOUT or COMMIT:PATH; by default the catalogs at HEAD',
          requiresArg: true,
        })
        .option('catalog', {
          type: 'string',
          describe: 'Catalog of the manifest; all without one',
          requiresArg: true,
        })
        .option('channel', { type: 'string', describe: 'Only this channel', requiresArg: true })
        .option('from', {
          type: 'string',
          describe: 'Installed version or bundle: say what OLM offers and the way to the head',
          requiresArg: true,
        })
        .option('insecure', SOURCE_OPTIONS.insecure)
        .option('format', { ...FORMAT, choices: ['text', 'mermaid', 'dot', 'json'] as const })
        .example('$0 graph', 'Every channel with its head and its stranded versions')
        .example('$0 graph operator-c --from 0.9.5', 'What OLM offers where 0.9.5 is installed')
        .example(
          '$0 graph operator-a --source production --channel stable --format mermaid',
          'A picture for a page',
        )
        .epilogue('Exit codes: 0 shown, stranded versions included; 1 an error.'),
    (args) => {
      const { package: name = null, source = null, catalog = null } = args;
      const { channel = null, from = null } = args;
      const { insecure, format } = args;
      return run(
        async (context, wiring) =>
          (await import('./commands/graph.ts')).runGraph(
            { package: name, source, catalog, channel, from, insecure, format },
            context,
            wiring,
          ),
        args,
      );
    },
  );
}
