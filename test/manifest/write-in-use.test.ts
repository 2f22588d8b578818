import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseUses, readRawInUse } from '../../src/manifest/in-use.ts';
import type { RawCluster } from '../../src/manifest/schemas.ts';
import { renderInUse, uniteInUse } from '../../src/manifest/write-in-use.ts';

function cluster(
  seen: string,
  more: Partial<RawCluster> = {},
): RawCluster & { readonly seen: string } {
  return { name: 'prod', ...more, seen };
}

const ALL = new Set(['release', 'subscriptions', 'clusterExtensions', 'bundles', 'mirrors']);

describe('uniteInUse', () => {
  it('keeps an image for as many days as are asked for, with the day on which it was seen last', () => {
    const first = uniteInUse(
      [],
      cluster('2026-11-01', { images: [{ image: 'r/a:1' }, { image: 'r/b:1' }] }),
      { days: 30, looked: ALL },
    );
    const second = uniteInUse(first, cluster('2026-11-15', { images: [{ image: 'r/b:1' }] }), {
      days: 30,
      looked: ALL,
    });
    assert.deepEqual(second[0]?.images, [
      { image: 'r/a:1', seen: '2026-11-01' },
      { image: 'r/b:1' },
    ]);
    const within = uniteInUse(second, cluster('2026-12-01', { images: [{ image: 'r/b:1' }] }), {
      days: 30,
      looked: ALL,
    });
    assert.deepEqual(within[0]?.images, [
      { image: 'r/a:1', seen: '2026-11-01' },
      { image: 'r/b:1' },
    ]);
    const after = uniteInUse(within, cluster('2026-12-02', { images: [{ image: 'r/b:1' }] }), {
      days: 30,
      looked: ALL,
    });
    assert.deepEqual(after[0]?.images, [{ image: 'r/b:1' }]);
  });

  it('leaves other clusters and sections that nobody looked at, and sorts clusters', () => {
    const other: RawCluster = { name: 'alpha', seen: '2026-11-01' };
    const subscriptions = [{ name: 's', package: 'p', installed: null }];
    const bundles = [{ name: 'p.v1.0.0' }];
    const before = cluster('2026-11-01', { subscriptions, bundles });
    const now = cluster('2026-11-02', { subscriptions: [], bundles: [] });
    const united = uniteInUse([before, other], now, { days: 30, looked: new Set(['bundles']) });
    assert.deepEqual(united, [other, { ...now, subscriptions, bundles: [], images: [] }]);
  });
});

describe('renderInUse', () => {
  it('is read back as it was, and is the same when written again', () => {
    const clusters = [
      cluster('2026-11-28', {
        subscriptions: [
          { name: 's', namespace: 'n', package: 'p', channel: null, installed: null },
        ],
        images: [{ image: 'registry.example.com/a:1', users: ['Pod n/a'] }],
        unseen: [{ kind: 'Pod', why: 'forbidden', message: null }],
      }),
    ];
    const text = renderInUse(clusters);
    assert.equal(renderInUse(readRawInUse(text)), text);
    const { uses, observed } = parseUses(text);
    assert.deepEqual(
      [uses[0]?.package, uses[0]?.bundle, observed[0]?.unseen[0]?.kind],
      ['p', null, 'Pod'],
    );
  });
});
