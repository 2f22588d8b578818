import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { describeCatalog } from '../../src/catalog/describe-catalog.ts';
import { diffCatalogs } from '../../src/catalog/diff-catalogs.ts';
import { dropBundles } from '../../src/catalog/drop-bundles.ts';
import { findMissing } from '../../src/catalog/find-missing.ts';
import { hashCatalog } from '../../src/catalog/hash-catalog.ts';
import { listBundleImages } from '../../src/catalog/list-images.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import { rewriteImages } from '../../src/catalog/rewrite-images.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import {
  fileOf,
  parseText,
  type SamplePackage,
  sampleCatalog,
  sampleDocuments,
} from './sample-catalog.ts';

const FOO: SamplePackage = {
  name: 'foo',
  channels: {
    stable: [{ name: 'foo.v1.1.0', replaces: 'foo.v1.0.0' }, { name: 'foo.v1.0.0' }],
    old: [{ name: 'foo.v1.0.0' }],
  },
  deprecations: [
    { schema: 'olm.channel', name: 'old', message: 'use stable' },
    { schema: 'olm.bundle', name: 'foo.v1.0.0', message: 'old' },
  ],
};
const BAR: SamplePackage = { name: 'bar', channels: { alpha: [{ name: 'bar.v0.1.0' }] } };

describe('hashCatalog', () => {
  it('does not depend on files, order of blobs, order of keys or form', () => {
    const documents = [
      ...sampleDocuments(FOO),
      ...sampleDocuments(BAR),
      { schema: 'acme.x', a: 1 },
    ];
    const expected = hashCatalog(
      parseText(documents.map((document) => JSON.stringify(document)).join('\n')),
    );
    fc.assert(
      fc.property(
        fc.shuffledSubarray(documents, { minLength: documents.length }),
        fc.integer({ min: 0, max: 4 }),
        (shuffled, indent) => {
          const files = shuffled.map((document, index) =>
            fileOf(
              `${index}/x`,
              JSON.stringify(
                Object.fromEntries(Object.entries(document).toReversed()),
                null,
                indent,
              ),
            ),
          );
          assert.equal(hashCatalog(parseCatalog(files).catalog), expected);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('changes with content, and with the text of a number', () => {
    const texts = [
      '{"schema":"a","n":1}',
      '{"schema":"a","n":1.0}',
      '{"schema":"a","n":"1"}',
      '{"schema":"a","package":"","n":1}',
      '',
    ];
    assert.equal(new Set(texts.map((text) => hashCatalog(parseText(text)))).size, texts.length);
  });
});

describe('listBundleImages', () => {
  it('lists image and related images with their place', () => {
    const [images] = listBundleImages(sampleCatalog(BAR));
    assert.deepEqual(images, {
      package: 'bar',
      bundle: 'bar.v0.1.0',
      image: 'registry.example.com/bar/bundle:0.1.0',
      relatedImages: ['registry.example.com/bar/operator:0.1.0'],
      file: 'catalog.json',
      line: 3,
    });
  });
});

describe('rewriteImages', () => {
  it('rewrites image and related images, and leaves the rest the same objects', () => {
    const catalog = sampleCatalog(FOO, BAR);
    const rewritten = rewriteImages(catalog, (reference, bundle) =>
      bundle.package === 'bar'
        ? reference.replace('registry.example.com', 'mirror:5000')
        : reference,
    );
    assert.deepEqual(
      listBundleImages(rewritten)
        .filter(({ package: pkg }) => pkg === 'bar')
        .flatMap(({ image, relatedImages }) => [image, ...relatedImages]),
      ['mirror:5000/bar/bundle:0.1.0', 'mirror:5000/bar/operator:0.1.0'],
    );
    assert.equal(rewritten.packages.get('foo'), catalog.packages.get('foo'));
    assert.equal(
      rewriteImages(catalog, (reference) => reference),
      catalog,
    );
  });
});

describe('findMissing', () => {
  it('names the packages and bundles that the first catalog lacks', () => {
    const have = sampleCatalog({
      ...FOO,
      channels: { stable: [{ name: 'foo.v1.0.0' }] },
      deprecations: [],
    });
    assert.deepEqual(findMissing(have, sampleCatalog(FOO, BAR)), {
      packages: ['bar'],
      bundles: ['bar/bar.v0.1.0', 'foo/foo.v1.1.0'],
    });
    assert.deepEqual(findMissing(sampleCatalog(FOO, BAR), have), { packages: [], bundles: [] });
  });
});

describe('dropBundles', () => {
  it('takes out bundles, their entries, empty channels and packages, and dangling deprecations', () => {
    const { catalog, removed } = dropBundles(
      sampleCatalog(FOO, BAR),
      new Set(['foo/foo.v1.0.0', 'bar/bar.v0.1.0']),
    );
    assert.deepEqual(removed, {
      bundles: ['bar/bar.v0.1.0', 'foo/foo.v1.0.0'],
      channels: ['bar/alpha', 'foo/old'],
      packages: ['bar'],
    });
    assert.deepEqual(validateCatalog(catalog), []);
    assert.deepEqual(describeCatalog(catalog), [
      {
        package: 'foo',
        defaultChannel: 'stable',
        channels: [{ channel: 'stable', head: { name: 'foo.v1.1.0', version: '1.1.0' } }],
        bundles: 1,
      },
    ]);
  });

  it('leaves untouched packages the same objects', () => {
    const catalog = sampleCatalog(FOO, BAR);
    assert.equal(
      dropBundles(catalog, new Set(['bar/bar.v0.1.0'])).catalog.packages.get('foo'),
      catalog.packages.get('foo'),
    );
  });
});

describe('diffCatalogs', () => {
  it('is empty for catalogs that differ in order and form only', () => {
    const { channels } = FOO;
    const turned = {
      ...FOO,
      channels: { old: channels['old'] ?? [], stable: (channels['stable'] ?? []).toReversed() },
      defaultChannel: 'stable',
    };
    assert.deepEqual(diffCatalogs(sampleCatalog(FOO, BAR), sampleCatalog(BAR, turned)), {
      packages: [],
      looseChanged: false,
    });
  });

  it('tells packages, heads, bundles, default channels and deprecations apart', () => {
    const after = sampleCatalog({
      name: 'foo',
      channels: {
        stable: [{ name: 'foo.v1.2.0', replaces: 'foo.v1.1.0' }, { name: 'foo.v1.1.0' }],
        fast: [{ name: 'foo.v1.2.0' }],
      },
      defaultChannel: 'fast',
      bundles: { 'foo.v1.1.0': { image: 'registry.example.com/other:1' } },
      deprecations: [{ schema: 'olm.package', message: 'gone' }],
    });
    const [bar, foo] = diffCatalogs(sampleCatalog(FOO, BAR), after).packages;
    assert.equal(bar?.kind, 'removed');
    assert.deepEqual(
      foo?.channels.map(({ channel, kind, oldHead, newHead }) => [
        channel,
        kind,
        oldHead?.version,
        newHead?.version,
      ]),
      [
        ['fast', 'added', undefined, '1.2.0'],
        ['old', 'removed', '1.0.0', undefined],
        ['stable', 'changed', '1.1.0', '1.2.0'],
      ],
    );
    assert.deepEqual(
      [foo.bundlesAdded, foo.bundlesRemoved, foo.bundlesChanged],
      [['foo.v1.2.0'], ['foo.v1.0.0'], ['foo.v1.1.0']],
    );
    assert.deepEqual(foo.defaultChannel, { before: 'stable', after: 'fast' });
    assert.deepEqual(
      foo.deprecationsAdded.map(({ schema }) => schema),
      ['olm.package'],
    );
    assert.equal(foo.deprecationsRemoved.length, 2);
  });
});
