// The command is loaded when it runs: help and completion must not wait for what they do not use.
import { FORMAT, type Parser, type Run, WORKING_TREE } from './command-options.ts';

export function addExplain(parser: Parser, run: Run): void {
  parser.command(
    'explain <ref>',
    'Say why an image is here: what wants it, since when, where it is, what passes did with it',
    (command) =>
      command
        .positional('ref', {
          type: 'string',
          demandOption: true,
          describe:
            'Image as upstream or as production or staging has it, by digest or tag; a digest or its beginning; or a bundle name',
        })
        .option('sharing', {
          type: 'string',
          choices: ['package', 'all', 'none'] as const,
          default: 'package' as const,
          describe:
            'Images that are looked through for the same layers: those of the same package, all (a request or more for each), or none',
          requiresArg: true,
        })
        .option('working-tree', WORKING_TREE)
        .option('format', FORMAT)
        .example('$0 explain quay.io/org/operator@sha256:0123…', 'As Git names it')
        .example('$0 explain nexus.example.com:5000/org/operator:v1', 'As production has it')
        .example('$0 explain sha256:0123456', 'Whatever has this digest')
        .example('$0 explain operator-a.v1.2.0', 'All images of a bundle')
        .epilogue('Exit codes: 0 told; 1 an error, or nothing in Git wants it.'),
    (args) => {
      const { ref, sharing, workingTree, format } = args;
      return run(
        async (context, wiring) =>
          (await import('./commands/explain.ts')).runExplain(
            { ref, sharing, workingTree, format },
            context,
            wiring,
          ),
        args,
      );
    },
  );
}
