import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listPayloadsInUse, listReleasesInUse } from '../../src/images/releases-in-use.ts';

const [A, B, C] = ['a', 'b', 'c'].map((name) => `quay.io/x/${name}@sha256:${name.repeat(64)}`);

function entry(
  version: string,
  image: string | null = null,
  state: 'Completed' | 'Partial' = 'Completed',
) {
  return { version, image, state };
}

// Guards against: the release before an update taken for unused while nodes still run it.
test('of an update under way both ends are in use, and what lies before is not', () => {
  const history = [entry('4.20.3', A, 'Partial'), entry('4.19.9', B), entry('4.18.1', C)];
  const release = { version: '4.20.3', image: A ?? null, channel: null, architecture: 'x86_64' };
  assert.deepEqual(listPayloadsInUse({ ...release, history }), [
    { version: '4.20.3', image: A },
    { version: '4.19.9', image: B },
  ]);
  const clusters = [
    { name: 'one', seen: '2026-11-01', release: { ...release, history } },
    { name: 'two', seen: null, release: { ...release, history: history.slice(1) } },
    { name: 'three', seen: null, release: null },
  ];
  assert.deepEqual(
    listReleasesInUse(clusters).map(({ cluster, version, use }) => [cluster, version, use]),
    [
      ['one', '4.20.3', 'updating-to'],
      ['one', '4.19.9', 'updating-from'],
      ['two', '4.20.3', 'updating-to'],
      ['two', '4.19.9', 'updating-from'],
    ],
  );
});

test('one version may have two payloads, and one that nobody wrote down is not told twice', () => {
  const multi = [entry('4.20.3', A, 'Partial'), entry('4.20.3', B)];
  assert.deepEqual(
    listPayloadsInUse({ version: '4.20.3', image: A ?? null, history: multi }).map(
      ({ image }) => image,
    ),
    [A, B],
  );
  const unsaid = [entry('4.20.3', A)];
  assert.deepEqual(listPayloadsInUse({ version: '4.20.3', image: null, history: unsaid }), [
    { version: '4.20.3', image: A },
  ]);
  assert.deepEqual(listPayloadsInUse({ version: '4.20.3', image: null, history: [] }), [
    { version: '4.20.3', image: null },
  ]);
});
