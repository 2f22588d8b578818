import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readDefaultChannel, readEntries } from '../../src/catalog/blob-fields.ts';
import { filterCatalog } from '../../src/catalog/filter-catalog.ts';
import type { FilterResult, PackageSelection } from '../../src/catalog/filter-types.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { listRealCatalogs } from '../support/real-catalogs.ts';
import { findRealData } from '../support/real-data.ts';
import { sampleCatalog } from './sample-catalog.ts';

function select(name: string, parts: Partial<PackageSelection> = {}): PackageSelection {
  return { package: name, channels: null, versions: null, bundles: null, ...parts };
}

function filter(
  catalog: Catalog,
  packages: readonly PackageSelection[],
  defaults: readonly (readonly [string, string])[] = [],
): FilterResult {
  return filterCatalog(catalog, { packages, defaultChannels: new Map(defaults) });
}

function namesOf(result: FilterResult, name: string, channel: string): readonly string[] {
  const found = result.catalog.packages.get(name)?.channels.find((item) => item.name === channel);
  return found === undefined ? [] : readEntries(found).map((entry) => entry.name);
}

const CHAIN = [1, 2, 3, 4].map((major) => ({
  name: `op.v${major}.0.0`,
  ...(major === 1 ? {} : { replaces: `op.v${major - 1}.0.0` }),
}));

const CATALOG = sampleCatalog(
  {
    name: 'op',
    channels: { stable: CHAIN, beta: [...CHAIN, { name: 'op.v5.0.0', replaces: 'op.v4.0.0' }] },
    deprecations: [
      { schema: 'olm.package', message: 'old' },
      { schema: 'olm.channel', name: 'beta', message: 'old' },
      { schema: 'olm.bundle', name: 'op.v1.0.0', message: 'old' },
    ],
    bundles: {
      'op.v4.0.0': {
        properties: [
          { type: 'olm.package', value: { packageName: 'op', version: '4.0.0' } },
          { type: 'olm.package.required', value: { packageName: 'dep', versionRange: '>=1.0.0' } },
          { type: 'olm.gvk.required', value: { group: 'g.io', version: 'v1', kind: 'Thing' } },
        ],
      },
    },
  },
  {
    name: 'dep',
    channels: { stable: [{ name: 'dep.v1.0.0' }] },
    bundles: {
      'dep.v1.0.0': {
        properties: [
          { type: 'olm.package', value: { packageName: 'dep', version: '1.0.0' } },
          { type: 'olm.gvk', value: { group: 'g.io', version: 'v1', kind: 'Thing' } },
        ],
      },
    },
  },
);

describe('filterCatalog', () => {
  it('keeps a bundle and every entry that OLM takes it through, in the channels that have it', () => {
    const result = filter(CATALOG, [select('op', { bundles: ['op.v3.0.0'] })]);
    assert.deepEqual(namesOf(result, 'op', 'stable'), ['op.v3.0.0', 'op.v4.0.0']);
    assert.deepEqual(namesOf(result, 'op', 'beta'), ['op.v3.0.0', 'op.v4.0.0', 'op.v5.0.0']);
    assert.deepEqual(
      [result.packages[0]?.bundlesForPath, result.packages[0]?.bundlesDropped],
      [
        ['op.v4.0.0', 'op.v5.0.0'],
        ['op.v1.0.0', 'op.v2.0.0'],
      ],
    );
    assert.deepEqual([result.packagesDropped, result.misses], [['dep'], []]);
  });

  it('takes the default channel with the highest head where the old one is dropped, or the one asked for', () => {
    const made = sampleCatalog({
      name: 'op',
      channels: {
        alpha: [{ name: 'op.v2.0.0' }],
        fast: [{ name: 'op.v2.0.0' }],
        old: [{ name: 'op.v1.0.0' }],
        stable: [{ name: 'op.v9.0.0' }],
      },
      defaultChannel: 'stable',
    });
    const channels = ['alpha', 'fast', 'old'];
    const [free, asked, kept] = [
      filter(made, [select('op', { channels })]),
      filter(made, [select('op', { channels })], [['op', 'old']]),
      filter(made, [select('op', { channels: ['old', 'stable'] })]),
    ];
    assert.deepEqual(
      [free, asked, kept].map((result) => {
        const pkg = result.catalog.packages.get('op');
        return [pkg && readDefaultChannel(pkg), result.packages[0]?.defaultChannel.before];
      }),
      [
        ['fast', 'stable'],
        ['old', 'stable'],
        ['stable', 'stable'],
      ],
    );
    const wrong = filter(made, [select('op', { channels })], [['op', 'stable']]);
    assert.match(wrong.misses[0]?.message ?? '', /stable is none of the kept channels of op/);
  });

  it('drops deprecations of what is gone, counted, and keeps the others', () => {
    const result = filter(CATALOG, [select('op', { channels: ['stable'], versions: '>=3.0.0' })]);
    const [blob] = result.catalog.packages.get('op')?.deprecations ?? [];
    assert.equal(JSON.stringify(blob?.value['entries']).match(/reference/g)?.length, 1);
    assert.equal(result.packages[0]?.deprecationsDropped, 2);
    assert.deepEqual(validateCatalog(result.catalog), []);
  });

  it('names what kept bundles require and the result lacks, and who provides it', () => {
    const { unmet } = filter(CATALOG, [select('op')]);
    assert.deepEqual(
      unmet.map(({ bundle, kind, requires, providers }) => [bundle, kind, requires, providers]),
      [
        ['op.v4.0.0', 'package', 'dep >=1.0.0', ['dep']],
        ['op.v4.0.0', 'gvk', 'Thing.v1.g.io', ['dep']],
      ],
    );
    assert.deepEqual(filter(CATALOG, [select('op'), select('dep')]).unmet, []);
  });

  it('lists everything that is not there at once, each with the nearest name or what there is', () => {
    const { misses } = filter(
      CATALOG,
      [
        select('opp'),
        select('op', { channels: ['stabel'] }),
        select('op', { channels: ['stable'], versions: '>=5.0.0' }),
        select('op', { versions: '~1.0' }),
        select('op', { bundles: ['op.v3.0.1'] }),
        select('op', { channels: ['stable'], bundles: ['op.v5.0.0'] }),
      ],
      [['dpe', 'stable']],
    );
    assert.deepEqual(
      misses.map(({ message, hint }) => `${message} ${hint}`),
      [
        'The package op has no channel stabel. Did you mean stable?',
        'No version of the channel stable of op is in ">=5.0.0". It has 1.0.0 to 4.0.0.',
        '"~1.0" is not a version range. Write it like ">=1.0.0 <1.2.0" or "1.2.x"; spaces mean and, " || " means or.',
        'The package op has no bundle op.v3.0.1. Did you mean op.v3.0.0?',
        'The package op has no bundle op.v5.0.0 in stable. Did you mean op.v1.0.0?',
        'There is no package opp. Did you mean op?',
        'A default channel is given for dpe, of which nothing is selected. Did you mean op?',
      ],
    );
  });

  it('keeps a channel whole that opm refuses', () => {
    const torn = sampleCatalog({
      name: 'op',
      channels: { stable: [{ name: 'op.v1.0.0' }, { name: 'op.v2.0.0' }] },
    });
    const result = filter(torn, [select('op', { bundles: ['op.v1.0.0'] })]);
    assert.deepEqual(namesOf(result, 'op', 'stable'), ['op.v1.0.0', 'op.v2.0.0']);
  });
});

const real = findRealData('pairs');

describe('filterCatalog of real catalogs', { skip: real.skip }, () => {
  it('gives a valid catalog from any one bundle up', () => {
    let filtered = 0;
    for (const { path, files } of listRealCatalogs(findRealData('').path)) {
      const { catalog } = parseCatalog(files);
      if (validateCatalog(catalog).length > 0) continue;
      for (const pkg of catalog.packages.values()) {
        const every = Math.max(1, Math.floor(pkg.bundles.length / 4));
        for (const bundle of pkg.bundles.filter((_, i) => i % every === 0)) {
          const result = filter(catalog, [select(pkg.name, { bundles: [bundle.name] })]);
          assert.deepEqual(validateCatalog(result.catalog), [], `${path} ${bundle.name}`);
          assert.ok(result.catalog.packages.get(pkg.name)?.bundles.includes(bundle));
          filtered += 1;
        }
      }
    }
    assert.ok(filtered > 100, `${filtered} filtered`);
  });
});
