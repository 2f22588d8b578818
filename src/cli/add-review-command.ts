import { FORMAT, type Parser, type Run } from './command-options.ts';
import { FORGE_OPTIONS, readForgeAccess } from './forge-options.ts';

export function addReview(parser: Parser, run: Run): void {
  parser.command(
    'review',
    'Tell a pull request what production will become: one comment, kept up to date, and a commit status',
    (command) =>
      command
        .option('from', {
          type: 'string',
          describe:
            'Commit to compare with, or with where the change left it; default: what the pull request is to be merged into, as the CI says; elsewhere none, and only the plan is shown',
          requiresArg: true,
        })
        .option('to', {
          type: 'string',
          describe:
            'Commit to review; default: the newest of the pull request as the CI says, else HEAD',
          requiresArg: true,
        })
        .option('offline', {
          type: 'boolean',
          default: false,
          describe: 'Compare the two commits, and ask no registry',
        })
        .options(FORGE_OPTIONS)
        .option('pull', {
          type: 'string',
          describe:
            'Number of the pull request; default: as the CI says, else only the status is set',
          requiresArg: true,
        })
        .option('context', {
          type: 'string',
          default: 'olmirror/plan',
          describe: 'Name of the status, and what tells the comment from those of other runs',
          requiresArg: true,
        })
        .option('attach', {
          type: 'string',
          describe:
            'Write the whole review to this file, for the CI to keep beside the run: HTML or JSON where its name ends so, else Markdown',
          requiresArg: true,
        })
        .option('format', { ...FORMAT, choices: ['text', 'markdown', 'html', 'json'] as const })
        .example('$0 review', 'in a job of Gitea Actions, GitHub Actions or GitLab CI')
        .example(
          '$0 review --from main --forge gitea --url https://git.example.com --repository ops/state --pull 7 --token-file /run/secrets/forge-token',
          'anywhere else',
        )
        .epilogue(
          'Exit codes: 0 told, with changes or without; 1 an error, or the forge could not be told; 4 refused by policy or gap.',
        ),
    (args) => {
      const { forge = null, url = null, repository = null, attach = null, context, format } = args;
      const access = readForgeAccess(args);
      return run(
        async (surroundings, wiring) =>
          (await import('./commands/review.ts')).runReview(
            {
              choice: { forge, url, repository },
              access,
              from: args.from ?? null,
              to: args.to ?? null,
              offline: args.offline,
              pull: args.pull ?? null,
              context,
              attach,
              format,
            },
            surroundings,
            wiring,
          ),
        args,
      );
    },
  );
}
