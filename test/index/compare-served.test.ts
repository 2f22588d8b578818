import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import {
  compareBundle,
  compareBundleList,
  comparePackage,
  comparePackageNames,
  type ExpectedPackage,
  listExpected,
} from '../../src/index/compare-served.ts';
import type { ServedBundle } from '../../src/index/served-types.ts';

const BLOBS = [
  { schema: 'olm.package', name: 'p', defaultChannel: 'fast' },
  {
    schema: 'olm.channel',
    package: 'p',
    name: 'fast',
    entries: [
      { name: 'p.v1' },
      { name: 'p.v2', replaces: 'p.v1', skips: ['p.v0'], skipRange: '<2.0.0' },
    ],
  },
  { schema: 'olm.channel', package: 'p', name: 'slow', entries: [{ name: 'p.v1' }] },
  ...['1', '2'].map((major) => ({
    schema: 'olm.bundle',
    package: 'p',
    name: `p.v${major}`,
    image: `r.example/p:${major}`,
    properties: [
      { type: 'olm.package', value: { version: `${major}.0.0`, packageName: 'p' } },
      { type: 'olm.csv.metadata', value: {} },
      { type: 'x', value: '<a & b>' },
    ],
  })),
  {
    schema: 'olm.deprecations',
    package: 'p',
    entries: [
      { reference: { schema: 'olm.package' }, message: 'gone soon' },
      { reference: { schema: 'olm.channel', name: 'slow' }, message: 'use fast' },
      { reference: { schema: 'olm.bundle', name: 'p.v1' }, message: 'old' },
    ],
  },
  { schema: 'custom', package: 'nobody', name: 'x' },
];

function expectOne(): ExpectedPackage {
  const bytes = Buffer.from(BLOBS.map((blob) => JSON.stringify(blob)).join('\n'));
  const [only, ...others] = listExpected(parseCatalog([{ path: 'c.json', bytes }]).catalog);
  assert.ok(only !== undefined && others.length === 0, 'custom schemas are no package');
  return only;
}

function serve(expected: ExpectedPackage['bundles'][number]): ServedBundle {
  const { hasCsv, ...bundle } = expected;
  assert.equal(hasCsv, true);
  return { ...bundle, csv: '{"kind":"ClusterServiceVersion"}' };
}

test('listExpected says of a package what opm must answer', () => {
  const { bundles, ...face } = expectOne();
  assert.deepEqual(face, {
    name: 'p',
    defaultChannel: 'fast',
    deprecation: 'gone soon',
    channels: [
      { name: 'fast', head: 'p.v2', deprecation: null },
      { name: 'slow', head: 'p.v1', deprecation: 'use fast' },
    ],
  });
  assert.deepEqual(
    bundles.map(({ channel, name }) => [channel, name]),
    [
      ['fast', 'p.v1'],
      ['fast', 'p.v2'],
      ['slow', 'p.v1'],
    ],
  );
  assert.deepEqual(bundles[1], {
    package: 'p',
    channel: 'fast',
    name: 'p.v2',
    version: '2.0.0',
    image: 'r.example/p:2',
    skipRange: '<2.0.0',
    replaces: 'p.v1',
    skips: ['p.v0'],
    properties: [
      { type: 'olm.package', value: '{"packageName":"p","version":"2.0.0"}' },
      { type: 'x', value: '"<a & b>"' },
    ],
    deprecation: null,
    hasCsv: true,
  });
});

test('comparisons find nothing in right answers, in any order', () => {
  const expected = expectOne();
  const served = expected.bundles.map(serve);
  assert.deepEqual(comparePackageNames([expected], ['p']), []);
  assert.deepEqual(
    comparePackage(expected, { ...expected, channels: expected.channels.toReversed() }),
    [],
  );
  assert.deepEqual(compareBundleList(expected.bundles, served.toReversed()), []);
  for (const [i, bundle] of expected.bundles.entries())
    assert.deepEqual(
      compareBundle(bundle, { ...(served[i] ?? assert.fail()), replaces: '', skips: [] }),
      [],
    );
});

test('comparisons name what is missing, twice, strange or different', () => {
  const expected = expectOne();
  const [first, second, third] = expected.bundles.map(serve);
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  assert.deepEqual(comparePackageNames([expected], ['q']), [
    'package p is not served',
    'package q is served, and the catalog has none of that name',
  ]);
  assert.deepEqual(comparePackageNames([expected], ['p', 'p']), ['package p is served 2 times']);
  const slow = { name: 'slow', head: 'p.v9', deprecation: null };
  assert.deepEqual(comparePackage(expected, { ...expected, deprecation: null, channels: [slow] }), [
    'p: deprecation is empty, and the catalog says gone soon',
    'p: channel fast is not served',
    'p: channel slow: head is p.v9, and the catalog says p.v1',
    'p: channel slow: deprecation is empty, and the catalog says use fast',
  ]);
  const changed = { ...second, replaces: '', skips: ['p.v0', 'p.v1'], properties: [] };
  assert.deepEqual(compareBundleList(expected.bundles, [first, first, changed]), [
    'bundle p/slow/p.v1 is not served',
    'bundle p/fast/p.v1 is served 2 times',
    'p/fast/p.v2: replaces is empty, and the catalog says p.v1',
    'p/fast/p.v2: skips is ["p.v0","p.v1"], and the catalog says ["p.v0"]',
    `p/fast/p.v2: properties is empty, and the catalog says ${JSON.stringify(second.properties)}`,
  ]);
  const bundle = expected.bundles[0] ?? assert.fail();
  for (const [csv, line] of [
    ['', 'its ClusterServiceVersion is not served'],
    ['{', 'its ClusterServiceVersion is no JSON'],
    ['null', 'its ClusterServiceVersion is of the kind null'],
    ['{"kind":"Role"}', 'its ClusterServiceVersion is of the kind Role'],
  ])
    assert.deepEqual(compareBundle(bundle, { ...first, csv: csv ?? '' }), [`p/fast/p.v1: ${line}`]);
  assert.deepEqual(compareBundle({ ...bundle, hasCsv: false }, { ...first, csv: '' }), []);
});
