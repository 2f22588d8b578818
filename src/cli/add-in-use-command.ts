import { DRY_RUN, FORMAT, type Parser, type Run } from './command-options.ts';
import { LIVE } from './live-options.ts';

export function addInUse(parser: Parser, run: Run): void {
  parser.command(
    'in-use',
    'Write down what a cluster uses: operators, versions, images, its release and its mirror rules',
    (command) =>
      command
        .option('from', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe:
            'Files and folders of objects (what `oc get -o yaml` or `-o json` prints, a must-gather); without one a running cluster is looked at',
          requiresArg: true,
        })
        .options(LIVE)
        .option('cluster', {
          type: 'string',
          describe: 'Its name in in-use.yaml; default: the only one that is known',
          requiresArg: true,
        })
        .option('include', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe:
            'Kinds of custom resources (KIND.GROUP; in files KIND is enough) that name images, in members whose names speak of an image',
          requiresArg: true,
        })
        .option('dry-run', DRY_RUN)
        .option('format', FORMAT)
        .example('$0 in-use --from objects.json --cluster prod-a', 'What `oc get` printed there')
        .example(
          '$0 in-use --kubeconfig prod-a.kubeconfig --cluster prod-a',
          'Look at a running cluster with GET and LIST alone',
        )
        .epilogue(
          'Exit codes: 0 told, and written where it is new; 1 an error, and nothing was written. No registry is asked.',
        ),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/in-use.ts')).runInUse(
            {
              from: args.from,
              live: { kubeconfig: args.kubeconfig ?? null, context: args.context ?? null },
              cluster: args.cluster ?? null,
              include: args.include,
              dryRun: args.dryRun,
              format: args.format,
            },
            context,
            wiring,
          ),
        args,
      ),
  );
}
