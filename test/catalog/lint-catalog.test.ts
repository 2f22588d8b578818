import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { lintCatalog } from '../support/lint-catalog.ts';
import { sampleCatalog } from './sample-catalog.ts';

const METADATA = { type: 'olm.csv.metadata', value: {} };

function catalogWith(options: {
  readonly channel?: string;
  readonly metadata: number;
  readonly others?: readonly { readonly schema: string; readonly name: string }[];
}) {
  const properties = [
    { type: 'olm.package', value: { packageName: 'p', version: '1.0.0' } },
    ...Array.from({ length: options.metadata }, () => METADATA),
  ];
  return sampleCatalog({
    name: 'p',
    channels: { [options.channel ?? 'stable']: [{ name: 'p.v1.0.0' }] },
    bundles: { 'p.v1.0.0': { properties } },
    others: options.others ?? [],
  });
}

const CASES = [
  [{ metadata: 1 }, []],
  [{ metadata: 0 }, [/head of the channel "stable", has no olm.csv.metadata/]],
  [{ metadata: 2 }, [/has 2 properties of type "olm.csv.metadata"/]],
  [{ metadata: 1, channel: 'a/b' }, [/channel name "a\/b" has a slash/]],
  [{ metadata: 1, others: [{ schema: 'a b', name: 'x' }] }, [/refuses "a b"/]],
  [
    {
      metadata: 1,
      others: ['x', 'y', 'x'].map((name) => ({ schema: 'acme.x', name })),
    },
    [/"acme.x", the package "p" and the name "x" stands in the catalog before/],
  ],
] as const;

test('validate warns, with file and line, of what opm validate lets pass', () => {
  for (const [options, expected] of CASES) {
    const catalog = catalogWith(options);
    assert.deepEqual(validateCatalog(catalog), []);
    const problems = lintCatalog(catalog);
    assert.equal(problems.length, expected.length, JSON.stringify(problems));
    for (const [i, pattern] of expected.entries()) {
      const problem = problems[i];
      assert.match(problem?.message ?? '', pattern);
      assert.deepEqual([problem?.severity, problem?.file], ['warning', 'catalog.json']);
      assert.ok((problem?.line ?? 0) > 0);
    }
  }
});
