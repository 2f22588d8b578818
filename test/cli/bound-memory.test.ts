import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { boundMemory, loosenMemory } from '../../src/cli/bound-memory.ts';
import { readV8Flag, resetV8Flags } from '../../src/cli/v8-flags.ts';

after(resetV8Flags);

function readGrowth(): number | boolean {
  return readV8Flag('heap-growing-percent');
}

it('loosenMemory lets the heap grow until the last of those that work at a time is done', async () => {
  const { promise: isFirstDone, resolve: endFirst } = Promise.withResolvers<void>();
  const { promise: isSecondDone, resolve: endSecond } = Promise.withResolvers<void>();
  const first = loosenMemory(() => isFirstDone);
  const second = loosenMemory(() => isSecondDone);
  assert.equal(readGrowth(), 200);
  endFirst();
  await first;
  assert.equal(readGrowth(), 200);
  endSecond();
  await second;
  assert.equal(readGrowth(), 0);
});

it('loosenMemory binds it again as it was, also where the work fails', async () => {
  boundMemory();
  const failing = loosenMemory(() => Promise.reject(new Error('no room')));
  assert.equal(readGrowth(), 200);
  await assert.rejects(failing, /no room/);
  assert.equal(readGrowth(), 40);
});
