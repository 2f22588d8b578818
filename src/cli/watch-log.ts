import pino from 'pino';
import type { PassEvent } from '../base/events.ts';
import { formatBytes, formatCount, joinNames } from '../base/text.ts';
import { isToolError, messageOf } from '../base/tool-error.ts';
import type { PassRecord } from '../plan/history-types.ts';
import { formatSums } from '../plan/sum-outcomes.ts';
import type { Step } from '../plan/types.ts';
import type { ManyEvent } from '../reconcile/watch-many.ts';
import type { WatchEvent, WatchSink } from '../reconcile/watch-types.ts';
import { countSteps } from '../report/render-plan-text.ts';
import type { CommandContext } from './context.ts';
import { makePrintable } from './printable.ts';
import { formatInterruptEnd, formatStepResult } from './step-words.ts';

export interface WatchLog extends WatchSink {
  /** A line about the loop itself, with these fields. */
  readonly say: (text: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly warn: (message: string, hint?: string | null) => void;
  /** The same log for the loop of one manifest, which every line of it names. */
  readonly forManifest: (manifest: string) => WatchLog;
  readonly onMany: (event: ManyEvent) => void;
}

/**
 * Standard output carries the log, one line an entry, so that a service manager can keep it. Every line of
 * a pass has its id in the field `pass`.
 */
export function createWatchLog(format: 'text' | 'json', { console }: CommandContext): WatchLog {
  const level = console.verbose ? 'debug' : 'info';
  const root = pino(
    {
      level: console.quiet ? 'warn' : level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    format === 'json' ? pino.destination({ dest: 1, sync: true }) : createTextStream(),
  );
  return openLog(root);
}

function openLog(root: pino.Logger): WatchLog {
  let logger = root;
  return {
    forManifest: (manifest) => openLog(root.child({ manifest })),
    onMany: (event) => logManyEvent(root, event),
    say: (text, fields) => logger.info(fields, text),
    warn: (message, hint = null) => logPassEvent(logger, { kind: 'warning', message, hint }),
    onPass: (event) => logPassEvent(logger, event),
    onWatch(event) {
      if (event.kind === 'pass-started') logger = root.child({ pass: event.pass });
      logWatchEvent(logger, event);
      if (event.kind === 'pass-ended') logger = root;
    },
    close: () => Promise.resolve(),
  };
}

function createTextStream(): { write: (line: string) => void } {
  return {
    write(line) {
      const entry: Readonly<Record<string, unknown>> = JSON.parse(line);
      const level = pino.levels.labels[Number(entry['level'])] ?? '';
      // An entry is a line, whatever an error lists.
      const message = String(entry['msg']).replaceAll(/\s*\n\s*/g, ' ');
      const { manifest } = entry;
      const whose = typeof manifest === 'string' ? `${manifest}: ` : '';
      const text = `${String(entry['time'])} ${level} ${whose}${message}`;
      process.stdout.write(`${makePrintable(text)}\n`);
    },
  };
}

function logManyEvent(root: pino.Logger, event: ManyEvent): void {
  const { kind: _, ...fields } = event;
  switch (event.kind) {
    case 'manifest-appeared':
      return root.info(fields, 'is served from now on');
    case 'manifest-gone':
      return root.warn(
        fields,
        `commit ${event.revision.slice(0, 12)} has it no more: its loop ends; what production has of it, and its state here, stay`,
      );
    case 'no-manifest':
      return root.warn(
        fields,
        `commit ${event.revision.slice(0, 12)} has no file that fits --manifest: waits for one that has`,
      );
    case 'idle-patterns':
      return root.warn(fields, `no file fits --manifest ${joinNames(event.patterns)}`);
    case 'loop-failed':
      return root.error(
        { manifest: event.manifest, ...describeError(event.error) },
        `its loop broke off and begins anew at ${event.until.toISOString()}: ${messageOf(event.error)}`,
      );
  }
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
  if (event.kind === 'plan-finished' && event.steps > 0) {
    const what = `${formatCount(event.steps, 'step')}, ${formatBytes(event.bytes)}`;
    return { level: 'info', text: `plan ${event.hash}: ${what}` };
  }
  if (event.kind === 'interrupted')
    return {
      level: 'warn',
      text: `told to stop: ${formatCount(event.running, 'step')} running, which may go on for ${Math.round(event.graceMilliseconds / 1000)} s; ${formatCount(event.left, 'step')} not begun`,
    };
  if (event.kind === 'interrupt-ended')
    return { level: 'warn', text: `stops: ${formatInterruptEnd(event)}` };
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
    case 'pass-started': {
      // The logger names the pass already.
      const { pass: _, ...fields } = event;
      return logger.info(
        fields,
        `pass (${event.reason}) for commit ${event.revision.slice(0, 12)} "${event.subject}"`,
      );
    }
    case 'pass-ended':
      return logPassEnd(logger, event);
    case 'sleeping':
      return logger.info(event, `sleeps ${Math.round(event.milliseconds / 1000)} s: ${event.why}`);
    case 'source-failed':
      return logger.error(
        { code: event.error.code },
        `no commit could be taken: ${event.error.message} Hint: ${event.error.hint ?? ''}`,
      );
    case 'source-healed':
      return logger.info(event, `commits are taken again: ${event.revision.slice(0, 12)}`);
    case 'source-rewritten':
      return logger.warn(
        event,
        `the history was rewritten, or the tag moved back: ${event.to} follows ${event.from} and does not descend from it; it is taken`,
      );
    case 'stopped':
      return logger.info(event, 'stopped');
  }
}

function logPassEnd(
  logger: pino.Logger,
  { record, view, error }: WatchEvent & { readonly kind: 'pass-ended' },
): void {
  const { report, holds, drift, failure, result } = record;
  for (const hold of holds) logger.warn(hold, hold.message);
  if (failure !== null && error !== null)
    return logger.error(describeError(error), `pass failed: ${withHint(failure)}`);
  if (report === null || view === null) return logger.info({ result }, `pass ${wordOf(result)}`);
  for (const check of report.checks) {
    const text = withHint(check);
    const fields = { check: check.kind, catalog: check.catalog };
    logger[check.severity === 'warning' ? 'warn' : 'error'](fields, text);
  }
  const work = describeWork(view.steps, report.steps.planned, drift);
  logger.info(
    { sums: report.sums, exitCode: report.exitCode, requests: report.requests },
    `pass ${wordOf(result)}: ${work}; ${formatSums(report.sums)}`,
  );
}

function withHint({
  message,
  hint,
}: {
  readonly message: string;
  readonly hint: string | null;
}): string {
  return hint === null ? message : `${message} Hint: ${hint}`;
}

function describeWork(steps: readonly Step[], taken: number, drift: boolean): string {
  if (steps.length === 0) return 'no changes';
  const held = steps.length - taken;
  const waiting = held === 0 ? '' : `, ${held === steps.length ? 'all' : held} of them held`;
  return `${countSteps(steps)}${drift ? ' (drift)' : ''}${waiting}`;
}

function wordOf(result: PassRecord['result']): string {
  return result === 'interrupted' ? 'cut off' : 'done';
}

// A fault of our own comes with its stack, so that it can be reported.
function describeError(error: unknown): Readonly<Record<string, unknown>> {
  if (isToolError(error)) return { code: error.code };
  return { code: 'BUG', stack: error instanceof Error ? error.stack : messageOf(error) };
}
