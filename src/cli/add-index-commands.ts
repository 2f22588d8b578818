// Each command is loaded when it runs: help and completion must not wait for what they do not use.
import { addRollback } from './add-rollback-command.ts';
import {
  CATALOGS,
  FORMAT,
  type Parser,
  type Run,
  readDuration,
  SOURCE_OPTIONS,
  WORKING_TREE,
} from './command-options.ts';

export function addIndex(parser: Parser, run: Run): void {
  parser.command(
    'index',
    'Look into index images: show, extract, verify, rehearse, list, and the resources that serve them; go back to one',
    (group) => {
      for (const add of [
        addShow,
        addExtract,
        addVerify,
        addRehearse,
        addList,
        addInfo,
        addRollback,
      ])
        add(group, run);
      return group.demandCommand(1, 'Which one? See `olmirror index --help`.');
    },
  );
}

const REF = {
  type: 'string',
  demandOption: true,
  describe: 'An index image: production, staging, HOST/PATH:TAG, HOST/PATH@DIGEST or oci:LAYOUT',
} as const;

function addShow(parser: Parser, run: Run): void {
  parser.command(
    'show <ref>',
    'Show what an index holds, who built it, how it is served, and whether its cache is right',
    (command) =>
      command
        .positional('ref', REF)
        .option('catalog', SOURCE_OPTIONS.catalog)
        .option('insecure', SOURCE_OPTIONS.insecure)
        .option('format', FORMAT)
        .example('$0 index show production', 'What is served now')
        .example(
          '$0 index show registry.example.com/olm/example-index:v4.20 --format json',
          'Any index; needs no manifest',
        )
        .epilogue('Exit codes: 0 shown, a stale cache included; 1 an error.'),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/index-show.ts')).runIndexShow(
            {
              ref: args.ref,
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

function addExtract(parser: Parser, run: Run): void {
  parser.command(
    'extract <ref> <folder>',
    'Write the catalog of an index into a folder, file by file as it is in the image',
    (command) =>
      command
        .positional('ref', REF)
        .positional('folder', {
          type: 'string',
          demandOption: true,
          describe: 'New or empty folder',
        })
        .option('force', {
          type: 'boolean',
          default: false,
          describe: 'Replace a folder that is not empty, with all that is in it',
        })
        .option('catalog', SOURCE_OPTIONS.catalog)
        .option('insecure', SOURCE_OPTIONS.insecure)
        .example(
          '$0 index extract production served',
          'What is served now, to look at or to compare',
        )
        .example('$0 index extract oci:layout:v4.20 served --force', 'And again')
        .epilogue('Exit codes: 0 done; 1 an error, nothing was written.'),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/index-extract.ts')).runIndexExtract(
            {
              ref: args.ref,
              folder: args.folder,
              force: args.force,
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

function addVerify(parser: Parser, run: Run): void {
  parser.command(
    'verify <ref>',
    'Hold an index against a commit and its registry: image id, content, cache, closure',
    (command) =>
      command
        .positional('ref', REF)
        .option('against', {
          type: 'string',
          default: 'HEAD',
          describe: 'Commit that says what the index must be',
          requiresArg: true,
        })
        .option('catalog', SOURCE_OPTIONS.catalog)
        .option('insecure', SOURCE_OPTIONS.insecure)
        .option('format', FORMAT)
        .example('$0 index verify production', 'Is what is served what Git says?')
        .example(
          '$0 index verify localhost:5000/olm/example-index:v4.20-9ed5af0919b4 --against HEAD~1',
          'An earlier index against an earlier commit',
        )
        .epilogue(
          'Exit codes: 0 all is as it should be; 4 something is not; 1 an error, or something is unknown.',
        ),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/index-verify.ts')).runIndexVerify(
            {
              ref: args.ref,
              against: args.against,
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

function addRehearse(parser: Parser, run: Run): void {
  parser.command(
    'rehearse',
    'Build the index that Git gives, check it, and let opm serve it here; nothing is pushed',
    (command) =>
      command
        .option('catalog', {
          type: 'string',
          describe: 'Catalog of the manifest; not needed where it has one',
          requiresArg: true,
        })
        .option('working-tree', WORKING_TREE)
        .option('opm', {
          type: 'string',
          describe: 'Program that serves it; without it opm on the PATH, if there is one',
          requiresArg: true,
        })
        .option('timeout', {
          type: 'string',
          default: '100s',
          describe: 'Time until opm must serve, as OLM gives a pod, and for each of its answers',
          requiresArg: true,
        })
        .option('format', FORMAT)
        .example('$0 index rehearse', 'Would the next index be served as it is in Git?')
        .example(
          '$0 index rehearse --working-tree --opm ./opm-v1.39',
          'Before the commit, by the opm of your cluster',
        )
        .epilogue(
          'Exit codes: 0 all is as it should be, without opm as far as digests tell; 4 something is not; 1 an error, or opm did not answer in time.',
        ),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/index-rehearse.ts')).runIndexRehearse(
            {
              catalog: args.catalog ?? null,
              workingTree: args.workingTree,
              opm: args.opm ?? null,
              timeout: readDuration(args.timeout, '--timeout'),
              format: args.format,
            },
            context,
            wiring,
          ),
        args,
      ),
  );
}

function addList(parser: Parser, run: Run): void {
  parser.command(
    'list [catalog..]',
    'List the indexes that the serving registry keeps of each catalog, with commit and date, newest first',
    (command) =>
      command
        .positional('catalog', CATALOGS)
        .option('format', FORMAT)
        .example('$0 index list', 'Of every catalog; * is what is served')
        .example('$0 index list example-index --format json', 'Of one, for a script')
        .epilogue('Exit codes: 0 listed; 1 an error, or a tag that could not be read.'),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/index-list.ts')).runIndexList(
            { catalogs: args.catalog, format: args.format },
            context,
            wiring,
          ),
        args,
      ),
  );
}

function addInfo(parser: Parser, run: Run): void {
  parser.command(
    'info <ref>',
    'Print the CatalogSource and the ClusterCatalog that serve an index, checked against the image',
    (command) =>
      command
        .positional('ref', REF)
        .option('catalog', SOURCE_OPTIONS.catalog)
        .option('insecure', SOURCE_OPTIONS.insecure)
        .example('$0 index info production > cluster/example-index.yaml', 'For the cluster')
        .epilogue(
          'Exit codes: 0 printed; 4 printed, but a pod of it would not come up; 1 an error.',
        ),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/index-info.ts')).runIndexInfo(
            { ref: args.ref, catalog: args.catalog ?? null, insecure: args.insecure },
            context,
            wiring,
          ),
        args,
      ),
  );
}
