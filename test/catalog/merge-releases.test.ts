import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readDefaultChannel } from '../../src/catalog/blob-fields.ts';
import { hashCatalog } from '../../src/catalog/hash-catalog.ts';
import type { MergeOptions, MergeResult } from '../../src/catalog/merge-types.ts';
import type { JsonObject } from '../../src/catalog/types.ts';
import { findRealData } from '../support/real-data.ts';
import { kindsOf, merge } from './merge-by-default.ts';
import { readPair } from './real-pair.ts';
import { type SamplePackage, sampleCatalog } from './sample-catalog.ts';

const [V1, V2] = ['foo.v1.0.0', 'foo.v2.0.0'];
const [A, B] = ['a', 'b'].map((letter) => `sha256:${letter.repeat(64)}`);
const CHAIN = [{ name: V2, replaces: V1 }, { name: V1 }];

function foo(more: Partial<SamplePackage> = {}): SamplePackage {
  return { name: 'foo', channels: { stable: [{ name: V1 }] }, ...more };
}

function foo2(more: Partial<SamplePackage> = {}): SamplePackage {
  return foo({ channels: { stable: CHAIN }, ...more });
}

function released(digest: string | undefined, createdAt: string | null): JsonObject {
  const annotations = createdAt === null ? {} : { createdAt };
  return {
    image: `quay.io/v/bundle@${digest}`,
    relatedImages: [
      { name: '', image: `quay.io/v/bundle@${digest}` },
      { name: 'op', image: `quay.io/v/op@${digest}` },
    ],
    properties: [
      { type: 'olm.package', value: { packageName: 'foo', version: '1.0.0' } },
      { type: 'olm.csv.metadata', value: { annotations } },
    ],
  };
}

describe('mergeCatalogs, a bundle released again', () => {
  function mergeTimes(
    [old, fresh]: readonly [string | null, string | null],
    options: Partial<MergeOptions> = {},
  ): MergeResult {
    const base = sampleCatalog(foo({ bundles: { [V1]: released(A, old) } }));
    const incoming = sampleCatalog(foo2({ bundles: { [V1]: released(B, fresh) } }));
    return merge(base, incoming, options);
  }
  const RERELEASE = {
    bundle: V1,
    image: { before: `quay.io/v/bundle@${A}`, after: `quay.io/v/bundle@${B}` },
    relatedAdded: [`quay.io/v/bundle@${B}`, `quay.io/v/op@${B}`],
    relatedRemoved: [`quay.io/v/bundle@${A}`, `quay.io/v/op@${A}`],
  };
  const WORDS =
    /\(image quay\.io\/v\/bundle sha256:a{12}… → sha256:b{12}…, related quay\.io\/v\/op sha256:a{12}… → sha256:b{12}…\)/;

  it('takes the newer one, with its old and new digests in the note and in the change', () => {
    const { notes, changes } = mergeTimes(['2024-01-01', '02 Jan 2024, 10:00']);
    const [note] = notes;
    assert.deepEqual([note?.kind, note?.rerelease], ['bundle-taken', RERELEASE]);
    assert.match(note?.message ?? '', WORDS);
    assert.deepEqual(changes[0]?.bundlesRereleased, [RERELEASE]);
    assert.deepEqual(changes[0].bundlesReplaced, [V1]);
  });

  it('keeps ours where it is newer or the policy says so, and says what was delivered', () => {
    for (const result of [
      mergeTimes(['2024-01-02T00:00:00Z', '2024-1-1T00:00:00Z']),
      mergeTimes(['2024-01-01', '2024-01-02'], { duplicateBundle: 'keep' }),
    ]) {
      const [note] = result.notes;
      assert.deepEqual([note?.kind, note?.rerelease], ['bundle-kept', RERELEASE]);
      assert.match(note?.message ?? '', WORDS);
      assert.deepEqual(result.changes[0]?.bundlesRereleased, []);
    }
  });

  // Seen to fail with a missing time taken for the year 1970: the delivery won.
  it('blocks where the times are equal, missing on one side, or have two meanings', () => {
    const cases = [
      mergeTimes(['2024-01-01', '2024-01-01']),
      mergeTimes([null, '2024-01-01']),
      mergeTimes(['2024-01-01', null]),
      mergeTimes(['2024-01-01', '03/04/2024']),
      mergeTimes(['2024-01-01', '2024-01-02'], { duplicateBundle: 'block' }),
    ];
    for (const { gaps, changes } of cases) {
      const [gap] = gaps;
      assert.deepEqual([gap?.kind, gap?.rerelease], ['duplicate-bundle', RERELEASE]);
      assert.match(gap?.message ?? '', WORDS);
      assert.equal(changes[0]?.kind, 'blocked');
    }
  });

  it('says how the versions differ where the images do not', () => {
    const base = sampleCatalog(foo());
    const other = [{ type: 'olm.package', value: { packageName: 'foo', version: '1.0.0+2' } }];
    const { notes } = merge(
      base,
      sampleCatalog(foo2({ bundles: { [V1]: { properties: other } } })),
    );
    assert.match(notes[0]?.message ?? '', /\(version 1\.0\.0 → 1\.0\.0\+2\)/);
    assert.equal(notes[0]?.rerelease, undefined);
  });
});

describe('mergeCatalogs, a renamed default channel', () => {
  const OLD = sampleCatalog(foo({ channels: { 'v1.x': [{ name: V1 }] } }));
  const NEW = sampleCatalog(foo({ channels: { 'v2.x': CHAIN } }));

  it('keeps the one we have, says that nothing will come, and the command that accepts', () => {
    const result = merge(OLD, NEW);
    const [note] = result.notes;
    assert.equal(note?.kind, 'default-channel-kept');
    assert.match(
      note.message,
      /keeps its default channel "v1\.x"; .* "v2\.x", which --accept-default-channel takes over\. The delivery has no channel "v1\.x"/,
    );
    assert.match(
      note.hint ?? '',
      /^Once this merge is committed, run `olmirror merge idx --from out --accept-default-channel`/,
    );
    assert.deepEqual(result.changes[0]?.defaultChannel, null);
  });

  // Seen to fail: the delivery merged before counted as older, and could not be accepted any more.
  it('is accepted by merging the same delivery once more, and stays', () => {
    const first = merge(OLD, NEW).catalog;
    assert.deepEqual(kindsOf(merge(first, NEW)), ['default-channel-kept']);
    const second = merge(first, NEW, { acceptDefaultChannel: true });
    assert.deepEqual(second.notes, []);
    assert.deepEqual(second.changes[0]?.defaultChannel, { before: 'v1.x', after: 'v2.x' });
    const third = merge(second.catalog, NEW);
    assert.deepEqual(third.notes, []);
    assert.equal(third.catalog.packages.get('foo'), second.catalog.packages.get('foo'));
  });

  it('is not taken back by an old delivery, accepted or not', () => {
    const { catalog } = merge(OLD, NEW, { acceptDefaultChannel: true });
    for (const acceptDefaultChannel of [false, true]) {
      const result = merge(catalog, OLD, { acceptDefaultChannel });
      assert.ok(kindsOf(result).includes('default-channel-kept'));
      assert.match(
        result.notes.find(({ kind }) => kind === 'default-channel-kept')?.message ?? '',
        /but it is older\.$/,
      );
      const pkg = result.catalog.packages.get('foo');
      assert.ok(pkg !== undefined);
      assert.equal(readDefaultChannel(pkg), 'v2.x');
    }
  });

  it('is not accepted where it does not exist, and a new package without one is a gap', () => {
    const broken = sampleCatalog(foo2({ defaultChannel: 'nope' }));
    const { notes, gaps } = merge(sampleCatalog(foo()), broken, { acceptDefaultChannel: true });
    assert.deepEqual(gaps, []);
    assert.match(notes[0]?.message ?? '', /says "nope", which does not exist\.$/);
    assert.equal(notes[0]?.hint, undefined);
    const added = merge(sampleCatalog(), broken);
    assert.deepEqual(
      added.gaps.map(({ kind }) => kind),
      ['invalid'],
    );
  });
});

const { skip } = findRealData('pairs');

describe('mergeCatalogs, default channels of real catalogs', { skip }, () => {
  for (const [pair, before, after] of [
    ['06-tigera-v4.19', 'release-v1.32', 'release-v1.40'],
    ['14-clusterpulse-v4.18', 'fast-v0.2', 'fast-v0'],
    ['18-model-validation-v4.16', 'stable', 'tech-preview'],
    ['19-mtv-v4.18', 'release-v2.9', 'release-v2.10'],
  ] as const)
    it(`${pair}: ${before} becomes ${after} only when accepted, then for good`, () => {
      const { old, fresh } = readPair(pair);
      const first = merge(old, fresh);
      assert.deepEqual(first.gaps, []);
      const [note, ...others] = first.notes.filter(({ kind }) => kind === 'default-channel-kept');
      assert.deepEqual([note?.channel, others], [after, []]);
      assert.equal(first.changes[0]?.defaultChannel, null);
      const once = merge(old, fresh, { acceptDefaultChannel: true });
      assert.deepEqual(once.changes[0]?.defaultChannel, { before, after });
      const next = merge(once.catalog, fresh);
      assert.ok(!kindsOf(next).includes('default-channel-kept'));
      assert.equal(hashCatalog(next.catalog), hashCatalog(once.catalog));
    });

  it('18-model-validation: a version that was taken back can only be accepted at the first merge', () => {
    const { old, fresh } = readPair('18-model-validation-v4.16');
    const { catalog, notes } = merge(old, fresh);
    const kept = notes.find(({ kind }) => kind === 'default-channel-kept');
    assert.match(kept?.hint ?? '', /^Undo this merge in Git, then run `olmirror merge idx /);
    const again = merge(catalog, fresh, { acceptDefaultChannel: true });
    assert.match(
      again.notes.find(({ kind }) => kind === 'default-channel-kept')?.message ?? '',
      /but it is older/,
    );
  });
});
