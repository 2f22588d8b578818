import { ToolError } from '../base/tool-error.ts';
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
            'Image as upstream or as a registry has it, by digest or tag; a digest, or seven digits of it or more; or the name of a bundle',
        })
        .option('requests', {
          type: 'string',
          default: '500',
          describe:
            'Requests to production that looking for images with the same layers may take; 0: do not look',
          requiresArg: true,
        })
        .option('working-tree', WORKING_TREE)
        .option('format', FORMAT)
        .example('$0 explain quay.io/org/operator@sha256:0123…', 'As Git names it')
        .example('$0 explain nexus.example.com:5000/org/operator:v1', 'As production has it')
        .example('$0 explain sha256:0123456', 'Whatever has this digest')
        .example('$0 explain operator-a.v1.2.0', 'All images of a bundle')
        .epilogue(
          'Exit codes: 0 told, also of an image that Git wants no more; 1 an error, or nothing in Git wants it or ever did, or it is unknown whether a registry has it.',
        ),
    (args) => {
      const { ref, workingTree, format } = args;
      const mostRequests = readNumber(args.requests);
      return run(
        async (context, wiring) =>
          (await import('./commands/explain.ts')).runExplain(
            { ref, mostRequests, workingTree, format },
            context,
            wiring,
          ),
        args,
      );
    },
  );
}

function readNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new ToolError('CLI_USAGE', `--requests ${text} is not a whole number.`);
}
