// Each command is loaded when it runs: help and completion must not wait for what they do not use.
import {
  APPROVE_HASH,
  COPY_TIMEOUT,
  type Command,
  FOLLOWED_REMOTE,
  FORMAT,
  graceOption,
  type Parser,
  type Run,
  readCount,
  readDuration,
  type Scope,
  WORKING_TREE,
} from './command-options.ts';
import { GIT_ACCESS_OPTIONS } from './git-access-options.ts';
import { nameSingle } from './name-single.ts';
import { ALLOW_SHRINK, INDEX_ONLY, REBUILD, VERIFY } from './pass-flags.ts';
import { type Compared, REVIEW, readCompared } from './read-compared.ts';
import { LEASE, readLease } from './read-lease.ts';
import { LIMIT, readLimit } from './read-limit.ts';
import { readShard, SHARD } from './read-shard.ts';
import { readTelling, TELLING } from './telling-options.ts';
import {
  readSigners,
  readWatchSource,
  SIGNER_OPTIONS,
  WATCH_SOURCE_OPTIONS,
} from './watch-source-options.ts';

const UNATTENDED = {
  type: 'boolean',
  default: false,
  describe:
    'Keep to suspension, windows and dryRun as watch does, for runs that no person starts; what is held ends as deferred',
} as const;

const CONCURRENCY = {
  type: 'string',
  default: '4',
  describe: 'Copies at a time',
  requiresArg: true,
} as const;

export function addPlan(parser: Parser, run: Run): void {
  parser.command(
    'plan',
    'Say what apply would do; exit 2 where there is something to do',
    (command) =>
      command
        .option('working-tree', WORKING_TREE)
        .option('index-only', INDEX_ONLY)
        .option('rebuild', REBUILD)
        .option('allow-shrink', ALLOW_SHRINK)
        .option('verify', VERIFY)
        .option('shard', SHARD)
        .options(REVIEW)
        .option('out', {
          type: 'string',
          describe: 'Save the plan for `olmirror apply FILE`',
          requiresArg: true,
        })
        .option('format', {
          ...FORMAT,
          choices: ['text', 'markdown', 'html', 'json'] as const,
          describe:
            'Form of the output; markdown for a comment at a forge, html for mail, a file that needs no network',
        })
        .option('limit', LIMIT),
    (args) => {
      const { workingTree, indexOnly, rebuild, allowShrink, format } = args;
      const flags = { workingTree, indexOnly, rebuild, allowShrink, verify: args.verify ?? null };
      const output = { out: args.out ?? null, format, limit: readLimit(args.limit) };
      const options = { ...flags, ...readShard(args), ...output };
      const compared = readCompared(args);
      return run(
        async (context, wiring) =>
          compared === null
            ? (await import('./commands/plan.ts')).runPlan(options, context, wiring)
            : (await import('./commands/plan-review.ts')).runPlanReview(
                { ...options, ...compared },
                context,
                wiring,
              ),
        args,
        {
          several: 'each',
          single: saySingle(args.out, compared),
        },
      );
    },
  );
}

function saySingle(out: string | undefined, compared: Compared | null): string | null {
  if (compared !== null) return 'A comparison of commits';
  return out === undefined ? null : 'A plan that is saved by --out';
}

export function addApply(parser: Parser, run: Run): void {
  parser.command(
    'apply [plan]',
    'Bring production in step with Git, or carry out exactly a saved plan',
    (command) =>
      command
        .positional('plan', { type: 'string', describe: 'Plan saved by `olmirror plan --out`' })
        .option('working-tree', WORKING_TREE)
        .option('index-only', INDEX_ONLY)
        .option('rebuild', REBUILD)
        .option('allow-shrink', ALLOW_SHRINK)
        .options(SIGNER_OPTIONS)
        .option('verify', VERIFY)
        .option('shard', SHARD)
        .option('unattended', UNATTENDED)
        .option('approve-hash', APPROVE_HASH)
        .option('concurrency', CONCURRENCY)
        .option('copy-timeout', COPY_TIMEOUT)
        .option('grace-period', graceOption('10s'))
        .option('lease', LEASE)
        .option('format', FORMAT),
    (args) => {
      const { workingTree, indexOnly, rebuild, allowShrink, unattended, format } = args;
      const shard = readShard(args);
      const copying = {
        concurrency: readCount(args.concurrency, '--concurrency'),
        copyTimeoutMilliseconds: readDuration(args.copyTimeout, '--copy-timeout'),
        graceMilliseconds: readDuration(args.gracePeriod, '--grace-period'),
        lease: readLease(args.lease),
      };
      return run(
        async (context, wiring) =>
          (await import('./commands/apply.ts')).runApply(
            {
              planFile: args.plan ?? null,
              workingTree,
              indexOnly,
              rebuild,
              allowShrink,
              signers: readSigners(args),
              verify: args.verify ?? null,
              unattended,
              approveHash: args.approveHash ?? null,
              format,
              ...shard,
              ...copying,
            },
            context,
            wiring,
          ),
        args,
        { several: 'each', single: nameSingle(args) },
      );
    },
  );
}

export function addStatus(parser: Parser, run: Run): void {
  parser.command(
    'status',
    'Show what is in production against Git, and what became of the delivery in staging',
    (command) =>
      command
        .option('working-tree', WORKING_TREE)
        .option('verify', VERIFY)
        .option('handover', {
          type: 'boolean',
          default: false,
          describe:
            'Renew HANDOVER.md in the working tree, by which a stranger takes the next delivery; what stands below its marked line stays',
        })
        .option('wait', {
          type: 'string',
          choices: ['Ready', 'Stalled'] as const,
          describe:
            'Wait until the reconciler that runs here says so of the commit; asks no registry',
          requiresArg: true,
        })
        .option('revision', {
          type: 'string',
          describe:
            'Commit that --wait waits for; default HEAD of the local clone, any where there is none',
          requiresArg: true,
        })
        .option('timeout', {
          type: 'string',
          default: '10m',
          describe: 'How long to wait at most',
          requiresArg: true,
        })
        .option('remote', FOLLOWED_REMOTE)
        .option('format', FORMAT)
        .example('$0 status', 'Is production in step with Git, and what lies in staging')
        .example(
          '$0 status --wait Ready --timeout 10m',
          'Exit 0 once `olmirror watch` has applied HEAD, 4 where it was refused, 1 at a stall or in time',
        )
        .example(
          '$0 status --handover && git diff',
          'Renew HANDOVER.md, and look before committing',
        ),
    (args) => {
      const { workingTree, handover, verify = null, format, wait } = args;
      const timeoutMilliseconds = readDuration(args.timeout, '--timeout');
      const scope: Scope = {
        several: wait === undefined ? 'each' : 'together',
        single: handover ? '--handover' : null,
        reconciler: { remote: args.remote ?? null },
      };
      async function show(...[context, wiring]: Parameters<Command>): ReturnType<Command> {
        if (wait !== undefined)
          return (await import('./commands/status-wait.ts')).runStatusWait(
            { wait, revision: args.revision ?? null, timeoutMilliseconds, format },
            context,
            wiring,
          );
        return (await import('./commands/status.ts')).runStatus(
          { workingTree, handover, verify, format },
          context,
          wiring,
        );
      }
      return run(show, args, scope);
    },
  );
}

export function addWatch(parser: Parser, run: Run): void {
  parser.command(
    'watch',
    'Keep production in step with Git until stopped',
    (command) =>
      command
        .option('remote', {
          type: 'string',
          describe: 'URL or path of the repository to fetch; without it the local clone is watched',
          requiresArg: true,
        })
        .option('ref', {
          type: 'string',
          describe: 'Branch or tag; default HEAD, or main with --remote',
          requiresArg: true,
        })
        .options(WATCH_SOURCE_OPTIONS)
        .options(GIT_ACCESS_OPTIONS)
        .options(SIGNER_OPTIONS)
        .option('allow-shrink', ALLOW_SHRINK)
        .option('interval', {
          type: 'string',
          describe: 'Time between passes; default spec.reconcile.interval',
          requiresArg: true,
        })
        .option('concurrency', CONCURRENCY)
        .option('copy-timeout', COPY_TIMEOUT)
        .option('grace-period', graceOption('25s'))
        .option('lease', LEASE)
        .option('log-format', { ...FORMAT, describe: 'Form of the log lines' })
        .options(TELLING),
    (args) => {
      const { remote = null, logFormat } = args;
      const telling = readTelling(args);
      const intervalMilliseconds =
        args.interval === undefined ? null : readDuration(args.interval, '--interval');
      const copying = {
        concurrency: readCount(args.concurrency, '--concurrency'),
        copyTimeoutMilliseconds: readDuration(args.copyTimeout, '--copy-timeout'),
        graceMilliseconds: readDuration(args.gracePeriod, '--grace-period'),
        lease: readLease(args.lease),
      };
      const source = readWatchSource(args, remote);
      const ref = args.ref ?? (remote === null ? 'HEAD' : 'main');
      return run(
        async (context, wiring) => {
          const options = {
            remote,
            ref,
            intervalMilliseconds,
            logFormat,
            allowShrink: args.allowShrink,
            ...copying,
            ...source,
            ...telling,
          };
          if (context.patterns !== undefined)
            return (await import('./watch-repository.ts')).runWatchMany(options, context);
          return (await import('./commands/watch.ts')).runWatch(options, context, wiring);
        },
        args,
        { several: 'itself', remote },
      );
    },
  );
}
