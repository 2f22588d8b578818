import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openJournal } from '../../src/apply/journal.ts';
import { readSteps } from '../../src/apply/read-steps.ts';
import { isToolError } from '../../src/base/tool-error.ts';

const KEY = `v/a@sha256:${'a'.repeat(64)}`;

// Seen to fail: with the steps of a killed pass dropped, the one that matters most was missing.
test('readSteps gives the steps of an item, newest first, one that a kill cut off included', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  assert.deepEqual(await readSteps(folder, new Set([KEY])), []);
  let time = Date.parse('2026-01-02T03:04:05Z');
  const clock = { now: () => new Date((time += 1000)), sleep: () => Promise.resolve() };
  for (const revision of ['one', 'two']) {
    const journal = await openJournal(folder, clock);
    await journal.write({ kind: 'pass-started', mirror: 'm', revision, plan: 'p', steps: 2 });
    for (const step of [`copy ${KEY}`, 'copy other']) {
      await journal.write({ kind: 'step-started', step, title: 't' });
      if (revision === 'two') continue;
      const outcome = {
        item: step.slice('copy '.length),
        type: 'image',
        kind: 'failed',
        code: null,
        message: null,
      } as const;
      await journal.write({ kind: 'outcome', step, outcome });
      await journal.write({
        kind: 'step-finished',
        step,
        result: 'failed',
        code: 'APPLY_COPY_FAILED',
        message: 'refused',
      });
    }
    await journal.close();
  }
  await appendFile(join(folder, 'journal.jsonl'), '{"half');
  const steps = await readSteps(folder, new Set([KEY, `copy ${KEY}`]));
  assert.deepEqual(
    steps.map(({ step: { revision, step, result, code, message } }) => [
      revision,
      step,
      result,
      code,
      message,
    ]),
    [
      ['two', `copy ${KEY}`, null, null, null],
      ['one', `copy ${KEY}`, 'failed', 'APPLY_COPY_FAILED', 'refused'],
    ],
  );
  assert.ok((steps[0]?.step.time ?? '') > (steps[1]?.step.time ?? ''));
  // Of an item alone only the outcome tells the step.
  assert.equal((await readSteps(folder, new Set([KEY]))).length, 1);
  await assert.rejects(readSteps(join(folder, 'journal.jsonl'), new Set()), (error) =>
    isToolError(error, 'APPLY_JOURNAL'),
  );
});
