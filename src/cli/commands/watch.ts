import pino from 'pino';
import type { PassEvent } from '../../base/events.ts';
import { isToolError, messageOf, ToolError } from '../../base/tool-error.ts';
import { openMirrorClone } from '../../git/mirror-clone.ts';
import type { GitPort } from '../../git/port.ts';
import { type ExitCode, formatSums } from '../../plan/sum-outcomes.ts';
import { type WatchEvent, watch } from '../../reconcile/watch.ts';
import { countSteps } from '../../report/render-plan-text.ts';
import type { CommandContext } from '../context.ts';
import { makePrintable } from '../printable.ts';
import { formatStepResult } from '../step-words.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';

export interface WatchOptions {
  /** URL of a remote, or null for the local clone. */
  readonly remote: string | null;
  readonly ref: string;
  /** Null for `spec.reconcile.interval`. */
  readonly intervalMilliseconds: number | null;
  readonly concurrency: number;
  readonly copyTimeoutMilliseconds: number;
  readonly logFormat: 'text' | 'json';
}

/** The reconciler: runs the pass that `apply` runs whenever a commit appears, and at every interval, until it is told to stop. */
export async function runWatch(
  options: WatchOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const log = createLog(options.logFormat, context);
  const git = await openSource(options, wiring);
  await watch(
    {
      manifestFile: context.manifestFile,
      indexOnly: false,
      rebuild: false,
      verify: null,
      notes: await wiring.openNotes(),
      keepsBudget: true,
      intervalMilliseconds: options.intervalMilliseconds,
    },
    {
      git,
      prepare: await wiring.createPreparer(git, log.emit),
      applier: await wiring.createApplier(options.copyTimeoutMilliseconds),
      concurrency: options.concurrency,
      findAccess: wiring.findAccess,
      clock: systemClock,
      random: Math.random,
      emit: log.emit,
      tell: log.tell,
      signal: context.signal,
      readRevision: () => readRevision(git, options, context.signal),
    },
  );
  return 0;
}

async function openSource(options: WatchOptions, wiring: Wiring): Promise<GitPort> {
  if (options.remote === null) return wiring.openGit();
  return openMirrorClone({ url: options.remote, ref: options.ref, folder: wiring.stateFolder });
}

async function readRevision(
  git: GitPort,
  options: WatchOptions,
  signal: AbortSignal,
): Promise<string> {
  if (options.remote !== null) return git.fetchRevision(options.remote, options.ref, signal);
  const revision = await git.resolveRevision(options.ref);
  if (revision !== null) return revision;
  throw new ToolError('GIT_NO_COMMIT', `${options.ref} names no commit in ${git.folder} yet.`, {
    hint: 'Commit mirror.yaml and catalogs/; the next pass takes them.',
  });
}

interface Log {
  readonly emit: (event: PassEvent) => void;
  readonly tell: (event: WatchEvent) => void;
}

// Standard output carries the log, one line an entry, so that a service manager can keep it.
function createLog(format: WatchOptions['logFormat'], context: CommandContext): Log {
  const level = context.console.verbose ? 'debug' : 'info';
  const logger = pino(
    {
      level: context.console.quiet ? 'warn' : level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    format === 'json' ? pino.destination({ dest: 1, sync: true }) : createTextStream(),
  );
  return {
    emit: (event) => logPassEvent(logger, event),
    tell: (event) => logWatchEvent(logger, event),
  };
}

function createTextStream(): { write: (line: string) => void } {
  return {
    write(line) {
      const entry: Readonly<Record<string, unknown>> = JSON.parse(line);
      const level = pino.levels.labels[Number(entry['level'])] ?? '';
      const text = `${String(entry['time'])} ${level} ${String(entry['msg'])}`;
      process.stdout.write(`${makePrintable(text)}\n`);
    },
  };
}

function logPassEvent(logger: pino.Logger, event: PassEvent): void {
  if (event.kind === 'observe-progress') return;
  const line = formatPassEvent(event);
  if (line === null) logger.debug(event, event.kind);
  else logger[line.level](event, line.text);
}

interface LogLine {
  readonly level: 'info' | 'warn';
  readonly text: string;
}

function formatPassEvent(event: PassEvent): LogLine | null {
  if (event.kind === 'warning') return { level: 'warn', text: event.message };
  if (event.kind === 'interrupted')
    return {
      level: 'warn',
      text: `interrupted: ${event.running} steps running, ${event.left} not begun`,
    };
  if (event.kind === 'step-retry') {
    const seconds = Math.round(event.delayMilliseconds / 1000);
    const why = `attempt ${event.attempt} failed (${event.message})`;
    return { level: 'warn', text: `${event.title}: ${why}, again in ${seconds} s` };
  }
  if (event.kind !== 'step-finished') return null;
  const message = event.message === null ? '' : `: ${event.message}`;
  return { level: 'info', text: `${event.title}: ${formatStepResult(event)}${message}` };
}

function logWatchEvent(logger: pino.Logger, event: WatchEvent): void {
  switch (event.kind) {
    case 'pass-started':
      return logger.info(
        event,
        `pass (${event.reason}) for commit ${event.revision.slice(0, 12)} "${event.subject}"`,
      );
    case 'pass-finished':
      return logPassEnd(logger, event);
    case 'pass-failed':
      return logger.error(
        { code: isToolError(event.error) ? event.error.code : 'BUG' },
        `pass failed: ${messageOf(event.error)}${isToolError(event.error) && event.error.hint !== undefined ? ` Hint: ${event.error.hint}` : ''}`,
      );
    case 'suspended':
      return logger.warn(event, `suspended by ${event.by}: ${event.reason}; nothing is written`);
    case 'sleeping':
      return logger.info(event, `sleeps ${Math.round(event.milliseconds / 1000)} s: ${event.why}`);
    case 'stopped':
      return logger.info(event, 'stopped');
  }
}

function logPassEnd(
  logger: pino.Logger,
  event: WatchEvent & { readonly kind: 'pass-finished' },
): void {
  const { report, prepared, drift } = event;
  for (const check of report.checks) {
    const text = `${check.message}${check.hint === null ? '' : ` Hint: ${check.hint}`}`;
    if (check.severity === 'warning')
      logger.warn({ check: check.kind, catalog: check.catalog }, text);
    else logger.error({ check: check.kind, catalog: check.catalog }, text);
  }
  const work =
    prepared.plan.steps.length === 0
      ? 'no changes'
      : `${countSteps(prepared.plan.steps)}${drift ? ' (drift)' : ''}`;
  logger.info(
    { sums: report.sums, exitCode: report.exitCode, requests: report.requests },
    `pass done: ${work}; ${formatSums(report.sums)}`,
  );
}
