import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLack, isNothing } from '../../src/catalog/find-lack.ts';
import {
  parseText,
  type SampleEntry,
  type SamplePackage,
  sampleCatalog,
} from './sample-catalog.ts';

const ENTRIES: readonly SampleEntry[] = [
  { name: 'a.v1.0.0' },
  { name: 'a.v1.1.0', replaces: 'a.v1.0.0', skips: ['a.v1.0.1'], skipRange: '<1.1.0' },
];
const A: SamplePackage = { name: 'a', channels: { stable: ENTRIES, fast: ENTRIES } };
const B: SamplePackage = { name: 'b', channels: { stable: [{ name: 'b.v1.0.0' }] } };
const HAVE = sampleCatalog(A, B);

test('findLack finds nothing in the same catalog, in a part of it, and in a filtered channel without its edges', () => {
  const parts = [
    HAVE,
    sampleCatalog(B),
    sampleCatalog({ ...A, channels: { stable: ENTRIES } }),
    sampleCatalog({ ...A, channels: { stable: [{ name: 'a.v1.1.0' }] } }),
  ];
  for (const part of parts) assert.ok(isNothing(findLack(HAVE, part)));
});

interface Row {
  readonly what: string;
  readonly theirs: Partial<SamplePackage>;
  readonly expected: readonly string[];
}

function head(entry: Partial<SampleEntry>): Partial<SamplePackage> {
  return { channels: { stable: [{ name: 'a.v1.0.0' }, { name: 'a.v1.1.0', ...entry }] } };
}

const ROWS: readonly Row[] = [
  {
    what: 'a bundle of other content',
    theirs: { bundles: { 'a.v1.1.0': { image: 'registry.example.com/other:1' } } },
    expected: ['bundle a/a.v1.1.0'],
  },
  {
    what: 'another channel',
    theirs: { channels: { ...A.channels, candidate: ENTRIES } },
    expected: ['channel a/candidate'],
  },
  {
    what: 'another replaces',
    theirs: head({ replaces: 'a.v0.9.0' }),
    expected: ['channel a/stable'],
  },
  { what: 'another skip', theirs: head({ skips: ['a.v1.0.2'] }), expected: ['channel a/stable'] },
  { what: 'another range', theirs: head({ skipRange: '<1.0.9' }), expected: ['channel a/stable'] },
  {
    what: 'another default channel',
    theirs: { defaultChannel: 'fast' },
    expected: ['default channel of a'],
  },
  {
    what: 'another description',
    theirs: { fields: { description: 'other' } },
    expected: ['description or icon of a'],
  },
  {
    what: 'a deprecation',
    theirs: { deprecations: [{ schema: 'olm.package', message: 'Use b.' }] },
    expected: ['deprecations of a'],
  },
  {
    what: 'a custom blob',
    theirs: { others: [{ schema: 'example.custom', package: 'a', value: 1 }] },
    expected: ['other content of a'],
  },
];

// Seen to fail, each of its own: with the line of listOtherwise, or of hasEdges, that finds it left out.
for (const { what, theirs, expected } of ROWS) {
  test(`findLack names ${what}`, () => {
    const lack = findLack(HAVE, sampleCatalog({ ...A, ...theirs }));
    assert.deepEqual(lack, { packages: [], bundles: [], otherwise: expected });
    assert.ok(!isNothing(lack));
  });
}

test('findLack names what is missing apart from what says otherwise, and content of no package', () => {
  const c: SamplePackage = { name: 'c', channels: { stable: [{ name: 'c.v1.0.0' }] } };
  assert.deepEqual(findLack(HAVE, sampleCatalog(B, c)), {
    packages: ['c'],
    bundles: ['c/c.v1.0.0'],
    otherwise: [],
  });
  const loose = parseText('{"schema":"example.loose","value":1}');
  assert.deepEqual(findLack(HAVE, loose).otherwise, ['content that belongs to no package']);
});
