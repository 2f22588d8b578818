import { FORMAT, type Parser, type Run, SOURCE_OPTIONS } from './command-options.ts';

export function addSnapshot(parser: Parser, run: Run): void {
  parser.command(
    'snapshot',
    'What production holds and Git says, to be carried outside for `need`',
    (command) =>
      command
        .option('out', {
          type: 'string',
          describe: 'File for it, compressed where its name ends in .gz; default stdout',
          requiresArg: true,
        })
        .option('mask', {
          type: 'boolean',
          default: false,
          describe: 'Give hosts, the mirror, clusters and namespaces stable pseudonyms',
        })
        .option('names', {
          type: 'string',
          describe: 'With --mask, file for the pseudonyms and what they stand for; it stays inside',
          requiresArg: true,
        })
        .example('$0 snapshot --mask --out snapshot.json.gz', 'to be carried outside')
        .epilogue(
          'Exit codes: 0 done; 1 an error, or production did not tell all. HEAD and GET only.',
        ),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/snapshot.ts')).runSnapshot(
            { out: args.out ?? null, mask: args.mask, names: args.names ?? null },
            context,
            wiring,
          ),
        args,
      ),
  );
}

export function addNeed(parser: Parser, run: Run): void {
  parser.command(
    'need [catalogs..]',
    'Outside: what to bring, so that it merges inside with no gap; needs no manifest',
    (command) =>
      command
        .positional('catalogs', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe: 'Upstream catalog: a SOURCE, or NAME=SOURCE where the snapshot has several',
        })
        .option('have', {
          type: 'string',
          demandOption: true,
          describe: 'What `snapshot` wrote',
          requiresArg: true,
        })
        .option('package', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe: 'PACKAGE or PACKAGE:CHANNEL to bring; without it every package that Git has',
          requiresArg: true,
        })
        .option('openshift', {
          type: 'string',
          describe:
            'Release that the clusters will run, such as 4.20; default as --release or the index tag says',
          requiresArg: true,
        })
        .option('release', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe: 'Release of OpenShift to bring: 4.20.3, or 4.20.3-aarch64',
          requiresArg: true,
        })
        .option('channel', {
          type: 'string',
          describe: 'Channel that clusters are to follow; default the one that each follows',
          requiresArg: true,
        })
        .option('graph', {
          type: 'string',
          describe:
            'Graph of updates, newer than that of the snapshot: a file or folder of what an update service answers, or of graph-data',
          requiresArg: true,
        })
        .option('sizes', {
          type: 'boolean',
          default: false,
          describe: 'Ask upstream for digests and sizes',
        })
        .option('insecure', SOURCE_OPTIONS.insecure)
        .option('format', {
          choices: ['text', 'json', 'imageset'] as const,
          default: 'text' as const,
          describe: 'For people, for `receipt`, or for oc-mirror v2',
          requiresArg: true,
        })
        .example('$0 need catalog.json --have snapshot.json', 'what to mirror, and the images')
        .example(
          '$0 need --have snapshot.json --release 4.20.3 --graph graph.json',
          'whether clusters get there, and over which releases',
        )
        .epilogue(
          'Exit codes: 0 done; 1 an error; 4 something is left out, since no image closes its gap, or a cluster does not get to a release.',
        ),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/need.ts')).runNeed(
            {
              catalogs: args.catalogs,
              have: args.have,
              packages: args.package,
              openshift: args.openshift ?? null,
              releases: args.release,
              channel: args.channel ?? null,
              graph: args.graph ?? null,
              sizes: args.sizes,
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

export function addReceipt(parser: Parser, run: Run): void {
  parser.command(
    'receipt <need>',
    'On arrival: does staging hold what was asked for?',
    (command) =>
      command
        .positional('need', {
          type: 'string',
          demandOption: true,
          describe: 'What `need --format json` wrote',
        })
        .option('stale', {
          type: 'boolean',
          default: false,
          describe: 'Compare although Git has changed since the snapshot',
        })
        .option('format', FORMAT)
        .example('$0 receipt need.json', 'arrived, missing, different, and what nobody asked for')
        .epilogue(
          'Exit codes: 0 complete; 1 an error, or nobody can say; 4 incomplete. HEAD and GET only.',
        ),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/receipt.ts')).runReceipt(
            { need: args.need, stale: args.stale, format: args.format },
            context,
            wiring,
          ),
        args,
      ),
  );
}
