import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Catalog } from '../../src/catalog/types.ts';
import type {
  ExtensionTerms,
  FollowedPackage,
  SubscriptionTerms,
} from '../../src/manifest/types.ts';
import { findClusterUpgrades } from '../../src/plan/cluster-upgrades.ts';
import { makeCatalog } from '../support/catalog.ts';

/** A catalog with package `a`, whose versions replace one another as `VERSION<REPLACED` says. */
function makeA(...chain: readonly string[]): Catalog {
  return makeCatalog({
    a: chain.map((step) => {
      const [version = '', replaces] = step.split('<');
      return {
        version,
        image: `r.example/a:${version}`,
        ...(replaces === undefined ? {} : { replaces }),
      };
    }),
  });
}

const OLD = makeA('1.0.0', '1.1.0<1.0.0');
const NEW = makeA('1.0.0', '1.1.0<1.0.0', '1.2.0<1.1.0');
const CUT = makeA('1.2.0');

interface Changes extends Partial<Omit<FollowedPackage, 'terms'>> {
  readonly terms?: Partial<SubscriptionTerms>;
}

function subscribe(bundle: string | null, { terms, ...changes }: Changes = {}): FollowedPackage {
  return {
    cluster: 'prod',
    seen: '2026-11-20',
    user: 'Subscription ops/a',
    package: 'a',
    bundle,
    source: null,
    sourceNamespace: null,
    ...changes,
    terms: { kind: 'Subscription', channel: null, approval: 'Automatic', pending: null, ...terms },
  };
}

function extend(bundle: string | null, terms: Partial<ExtensionTerms> = {}): FollowedPackage {
  return {
    ...subscribe(bundle, { user: 'ClusterExtension a' }),
    terms: { kind: 'ClusterExtension', channels: [], version: null, ...terms },
  };
}

const ENTRY = { name: 'idx', catalogSource: null };

function find(use: FollowedPackage, before: Catalog, after: Catalog): string {
  return findClusterUpgrades([use], { entry: ENTRY, before, after })
    .map(({ effect, from, to }) => `${effect} ${from} → ${to ?? 'nowhere'}`)
    .join('; ');
}

const NOTHING = makeCatalog({});
const AUTO = { terms: { approval: 'Automatic' } } as const;
const MANUAL = { terms: { approval: 'Manual' } } as const;

/** What it is, what follows the package, the catalogs, and what comes of it. */
const CASES: readonly (readonly [string, FollowedPackage, Catalog, Catalog, string])[] = [
  [
    'goes to the new head by itself',
    subscribe('a.v1.1.0'),
    OLD,
    NEW,
    'automatic a.v1.1.0 → a.v1.2.0',
  ],
  [
    'waits where approval is manual',
    subscribe('a.v1.1.0', MANUAL),
    OLD,
    NEW,
    'manual a.v1.1.0 → a.v1.2.0',
  ],
  [
    'goes over what lies between',
    subscribe('a.v1.0.0', AUTO),
    OLD,
    NEW,
    'automatic a.v1.0.0 → a.v1.2.0',
  ],
  ['is not named where nothing changes for it', subscribe('a.v1.0.0'), OLD, OLD, ''],
  [
    'is not named where it has the head already',
    subscribe('a.v1.2.0'),
    NEW,
    makeA('1.1.0', '1.2.0<1.1.0'),
    '',
  ],
  ['is cut off', subscribe('a.v1.1.0'), OLD, CUT, 'stranded a.v1.1.0 → nowhere'],
  [
    'is cut off with its package',
    subscribe('a.v1.1.0'),
    OLD,
    NOTHING,
    'stranded a.v1.1.0 → nowhere',
  ],
  [
    'follows a channel that neither has',
    subscribe('a.v1.1.0', { terms: { channel: 'fast' } }),
    OLD,
    NEW,
    '',
  ],
  ['was cut off and stays so', subscribe('a.v0.9.0'), OLD, NEW, ''],
  [
    'gets a way and takes it by itself',
    subscribe('a.v1.1.0'),
    CUT,
    NEW,
    'automatic a.v1.1.0 → a.v1.2.0',
  ],
  [
    'gets a way that ends where it is',
    subscribe('a.v1.1.0', MANUAL),
    NOTHING,
    OLD,
    'opened a.v1.1.0 → nowhere',
  ],
  [
    'gets a way that waits for approval',
    subscribe('a.v1.1.0', MANUAL),
    CUT,
    NEW,
    'manual a.v1.1.0 → a.v1.2.0',
  ],
  ['has a newer one than the head', subscribe('a.v1.2.0'), NEW, OLD, ''],
  [
    'goes on from what is about to be installed',
    subscribe('a.v1.0.0', { terms: { pending: 'a.v1.1.0' } }),
    OLD,
    NEW,
    'automatic a.v1.0.0 → a.v1.2.0',
  ],
  ['has nothing installed', subscribe(null), OLD, NEW, ''],
  ['follows another package', subscribe('b.v1.0.0', { package: 'b' }), OLD, NEW, ''],
  ['is an extension', extend('a.v1.1.0'), OLD, NEW, 'automatic a.v1.1.0 → a.v1.2.0'],
  [
    'is an extension that keeps to its range',
    extend('a.v1.1.0', { version: '1.1.x' }),
    OLD,
    NEW,
    '',
  ],
  [
    'is an extension within its range',
    extend('a.v1.1.0', { version: '>=1.1, <2' }),
    OLD,
    NEW,
    'automatic a.v1.1.0 → a.v1.2.0',
  ],
  [
    'is an extension with a range that OLM cannot read',
    extend('a.v1.1.0', { version: 'any' }),
    OLD,
    NEW,
    '',
  ],
  ['is an extension of another channel', extend('a.v1.1.0', { channels: ['fast'] }), OLD, NEW, ''],
  ['is an extension that is cut off', extend('a.v1.1.0'), OLD, CUT, 'stranded a.v1.1.0 → nowhere'],
];
for (const [name, use, before, after, expected] of CASES)
  test(`findClusterUpgrades says of what follows a package that it ${name}`, () => {
    assert.equal(find(use, before, after), expected);
  });

test('findClusterUpgrades lets the CatalogSource and its namespace decide, and sorts by cluster', () => {
  const entry = { name: 'idx', catalogSource: { name: 'cs', namespace: 'olm' } };
  const uses = [
    subscribe('a.v1.1.0', { cluster: 'z', source: 'cs' }),
    subscribe('a.v1.1.0', { cluster: 'y', source: 'cs', sourceNamespace: 'olm' }),
    subscribe('a.v1.1.0', { cluster: 'x', source: 'cs', sourceNamespace: 'other' }),
    subscribe('a.v1.1.0', { cluster: 'w', source: 'other' }),
  ];
  assert.deepEqual(
    findClusterUpgrades(uses, { entry, before: OLD, after: NEW }).map(({ cluster }) => cluster),
    ['y', 'z'],
  );
});

test('findClusterUpgrades names everything that a reviewer asks for', () => {
  assert.deepEqual(
    findClusterUpgrades([subscribe('a.v1.1.0')], { entry: ENTRY, before: OLD, after: NEW }),
    [
      {
        cluster: 'prod',
        user: 'Subscription ops/a',
        catalog: 'idx',
        package: 'a',
        channel: 'stable',
        from: 'a.v1.1.0',
        to: 'a.v1.2.0',
        effect: 'automatic',
        seen: '2026-11-20',
      },
    ],
  );
});
