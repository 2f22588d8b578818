import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { createForkedRunner } from '../../src/cli/forked-runner.ts';
import { PLAIN_ACCESS } from '../../src/git/remote-access.ts';

const SETUP = {
  folder: '/nowhere',
  manifestFile: 'mirror.yaml',
  manifestPath: null,
  stateFolder: '/nowhere/state',
  top: null,
  remote: null,
  ref: 'HEAD',
  access: PLAIN_ACCESS,
  allowShrink: false,
  intervalMilliseconds: null,
  concurrency: 1,
  copyTimeoutMilliseconds: 1000,
};

// Seen to fail: a process that the system refuses at once (here E2BIG, on small hosts ENOMEM) was thrown, and ended the loop.
test('a pass whose process cannot be started is lost, and the loop goes on', async (t) => {
  const runner = createForkedRunner(SETUP, {
    emit: () => undefined,
    onRegistryAnswer: () => undefined,
    signal: new AbortController().signal,
    lingerMilliseconds: 1000,
  });
  t.after(() => runner.close());
  process.env['OLMIRROR_TEST_LARGE'] = 'x'.repeat(4_000_000);
  t.after(() => delete process.env['OLMIRROR_TEST_LARGE']);
  runner.warm();
  const ran = await runner.run({
    revision: 'a'.repeat(40),
    head: { subject: '', time: null },
    reason: 'commit',
  });
  assert.ok(isToolError(ran.error, 'RECONCILE_PASS_LOST'), String(ran.error));
  assert.match(ran.error.message, /^The process of the pass did not start \(.*E2BIG/);
  assert.equal(ran.error.disposition, 'retry');
});
