import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readDefaultChannel, readDeprecations } from '../../src/catalog/blob-fields.ts';
import { hashCatalog } from '../../src/catalog/hash-catalog.ts';
import { mergeCatalogs } from '../../src/catalog/merge-catalogs.ts';
import type { MergeOptions, MergeResult } from '../../src/catalog/merge-types.ts';
import { renderCatalogFiles } from '../../src/catalog/render-catalog.ts';
import type { Catalog, JsonObject } from '../../src/catalog/types.ts';
import { findRealData } from '../support/real-data.ts';
import { readPair } from './real-pair.ts';
import { parseText, type SamplePackage, sampleCatalog, sampleDocuments } from './sample-catalog.ts';

const OPTIONS: MergeOptions = {
  duplicateBundle: 'newer',
  acceptDefaultChannel: false,
  strandedUpgrades: 'block',
  command: 'olmirror merge idx --from out',
};

function merge(base: Catalog, incoming: Catalog, options: Partial<MergeOptions> = {}): MergeResult {
  return mergeCatalogs(base, incoming, { ...OPTIONS, ...options });
}

function kindsOf({ notes }: MergeResult): readonly string[] {
  return notes.map(({ kind }) => kind);
}

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

describe('mergeCatalogs, deprecations', () => {
  function deprecating(name: string, message = 'old'): Pick<SamplePackage, 'deprecations'> {
    return { deprecations: [{ schema: 'olm.bundle', name, message }] };
  }
  function deprecationsOf({ catalog }: MergeResult): readonly string[] {
    const blobs = catalog.packages.get('foo')?.deprecations ?? [];
    return blobs.flatMap(readDeprecations).map(({ name, message }) => `${name} ${message}`);
  }
  const ONLY2: Partial<SamplePackage> = { channels: { stable: [{ name: V2, replaces: V1 }] } };

  it('keep one whose bundle only the catalog has, or only the delivery', () => {
    const base = sampleCatalog(foo());
    const ours = merge(base, sampleCatalog(foo({ ...ONLY2, ...deprecating(V1) })));
    assert.deepEqual([deprecationsOf(ours), kindsOf(ours)], [[`${V1} old`], []]);
    const theirs = merge(base, sampleCatalog(foo2(deprecating(V2))));
    assert.deepEqual([deprecationsOf(theirs), kindsOf(theirs)], [[`${V2} old`], []]);
  });

  it('drop one whose bundle neither has, in a known and in a new package, and say so', () => {
    for (const base of [sampleCatalog(foo()), sampleCatalog()]) {
      const result = merge(base, sampleCatalog(foo2(deprecating('foo.v9.0.0'))));
      assert.deepEqual(result.catalog.packages.get('foo')?.deprecations, []);
      assert.deepEqual(kindsOf(result), ['deprecation-dropped']);
    }
  });

  it('keep one that the delivery no longer has, and say so where it has the bundle', () => {
    const base = sampleCatalog(foo(deprecating(V1)));
    const lifted = merge(base, sampleCatalog(foo2()));
    assert.deepEqual(
      [deprecationsOf(lifted), kindsOf(lifted)],
      [[`${V1} old`], ['deprecation-kept']],
    );
    assert.match(
      lifted.notes[0]?.message ?? '',
      /no longer deprecates olm\.bundle "foo\.v1\.0\.0"; the catalog still does\.$/,
    );
    const narrower = merge(base, sampleCatalog(foo(ONLY2)));
    assert.deepEqual([deprecationsOf(narrower), kindsOf(narrower)], [[`${V1} old`], []]);
  });

  it('take the words of the delivery, unless it is older', () => {
    const [base, newer] = [
      sampleCatalog(foo(deprecating(V1))),
      sampleCatalog(foo2(deprecating(V1, 'very old'))),
    ];
    assert.deepEqual(deprecationsOf(merge(base, newer)), [`${V1} very old`]);
    assert.deepEqual(deprecationsOf(merge(newer, base)), [`${V1} very old`]);
  });
});

describe('mergeCatalogs, custom schemas', () => {
  function others(...values: readonly JsonObject[]): Pick<SamplePackage, 'others'> {
    return { others: values.map((value) => ({ schema: 'acme.x', ...value })) };
  }
  function valuesOf({ catalog }: MergeResult): readonly unknown[] {
    return (catalog.packages.get('foo')?.others ?? []).map(({ value }) => value['v']);
  }

  it('take the object of the delivery for each key, and keep the keys that it lacks', () => {
    const base = sampleCatalog(foo(others({ name: 'a', v: 1 }, { name: 'b', v: 1 }, { v: 1 })));
    const result = merge(
      base,
      sampleCatalog(foo2(others({ name: 'a', v: 2 }, { name: 'c', v: 2 }))),
    );
    assert.deepEqual([valuesOf(result), kindsOf(result)], [[2, 1, 1, 2], []]);
  });

  it('name what is lost where several share a key, and nothing where all have a successor', () => {
    const base = sampleCatalog(foo(others({ v: 1 }, { v: 2 }, { v: 3 })));
    const fewer = merge(base, sampleCatalog(foo2(others({ v: 2 }, { v: 4 }))));
    assert.deepEqual(valuesOf(fewer), [2, 4]);
    assert.deepEqual(kindsOf(fewer), ['custom-dropped']);
    assert.match(
      fewer.notes[0]?.message ?? '',
      /^2 objects with schema "acme\.x" of the package "foo" gave way/,
    );
    const asMany = merge(base, sampleCatalog(foo2(others({ v: 3 }, { v: 5 }, { v: 6 }))));
    assert.deepEqual([valuesOf(asMany), kindsOf(asMany)], [[3, 5, 6], []]);
    const sameInOtherOrder = merge(base, sampleCatalog(foo2(others({ v: 3 }, { v: 2 }, { v: 1 }))));
    assert.deepEqual(valuesOf(sameInOtherOrder), [1, 2, 3]);
  });

  it('name what is lost of content that belongs to no package', () => {
    const [one, two] = [1, 2].map((v) => JSON.stringify({ schema: 'acme.loose', v }));
    const { notes, catalog } = merge(parseText(`${one}${two}`), parseText(`${two}`));
    assert.equal(catalog.loose.length, 1);
    assert.deepEqual(
      notes.map(({ kind, package: name }) => [kind, name]),
      [['custom-dropped', '']],
    );
  });
});

describe('mergeCatalogs, what no struct of opm knows', () => {
  const FIELDS = '"later":{"big":12345678901234567890,"exact":1.50,"list":[1e2,-0]}';

  function withFields(pkg: SamplePackage): Catalog {
    const documents = [...sampleDocuments(pkg), { schema: 'acme.x', package: 'foo', name: 'n' }];
    return parseText(
      documents
        .map((document) => JSON.stringify(document).replace(/\}$/, `,${FIELDS}}`))
        .join('\n'),
    );
  }

  it('survives to the letter: unknown fields and numbers of every blob, from either side', () => {
    const [old, fresh] = [withFields(foo()), withFields(foo2({ fields: { description: 'new' } }))];
    for (const [base, incoming] of [
      [old, fresh],
      [fresh, old],
      [sampleCatalog(), fresh],
    ] as const) {
      const { catalog, gaps } = merge(base, incoming);
      assert.deepEqual(gaps, []);
      const text = [...renderCatalogFiles(catalog).values()].join('');
      const blobs = [...catalog.packages.values()].flatMap((pkg) => [
        ...pkg.packages,
        ...pkg.channels,
        ...pkg.bundles,
        ...pkg.others,
      ]);
      assert.equal(blobs.length, 5);
      const compact = text.replaceAll(/\s+/g, '');
      assert.equal(compact.split(FIELDS).length - 1, blobs.length);
    }
  });
});
