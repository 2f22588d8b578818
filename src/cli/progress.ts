import type { EmitEvent, PassEvent } from '../base/events.ts';
import { formatBytes, formatCount } from '../base/text.ts';
import type { Console } from './console.ts';
import { makePrintable } from './printable.ts';
import { formatInterruptEnd, formatStepResult } from './step-words.ts';

/** Prints what a pass is doing: one line that is rewritten on a terminal, plain lines in a pipe. */
export interface Progress {
  readonly emit: EmitEvent;
  /** Removes the line that is being rewritten, so that other text can follow. */
  readonly clear: () => void;
}

export interface ProgressOptions {
  readonly console: Console;
  readonly stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'> & {
    write(text: string): boolean;
  };
  readonly now: () => number;
}

interface Tally {
  steps: number;
  done: number;
  bytes: number;
  doneBytes: number;
  startedAt: number;
}

const LINE_START = '\r\u001b[K';

export function createProgress(options: ProgressOptions): Progress {
  const { console, stream } = options;
  const live = stream.isTTY && !console.quiet;
  const tally: Tally = { steps: 0, done: 0, bytes: 0, doneBytes: 0, startedAt: 0 };
  function clear(): void {
    if (live) stream.write(LINE_START);
  }
  function show(text: string): void {
    stream.write(`${LINE_START}${makePrintable(text).slice(0, (stream.columns || 80) - 1)}`);
  }
  // Progress goes where it cannot get into a document that somebody pipes on.
  function print(text: string): void {
    clear();
    if (!console.quiet) console.warn(text);
  }
  function emit(event: PassEvent): void {
    count(tally, event, options.now());
    const line = formatEvent(event, { live, verbose: console.verbose });
    if (event.kind === 'warning') {
      clear();
      console.warn(
        `warning: ${event.message}${event.hint === null ? '' : `\nHint: ${event.hint}`}`,
      );
    } else if (line !== null) print(line);
    // Of thousands of images each is an event, also where nobody looks.
    const status = live ? formatStatus(event, tally, options.now()) : null;
    if (status !== null) show(status);
  }
  return { emit, clear };
}

function count(tally: Tally, event: PassEvent, now: number): void {
  if (event.kind === 'apply-started')
    Object.assign(tally, {
      steps: event.steps,
      bytes: event.bytes,
      done: 0,
      doneBytes: 0,
      startedAt: now,
    });
  if (event.kind !== 'step-finished') return;
  Object.assign(tally, { done: tally.done + 1, doneBytes: tally.doneBytes + event.bytes });
}

interface Shape {
  readonly live: boolean;
  readonly verbose: boolean;
}

type Line<K extends PassEvent['kind']> = (
  event: Extract<PassEvent, { kind: K }>,
  shape: Shape,
) => string | null;

/** What each event prints as a line of its own; null for nothing. */
const LINES: { readonly [K in PassEvent['kind']]?: Line<K> } = {
  'observe-started': (event, { live }) =>
    live || event.images === 0 ? null : `Looking at ${formatCount(event.images, 'image')} …`,
  'observe-finished': (event, { verbose }) =>
    verbose
      ? `Looked with ${formatCount(event.requests, 'request')} in ${formatSeconds(event.milliseconds)}.`
      : null,
  'audit-started': (event, { live }) =>
    live ? null : `Looking into ${formatCount(event.repositories, 'repository', 'repositories')} …`,
  'apply-started': (event) =>
    event.steps === 0
      ? null
      : `Applying ${formatCount(event.steps, 'step')}, ${formatBytes(event.bytes)} …`,
  'step-started': (event, { verbose }) => (verbose ? `start    ${event.title}` : null),
  'step-finished': (event) =>
    `${formatStepResult(event).padEnd(8)} ${event.title}${event.message === null ? '' : `: ${event.message}`}`,
  'step-retry': (event) =>
    `retry    ${event.title} in ${formatSeconds(event.delayMilliseconds)} (attempt ${event.attempt} failed: ${event.message})`,
  'closure-started': (event) =>
    `closure  ${event.catalog}: looks for ${formatCount(event.images, 'image')}`,
  'build-started': (event) =>
    `build    ${event.catalog}: podman builds its index for ${event.platforms.join(', ')}`,
  'index-built': (event, { verbose }) =>
    verbose
      ? `built    index of ${event.catalog}: ${event.imageId}, ${formatBytes(event.bytes)}`
      : null,
  interrupted: (event) =>
    `Interrupted: ${formatCount(event.running, 'step')} running, which may go on for ${Math.round(event.graceMilliseconds / 1000)} s; ${formatCount(event.left, 'step')} not begun.`,
  'interrupt-ended': (event) => `Stops: ${formatInterruptEnd(event)}.`,
};

function formatEvent<K extends PassEvent['kind']>(
  event: Extract<PassEvent, { kind: K }>,
  shape: Shape,
): string | null {
  const line: Line<K> | undefined = LINES[event.kind];
  return line === undefined ? null : line(event, shape);
}

function formatSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function formatStatus(event: PassEvent, tally: Tally, now: number): string | null {
  if (event.kind === 'observe-progress')
    return `Looked at ${event.done} of ${formatCount(event.total, 'image')}`;
  if (event.kind === 'audit-progress')
    return `Looked into ${event.done} of ${formatCount(event.total, 'repository', 'repositories')}`;
  if (tally.steps === 0 || tally.done === tally.steps) return null;
  const left = formatTimeLeft(tally, now);
  return `${tally.done} of ${formatCount(tally.steps, 'step')}, ${formatBytes(tally.doneBytes)} of ${formatBytes(tally.bytes)}${left === null ? '' : `, ${left}`}`;
}

function formatTimeLeft(tally: Tally, now: number): string | null {
  const elapsed = now - tally.startedAt;
  if (elapsed < 2000 || tally.doneBytes === 0) return null;
  const seconds = Math.round(
    ((tally.bytes - tally.doneBytes) / tally.doneBytes) * (elapsed / 1000),
  );
  const time = seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  return `${formatBytes(tally.doneBytes / (elapsed / 1000))}/s, about ${time} left`;
}
