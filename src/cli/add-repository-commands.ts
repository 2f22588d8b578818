// Each command is loaded when it runs: help and completion must not wait for what they do not use.
import { CATALOGS, FORMAT, type Parser, type Run } from './command-options.ts';
import { LIVE, readLivePlace } from './live-options.ts';

export function addInit(parser: Parser, run: Run): void {
  parser.command(
    'init [catalog..]',
    'Write a state repository from the index that production serves',
    (command) =>
      command
        .positional('catalog', CATALOGS)
        .option('from', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe:
            'production, staging, an image, a folder, a catalog file, oci:LAYOUT or COMMIT:PATH; several are merged in order',
          requiresArg: true,
        })
        .option('production', {
          type: 'string',
          describe: 'HOST:PORT of production, where there is no manifest yet',
          requiresArg: true,
        })
        .option('staging', {
          type: 'string',
          describe: 'HOST:PORT of staging, where there is no manifest yet',
          requiresArg: true,
        })
        .option('index', {
          type: 'string',
          describe: 'REPOSITORY:TAG of the index, where --from does not tell',
          requiresArg: true,
        })
        .option('insecure', {
          type: 'boolean',
          default: false,
          describe: 'Plain HTTP or unverified TLS, where there is no manifest yet',
        })
        .option('cluster-resources', {
          type: 'string',
          describe:
            'Folder with objects of clusters (YAML, JSON), as `oc get -o yaml` prints them: mirror rules say where images lie',
          requiresArg: true,
        })
        .options(LIVE)
        .example(
          '$0 init --from nexus.example.com:5000/olm/redhat-index:v4.20 --staging nexus.example.com:5001',
          'Look at both registries, and write mirror.yaml, the catalog, and what production lacks',
        )
        .epilogue(
          'Exit codes: 0 written; 1 an error, or written while production gave no clear answer of some images; 4 a gap: packages with one were left out. Registries are asked by HEAD and GET alone, and not at all where every --from is local.',
        ),
    (args) => {
      const { production = null, staging = null, index = null } = args;
      return run(
        async (context, wiring) =>
          (await import('./commands/init.ts')).runInit(
            {
              catalogs: args.catalog,
              from: args.from,
              production,
              staging,
              index,
              insecure: args.insecure,
              clusterResources: args.clusterResources ?? null,
              live: readLivePlace(args),
            },
            context,
            wiring,
          ),
        args,
      );
    },
  );
}

export function addValidate(parser: Parser, run: Run): void {
  parser.command(
    'validate [folder..]',
    'Judge the manifest and its catalogs, or catalog folders, as opm validate does',
    (command) =>
      command
        .positional('folder', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe: 'Catalog folders; without one the manifest and its catalogs',
        })
        .option('format', {
          ...FORMAT,
          choices: ['text', 'json', 'github', 'sarif'] as const,
          describe: 'Form of the result; github: annotations for GitHub and Gitea',
        })
        .example('$0 validate', 'mirror.yaml, its catalogs and their rules')
        .example('$0 validate catalogs/example-index --format sarif', 'A folder, for a scanner')
        .epilogue('Exit codes: 0 valid, perhaps with warnings; 1 an error.'),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/validate.ts')).runValidate(
            { folders: args.folder, format: args.format },
            context,
            wiring,
          ),
        { ...args, workingTree: true },
        {
          several: args.folder.length > 0 ? 'itself' : 'each',
          single: args.format === 'sarif' ? '--format sarif' : null,
        },
      ),
  );
}
