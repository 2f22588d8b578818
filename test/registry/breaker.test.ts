import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFaultProxy } from '../../scripts/lib/fault-proxy.ts';
import { ToolError } from '../../src/base/tool-error.ts';
import { systemClock } from '../../src/cli/system-clock.ts';
import { createBreaker } from '../../src/registry/breaker.ts';
import { createHttpRegistry } from '../../src/registry/http-registry.ts';

function createClock(): { now: () => Date; sleep: () => Promise<void>; time: number } {
  const clock = { time: 0, now: () => new Date(clock.time), sleep: () => Promise.resolve() };
  return clock;
}

test('createBreaker lets nothing through for a minute after eight failures in a row, and then asks again', () => {
  const clock = createClock();
  const breaker = createBreaker(clock);
  const silence = new ToolError('REGISTRY_TIMEOUT', 'No answer.');
  for (let i = 0; i < 7; i += 1) breaker.noteFailure(silence);
  breaker.assertAlive();
  breaker.noteFailure(silence);
  assert.throws(() => breaker.assertAlive(), silence);
  clock.time = 61_000;
  breaker.assertAlive();
  breaker.noteFailure(silence);
  assert.throws(() => breaker.assertAlive(), silence);
  breaker.noteAnswer(false);
  breaker.assertAlive();
});

test('createBreaker ends retries, not requests, while every answer is trouble', () => {
  const breaker = createBreaker(createClock());
  for (let i = 0; i < 8; i += 1) {
    assert.ok(breaker.isWorthRetrying());
    breaker.noteAnswer(true);
  }
  assert.ok(!breaker.isWorthRetrying());
  breaker.assertAlive();
  breaker.noteAnswer(false);
  assert.ok(breaker.isWorthRetrying());
});

// Seen to fail: without assertAlive in sendGuarded the hanging registry was asked 200 times.
test('createHttpRegistry does not wait for a hanging registry once per image', async (t) => {
  const proxy = await startFaultProxy({
    target: '127.0.0.1:1',
    rules: (request) =>
      request.url === '/v2/' ? { kind: 'status', status: 200 } : { kind: 'hang' },
  });
  t.after(() => proxy.stop());
  const registry = createHttpRegistry({
    host: proxy.host,
    insecure: true,
    caFile: null,
    authFile: null,
    environment: {},
    timeoutMilliseconds: 300,
    clock: systemClock,
  });
  t.after(() => registry.close());
  const digest = `sha256:${'a'.repeat(64)}`;
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) => registry.headManifest(`v/i${i}`, digest)),
  );
  assert.ok(
    answers.every((answer) => answer.state === 'unknown' && answer.code === 'REGISTRY_TIMEOUT'),
  );
  const asked = proxy.requests.filter((request) => request.url.includes('/manifests/')).length;
  assert.ok(asked <= 40, `${asked} requests`);
});
