import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPassNotes } from '../../src/files/pass-notes.ts';

const FACT = { scope: 'commit host deep', image: 'a@sha256:1' };

// Seen to fail: with isFresh left out a note was trusted for ever; with `pay` not written down the debt came back.
test('notes outlive the process, proofs for a day and debts until they are paid, and no disk stops a pass', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-notes-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  let now = new Date('2026-11-26T12:00:00Z');
  const first = await openPassNotes(folder, () => now);
  first.noteProved(FACT);
  await first.owe('image');
  await first.owe('other');
  await first.pay('other');
  const second = await openPassNotes(folder, () => now);
  assert.deepEqual(
    [second.isProved(FACT), second.owes('image'), second.owes('other')],
    [true, true, false],
  );
  assert.equal(second.isProved({ ...FACT, scope: 'another commit host deep' }), false);
  now = new Date('2026-11-27T12:00:00Z');
  const late = await openPassNotes(folder, () => now);
  assert.deepEqual([late.isProved(FACT), late.owes('image')], [false, true]);
  await second.forgetProved();
  assert.equal(second.isProved(FACT), false);

  const nowhere = await openPassNotes('/dev/null/none', () => now);
  nowhere.noteProved(FACT);
  await nowhere.owe('image');
  assert.deepEqual([nowhere.isProved(FACT), nowhere.owes('image')], [true, true]);
});
