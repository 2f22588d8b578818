import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guardCopies } from '../../src/apply/guard-copies.ts';
import { createSpyCopier } from '../fakes/copier.ts';

const LOST = new Error('The lock is lost.');

// Seen to fail with the lock looked at before the images are read only.
test('guardCopies looks at the lock when the images lie there, right before they are pushed', async () => {
  const order: string[] = [];
  let isHeld = true;
  const inner = createSpyCopier({
    copy: () => Promise.resolve(),
    async pushImages({ fill }) {
      await fill('/folder');
      order.push('pushed');
      return { pushed: new Set(), isRefused: false };
    },
  });
  const copier = guardCopies(inner, {
    lost: new AbortController().signal,
    async assertHeld() {
      order.push('looked');
      if (!isHeld) throw LOST;
    },
    release: () => Promise.resolve(),
  });
  const request = {
    host: 'production.example',
    access: { insecure: false, authFile: null, caFile: null },
    async fill(folder: string) {
      order.push(`filled ${folder}`);
      return ['a/b:v1'];
    },
  };
  await copier.pushImages(request);
  assert.deepEqual(order.splice(0), ['filled /folder', 'looked', 'pushed']);
  isHeld = false;
  await assert.rejects(copier.pushImages(request), LOST);
  assert.deepEqual(order, ['filled /folder', 'looked']);
});
