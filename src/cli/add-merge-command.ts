// Each command is loaded when it runs: help and completion must not wait for what they do not use.
import { readBranchChoice } from './branch-options.ts';
import { CATALOGS, FORMAT, type Parser, type Run } from './command-options.ts';
import type { MergeOptions } from './commands/merge.ts';
import { FORGE_OPTIONS } from './forge-options.ts';
import { GIT_ACCESS_OPTIONS } from './git-access-options.ts';

export function addMerge(parser: Parser, run: Run): void {
  parser.command(
    'merge [catalog..]',
    'Take a delivery into catalogs/, or into a branch of its own with its pull request',
    (command) =>
      command
        .positional('catalog', CATALOGS)
        .option('from', {
          type: 'string',
          describe:
            'production, staging (the default), an image, a folder, a catalog file, oci:LAYOUT or COMMIT:PATH',
          requiresArg: true,
        })
        .option('accept-default-channel', {
          type: 'boolean',
          default: false,
          describe: 'Take over a default channel that the delivery changes',
        })
        .option('all-or-nothing', {
          type: 'boolean',
          default: false,
          describe: 'Write nothing where one package has a gap',
        })
        .option('dry-run', {
          type: 'boolean',
          default: false,
          describe: 'Say what would change, write nothing',
        })
        .option('branch', {
          type: 'string',
          describe:
            'Write a branch and leave the working tree alone; without a name olmirror/CATALOG, one for each catalog',
        })
        .option('base', {
          type: 'string',
          requiresArg: true,
          describe:
            "Branch to be merged into; default: the remote's default branch, without --push the commit at HEAD",
        })
        .option('push', {
          type: 'boolean',
          default: false,
          describe: 'Base the branch on the newest commits of --remote, and push it there',
        })
        .option('remote', {
          type: 'string',
          requiresArg: true,
          describe: 'Name, URL or path of the Git remote for --push; default origin',
        })
        .option('author', {
          type: 'string',
          requiresArg: true,
          describe:
            '"NAME <EMAIL>" of the author of the commits; default as git is set up, else olmirror',
        })
        .options(GIT_ACCESS_OPTIONS)
        .option('pull-request', {
          type: 'boolean',
          default: false,
          describe:
            'Open the pull request of the pushed branch at the forge, or update the open one',
        })
        .options(FORGE_OPTIONS)
        .option('format', FORMAT)
        .example('$0 merge', 'Take in what staging serves, for every catalog')
        .example('$0 merge example-index --from ../render/configs --dry-run', 'Try a folder first')
        .example(
          '$0 merge --branch --push --pull-request',
          'For a robot: a branch and a pull request a catalog',
        )
        .epilogue(
          'Exit codes: 0 merged, or nothing new; 1 an error, nothing was written of that catalog; 4 a gap: the packages with one stay as they were, the others were merged (with --all-or-nothing none).',
        ),
    (args) => {
      const options: MergeOptions = {
        catalogs: args.catalog,
        from: args.from ?? null,
        acceptDefaultChannel: args.acceptDefaultChannel,
        allOrNothing: args.allOrNothing,
        dryRun: args.dryRun,
        format: args.format,
      };
      return run(async (context, wiring) => {
        const choice = readBranchChoice(args);
        if (choice === null) {
          const { runMerge } = await import('./commands/merge.ts');
          return runMerge(options, context, wiring);
        }
        const { openRequestForge, runMergeBranch } = await import('./commands/merge-branch.ts');
        const { access, request, ...branching } = choice;
        const git = await wiring.openGit(access);
        const desk = await wiring.openDesk(access);
        const forge = request === null ? null : await openRequestForge(request, { git, wiring });
        return runMergeBranch({ ...options, ...branching }, { git, desk, forge, context, wiring });
      }, args);
    },
  );
}
