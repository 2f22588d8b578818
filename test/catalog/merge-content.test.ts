import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readDeprecations } from '../../src/catalog/blob-fields.ts';
import type { MergeResult } from '../../src/catalog/merge-types.ts';
import type { Catalog, JsonObject } from '../../src/catalog/types.ts';
import { renderCatalogFiles } from '../support/render-catalog-files.ts';
import { kindsOf, merge } from './merge-by-default.ts';
import { parseText, type SamplePackage, sampleCatalog, sampleDocuments } from './sample-catalog.ts';

const [V1, V2] = ['foo.v1.0.0', 'foo.v2.0.0'];
const CHAIN = [{ name: V2, replaces: V1 }, { name: V1 }];

function foo(more: Partial<SamplePackage> = {}): SamplePackage {
  return { name: 'foo', channels: { stable: [{ name: V1 }] }, ...more };
}

function foo2(more: Partial<SamplePackage> = {}): SamplePackage {
  return foo({ channels: { stable: CHAIN }, ...more });
}

function deprecating(name: string, message = 'old'): Pick<SamplePackage, 'deprecations'> {
  return { deprecations: [{ schema: 'olm.bundle', name, message }] };
}
function deprecationsOf({ catalog }: MergeResult): readonly string[] {
  const blobs = catalog.packages.get('foo')?.deprecations ?? [];
  return blobs.flatMap(readDeprecations).map(({ name, message }) => `${name} ${message}`);
}

describe('mergeCatalogs, deprecations', () => {
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

function others(...values: readonly JsonObject[]): Pick<SamplePackage, 'others'> {
  return { others: values.map((value) => ({ schema: 'acme.x', ...value })) };
}
function valuesOf({ catalog }: MergeResult): readonly unknown[] {
  return (catalog.packages.get('foo')?.others ?? []).map(({ value }) => value['v']);
}

describe('mergeCatalogs, custom schemas', () => {
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
