import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openControlFiles } from '../../src/cli/local-control.ts';
import { openWatchControl } from '../../src/cli/watch-control.ts';
import { recordPass } from '../../src/reconcile/record-pass.ts';

const RECORD = recordPass(
  {
    id: '2026-11-27T12-00-00Z-0000',
    reason: 'request',
    revision: 'f'.repeat(40),
    subject: 's',
    started: '2026-11-27T12:00:00Z',
  },
  {
    view: null,
    report: null,
    holds: [{ kind: 'suspended', message: 'suspended by kim: freeze', until: null }],
    error: null,
    interrupted: false,
    finished: '2026-11-27T12:00:01Z',
  },
);

// Seen to fail: with every request there is answered at the end of a pass, the one that came meanwhile was answered too.
test('openWatchControl answers the requests that were there when a pass began, and leaves later ones for the next', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-control-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const desk = openControlFiles(folder);
  const { control } = openWatchControl(folder, (event) => assert.fail(JSON.stringify(event)));
  const [first, second] = [randomUUID(), randomUUID()];
  await desk.files.write(`requests/${first}.json`, '{}');
  const taken = await control.takeRequests();
  assert.deepEqual(taken, [first]);
  assert.deepEqual(await desk.readAnswer(first), { state: 'received' });
  await desk.files.write(`requests/${second}.json`, '{}');
  await control.answer(taken, RECORD);
  assert.deepEqual(await desk.readAnswer(first), {
    state: 'handled',
    pass: RECORD.id,
    result: 'done',
    revision: RECORD.revision,
    exitCode: 0,
    messages: ['Held: suspended by kim: freeze.'],
  });
  assert.equal(await desk.readAnswer(second), null);
  assert.deepEqual(await control.takeRequests(), [second]);
});
