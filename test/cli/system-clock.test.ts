import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/cli/system-clock.ts';

test('sleep waits also where a timer of the system would overflow and fire at once', async () => {
  const controller = new AbortController();
  const slept = systemClock.sleep(30 * 86_400_000, controller.signal).then(
    () => 'woke',
    () => 'still asleep',
  );
  setTimeout(() => controller.abort(), 50);
  assert.equal(await slept, 'still asleep');
});
