import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Presence } from '../../src/base/presence.ts';
import { listLayouts } from '../../src/images/layouts.ts';
import { probeLayouts } from '../../src/reconcile/probe-layouts.ts';

const LAYOUTS = listLayouts({ mirrored: [], folders: [] });

/** A registry with these repositories, and the questions that it was asked. */
function createRegistry(
  repositories: ReadonlySet<string>,
  refused: ReadonlySet<string> = new Set(),
) {
  const asked: string[] = [];
  async function head(repository: string, reference: string): Promise<Presence> {
    asked.push(`${repository}@${reference}`);
    if (refused.has(repository))
      return {
        state: 'unknown',
        code: 'REGISTRY_UNAUTHORIZED',
        message: `${repository}: 401`,
        hint: null,
        retryAfterSeconds: null,
      };
    return repositories.has(repository)
      ? { state: 'present', digest: digest(0), mediaType: '', size: null }
      : { state: 'absent' };
  }
  return { asked, context: { layouts: LAYOUTS, head, onImage: () => undefined } };
}

function digest(nth: number): `sha256:${string}` {
  return `sha256:${nth.toString(16).padStart(64, '0')}`;
}

test('probeLayouts asks once for an image whose namespace was seen', async () => {
  // Seen to fail without the ranking: each image is asked for in two places.
  const names = Array.from({ length: 40 }, (_, i) => `quay.io/ns/r${i}`);
  const there = new Set(names.map((name) => name.slice('quay.io/ns/'.length)));
  const { asked, context } = createRegistry(there);
  const images = names.flatMap((name) => [`${name}@${digest(1)}`, `${name}@${digest(2)}`]);
  const { found, nowhere, unknown } = await probeLayouts(images, context);
  assert.deepEqual([nowhere, unknown], [[], []]);
  assert.equal(found.length, 40);
  assert.ok(found.every((entry) => entry.images.get(entry.repository.slice(3)) === 2));
  const samples = 3;
  const places = new Set(asked.filter((name) => name.includes('r0'))).size;
  assert.ok(asked.length <= images.length + samples * places, `${asked.length} questions`);
});

test('probeLayouts tells what is nowhere from what nobody knows', async () => {
  const { context } = createRegistry(new Set(['ns/a']), new Set(['ns/b']));
  const result = await probeLayouts(
    [`quay.io/ns/a@${digest(1)}`, `quay.io/ns/b@${digest(1)}`, 'quay.io/ns/c:v1'],
    context,
  );
  assert.deepEqual(
    result.found.map(({ repository, images }) => [repository, [...images]]),
    [['ns/a', [['ns/a', 1]]]],
  );
  assert.deepEqual(result.nowhere, ['quay.io/ns/c:v1']);
  assert.deepEqual(result.unknown, [
    { upstream: `quay.io/ns/b@${digest(1)}`, message: 'ns/b: 401' },
  ]);
});

test('probeLayouts finds a sample in each place that holds it, and others where most are', async () => {
  const { context } = createRegistry(new Set(['ns/a', 'a', 'b']));
  const { found } = await probeLayouts(
    [`quay.io/ns/a@${digest(1)}`, `quay.io/ns/b@${digest(1)}`],
    context,
  );
  assert.deepEqual(
    found.map(({ images }) => [...images.keys()].toSorted()),
    [['a', 'ns/a'], ['b']],
  );
});
