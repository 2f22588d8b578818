import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProgress, type Progress } from '../../src/cli/progress.ts';

interface Shown {
  readonly progress: Progress;
  readonly lines: string[];
  readonly written: string[];
}

function show(options: { readonly isTTY: boolean; readonly quiet?: boolean }): Shown {
  const lines: string[] = [];
  const written: string[] = [];
  let time = 0;
  const console = {
    quiet: options.quiet ?? false,
    verbose: false,
    result: () => {},
    say: () => {},
    warn: (text: string) => void lines.push(text),
  };
  const stream = {
    isTTY: options.isTTY,
    columns: 60,
    write: (text: string) => written.push(text) > 0,
  };
  const progress = createProgress({ console, stream, now: () => (time += 3000) });
  progress.emit({ kind: 'apply-started', steps: 2, bytes: 2_000_000 });
  progress.emit({
    kind: 'step-finished',
    id: 'copy v/a@sha256:a',
    title: 'v/a@sha256:a',
    bytes: 1_000_000,
    result: 'copied',
    message: null,
    milliseconds: 1,
  });
  return { progress, lines, written };
}

test('createProgress prints plain lines in a pipe, and nothing that rewrites one', () => {
  const { lines, written } = show({ isTTY: false });
  assert.deepEqual(lines, ['Applying 2 steps, 2.0 MB …', 'copied   v/a@sha256:a']);
  assert.deepEqual(written, []);
});

test('createProgress shows steps, bytes and time left on a terminal, in one line that fits', () => {
  const { written } = show({ isTTY: true });
  const last = written.at(-1) ?? '';
  assert.match(last, /1 of 2 steps, 1\.0 MB of 2\.0 MB, \d+ kB\/s, about \d+ s left$/);
  assert.ok(last.startsWith('\r') && last.length < 70);
});

test('createProgress is silent under --quiet', () => {
  const { lines, written } = show({ isTTY: true, quiet: true });
  assert.deepEqual([lines, written], [[], []]);
});
