import { joinCatalog } from '../../src/catalog/build-catalog.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import {
  addSizes,
  buildDiffDocument,
  type DiffDocument,
} from '../../src/report/build-diff-document.ts';
import { type SamplePackage, sampleCatalog } from '../catalog/sample-catalog.ts';
import { A } from '../support/world.ts';
import { EVIL } from './sample-plans.ts';

export function compare(before: Catalog, after: Catalog): DiffDocument {
  return buildDiffDocument(
    { source: 'prod.example:5000/olm/idx:v1', digest: A, catalog: before },
    { source: 'HEAD:catalogs/idx', digest: null, catalog: after },
  );
}

const SAME: SamplePackage = { name: 'same', channels: { stable: [{ name: 'same.v1.0.0' }] } };

const BEFORE = sampleCatalog(
  SAME,
  {
    name: 'etcd',
    channels: {
      stable: [
        { name: 'etcd.v1.2.0', replaces: 'etcd.v1.1.0', skips: ['etcd.v1.0.1'] },
        { name: 'etcd.v1.1.0', replaces: 'etcd.v1.0.0' },
        { name: 'etcd.v1.0.1' },
        { name: 'etcd.v1.0.0' },
      ],
      old: [{ name: 'etcd.v1.0.0' }],
      fast: [{ name: 'etcd.v1.3.0' }],
    },
    deprecations: [
      { schema: 'olm.channel', name: 'old', message: 'use stable' },
      { schema: 'olm.bundle', name: 'etcd.v1.1.0', message: 'soon' },
    ],
  },
  { name: 'gone', channels: { alpha: [{ name: 'gone.v0.1.0' }] } },
);

const AFTER = sampleCatalog(
  SAME,
  {
    name: 'etcd',
    channels: {
      stable: [
        { name: 'etcd.v2.0.0', replaces: 'etcd.v1.2.0', skips: ['etcd.v1.3.0'] },
        { name: 'etcd.v1.2.0', replaces: 'etcd.v1.1.0', skipRange: '>=1.1.0 <1.2.0' },
        { name: 'etcd.v1.1.0' },
      ],
      fast: [{ name: 'etcd.v1.3.0' }],
      next: [{ name: 'etcd.v2.0.0' }],
    },
    defaultChannel: 'next',
    fields: { description: 'Keys and values' },
    bundles: {
      'etcd.v1.1.0': { relatedImages: [{ name: 'other', image: 'quay.io/v/etcd:rebuilt' }] },
      'etcd.v1.2.0': { image: 'quay.io/v/etcd-bundle:rebuilt' },
      'etcd.v1.3.0': {
        properties: [{ type: 'olm.package', value: { packageName: 'etcd', version: '1.3.1' } }],
      },
    },
    deprecations: [
      { schema: 'olm.bundle', name: 'etcd.v1.1.0', message: 'now' },
      { schema: 'olm.package', message: 'Move to <etcd2>.' },
    ],
  },
  {
    name: 'fresh',
    channels: {
      stable: Array.from({ length: 30 }, (_, i) => ({
        name: `fresh.v0.${i}.0`,
        ...(i === 0 ? {} : { replaces: `fresh.v0.${i - 1}.0` }),
      })),
    },
  },
);

/** Everything that can differ, in one document. */
export function diffDelivery(): DiffDocument {
  return compare(BEFORE, AFTER);
}

export function diffNothing(): DiffDocument {
  return compare(BEFORE, BEFORE);
}

function evilCatalog(
  changes: Partial<SamplePackage>,
  channels: SamplePackage['channels'],
): Catalog {
  return sampleCatalog({ name: EVIL, channels, ...changes });
}

/** Names as a malicious catalog would choose them, in every place where a name can stand. */
export function diffHostile(): DiffDocument {
  const [old, fresh] = [`${EVIL}.v1.0.0`, `${EVIL}.v2.0.0`];
  const document = compare(
    evilCatalog(
      { bundles: { [old]: { image: EVIL } } },
      { [EVIL]: [{ name: old, replaces: EVIL }] },
    ),
    evilCatalog(
      {
        bundles: { [old]: { image: `${EVIL}2` } },
        deprecations: [{ schema: 'olm.bundle', name: old, message: EVIL }],
        defaultChannel: `${EVIL}2`,
      },
      {
        [EVIL]: [{ name: fresh }, { name: old, replaces: `${EVIL}3`, skipRange: EVIL }],
        [`${EVIL}2`]: [{ name: fresh }],
      },
    ),
  );
  return { ...document, before: { source: EVIL, digest: null } };
}

const CSV = { kind: 'ClusterServiceVersion', spec: { displayName: 'Moved' } };
const FORMS = [
  {
    type: 'olm.bundle.object',
    value: { data: Buffer.from(JSON.stringify(CSV)).toString('base64') },
  },
  { type: 'olm.csv.metadata', value: { displayName: 'Moved' } },
];

/** A bundle that only changed its form, beside a new package, with sizes known and unknown. */
export function diffMigrated(): DiffDocument {
  const [before, after] = FORMS.map((form) =>
    sampleCatalog({
      name: 'moved',
      channels: { stable: [{ name: 'moved.v1.0.0' }] },
      bundles: {
        'moved.v1.0.0': {
          properties: [
            { type: 'olm.package', value: { packageName: 'moved', version: '1.0.0' } },
            form,
          ],
        },
      },
    }),
  );
  if (before === undefined || after === undefined) throw new Error('there are two forms');
  const fresh = sampleCatalog(FRESH);
  const document = compare(before, joinPackages(after, fresh));
  const blobs = { shared: 1_500_000_000, own: 20_000 };
  return addSizes(
    document,
    new Map([
      [
        'registry.example.com/fresh/bundle:0.1.0',
        { state: 'measured', blobs: { shared: 1_500_000_000 } },
      ],
      ['registry.example.com/fresh/operator:0.1.0', { state: 'measured', blobs }],
      ['quay.io/v/late:1', { state: 'unknown', message: 'not in staging or production' }],
    ]),
  );
}

const FRESH: SamplePackage = {
  name: 'fresh',
  channels: { stable: [{ name: 'fresh.v0.1.0' }] },
  bundles: {
    'fresh.v0.1.0': {
      relatedImages: [
        { name: 'late', image: 'quay.io/v/late:1' },
        { name: 'operator', image: 'registry.example.com/fresh/operator:0.1.0' },
      ],
    },
  },
};

function joinPackages(...catalogs: readonly Catalog[]): Catalog {
  return joinCatalog(
    catalogs.flatMap((catalog) => [...catalog.packages.values()]),
    [],
  );
}
