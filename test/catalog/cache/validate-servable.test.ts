import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { validateServable } from '../../../src/catalog/cache/validate-servable.ts';
import { parseCatalog } from '../../../src/catalog/parse-catalog.ts';
import { validateCatalog } from '../../../src/catalog/validate-catalog.ts';
import { fileOf } from '../sample-catalog.ts';

interface Sample {
  readonly channels: Readonly<Record<string, readonly string[]>>;
  readonly metadata?: number;
  readonly custom?: { readonly schema: string; readonly package?: string };
}

function problemsOf(sample: Sample): readonly string[] {
  return judge(sample).map(({ severity, package: pkg = '', channel = '', bundle = '', message }) =>
    [severity, pkg, channel, bundle, message].join('|'),
  );
}

function judge({ channels, metadata = 0, custom }: Sample): ReturnType<typeof validateServable> {
  const names = [...new Set(Object.values(channels).flat())];
  const blobs = [
    { schema: 'olm.package', name: 'foo', defaultChannel: Object.keys(channels)[0] },
    ...Object.entries(channels).map(([name, entries]) => ({
      schema: 'olm.channel',
      package: 'foo',
      name,
      entries: entries.map((entry) => ({ name: entry })),
    })),
    ...names.map((name, index) => ({
      schema: 'olm.bundle',
      package: 'foo',
      name,
      image: 'registry.example.com/foo:1',
      properties: [
        { type: 'olm.package', value: { packageName: 'foo', version: `${index + 1}.0.0` } },
        ...Array.from({ length: metadata }, () => ({ type: 'olm.csv.metadata', value: {} })),
      ],
    })),
    ...(custom === undefined ? [] : [custom]),
  ];
  const text = blobs.map((blob) => JSON.stringify(blob)).join('\n');
  const { catalog, problems } = parseCatalog([fileOf('catalog.json', text)]);
  assert.deepEqual([...problems, ...validateCatalog(catalog)], [], 'opm validate accepts it');
  return validateServable(catalog);
}

describe('validateServable', () => {
  it('finds nothing in what opm serves', () => {
    const custom = { schema: 'example.com-v1', package: 'foo' };
    assert.deepEqual(problemsOf({ channels: { stable: ['foo.v1'] }, metadata: 1, custom }), []);
  });

  it('refuses a slash in the name of a channel or bundle', () => {
    const found = judge({ channels: { 'a/b': ['c/d'] } });
    assert.deepEqual(
      found.map(({ severity, package: pkg, channel, bundle }) => [severity, pkg, channel, bundle]),
      [
        ['error', 'foo', 'a/b', undefined],
        ['error', 'foo', undefined, 'c/d'],
      ],
    );
  });

  it('refuses two entries that would share a file, and names both', () => {
    assert.deepEqual(problemsOf({ channels: { a: ['b_c'], a_b: ['c'] } }), [
      'error|foo|a_b|c|The bundle "c" in the channel "a_b" of the package "foo" cannot be served: '.concat(
        'opm serve would keep it in the same file as the bundle "b_c" in the channel "a", foo_a_b_c.json.',
      ),
    ]);
  });

  it('refuses a name that is longer than a file may have', () => {
    const [problem = '', ...others] = problemsOf({ channels: { stable: ['ä'.repeat(122)] } });
    assert.match(
      problem,
      /^error\|foo\|stable\|ä+\|.* a name of 260 bytes, and 255 are possible\.$/,
    );
    assert.deepEqual(others, []);
    assert.deepEqual(problemsOf({ channels: { stable: ['ä'.repeat(119)] } }), []);
  });

  it('refuses a bundle with two metadata', () => {
    const [problem = '', ...others] = problemsOf({ channels: { stable: ['foo.v1'] }, metadata: 2 });
    assert.match(problem, /^error\|foo\|\|foo.v1\|.*takes at most one/);
    assert.deepEqual(others, []);
  });

  for (const custom of [
    { schema: 'a/b' },
    { schema: '.hidden', package: 'foo' },
    { schema: 'example', package: '..' },
    { schema: 's'.repeat(256) },
  ])
    it(`refuses the custom object ${JSON.stringify(custom).slice(0, 60)}`, () => {
      assert.equal(judge({ channels: { stable: ['foo.v1'] }, custom }).length, 1);
    });
});
