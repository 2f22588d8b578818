import { FORMAT, type Parser, type Run, WORKING_TREE } from './command-options.ts';

export function addReleases(parser: Parser, run: Run): void {
  parser.command(
    'releases',
    'Which OpenShift releases are where, signed, whole and in use, and how clusters get to them',
    (command) =>
      command
        .option('working-tree', WORKING_TREE)
        .option('format', FORMAT)
        .example('$0 releases', 'Before an update: can every cluster get there, and is all there?')
        .epilogue(
          'Exit codes: 0 told; 1 an error, or something is unknown; 4 a release that a cluster runs is not whole in production, a payload cannot be used, or no signature of it holds. HEAD and GET only.',
        ),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/releases.ts')).runReleases(
            { workingTree: args.workingTree, format: args.format },
            context,
            wiring,
          ),
        args,
      ),
  );
}
