import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readProperties } from '../../src/catalog/blob-fields.ts';
import {
  buildCsvMetadata,
  buildFromObjects,
  readCsvMetadata,
} from '../../src/catalog/csv-metadata.ts';
import { findRealData } from '../support/real-data.ts';
import { readPair } from './real-pair.ts';
import { bundleWith, objectProperty, SAMPLE_CRD, sampleCsv } from './sample-csv.ts';

describe('buildCsvMetadata', () => {
  it('takes the fields that opm takes, and writes empty ones as Go does', () => {
    const csv = sampleCsv({
      metadata: { annotations: { a: '1', b: null }, labels: {} },
      spec: {
        description: 'Foo',
        displayName: '',
        installModes: [{ type: 'OwnNamespace' }],
        keywords: [],
        customResourceDefinitions: { owned: [{ name: 'foos', unknown: 1, resources: [] }] },
        replaces: 'foo.v0.9.0',
      },
    });
    assert.deepEqual(buildCsvMetadata(csv), {
      annotations: { a: '1', b: '' },
      apiServiceDefinitions: {},
      crdDescriptions: { owned: [{ name: 'foos', version: '', kind: '' }] },
      description: 'Foo',
      installModes: [{ type: 'OwnNamespace', supported: false }],
      provider: {},
    });
  });

  it('is null for what Go cannot decode', () => {
    assert.equal(buildCsvMetadata(sampleCsv({ metadata: { annotations: { a: 1 } } })), null);
    assert.equal(buildCsvMetadata(sampleCsv({ spec: { keywords: 'one' } })), null);
    assert.equal(buildCsvMetadata({ kind: 'ClusterServiceVersion', spec: [] }), null);
  });
});

describe('readCsvMetadata', () => {
  it('reads the first ClusterServiceVersion among the manifests, JSON or YAML', () => {
    const yaml = 'kind: ClusterServiceVersion\nspec:\n  minKubeVersion: 1.25.0\n';
    const bundle = bundleWith([
      objectProperty(SAMPLE_CRD),
      objectProperty(yaml),
      objectProperty(sampleCsv({ spec: { minKubeVersion: '1.30.0' } })),
    ]);
    assert.equal(readCsvMetadata(bundle)?.['minKubeVersion'], '1.25.0');
  });

  it('is null for a bundle that has neither form', () => {
    assert.equal(readCsvMetadata(bundleWith([])), null);
    assert.equal(readCsvMetadata(bundleWith([objectProperty(SAMPLE_CRD)])), null);
  });
});

const { skip } = findRealData('pairs');

describe('buildFromObjects on real catalogs', { skip }, () => {
  for (const [pair, bundles] of [
    ['12-shipwright-v4.17', 2],
    ['31-xver-compliance-4.16-to-4.17', 17],
  ] as const)
    it(`${pair}: gives to the letter the metadata that opm made of the same bundles`, () => {
      const { old, fresh } = readPair(pair);
      const [before] = old.packages.values();
      const [after] = fresh.packages.values();
      assert.equal(before?.bundles.length, bundles);
      for (const bundle of before.bundles) {
        const other = after?.bundles.find(({ name }) => name === bundle.name);
        assert.ok(other !== undefined);
        const made = readProperties(other).find(({ type }) => type === 'olm.csv.metadata');
        assert.ok(made?.value !== undefined);
        assert.deepEqual(buildFromObjects(bundle), made.value, bundle.name);
      }
    });
});
