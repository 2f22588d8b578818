import type { ClusterUpgrade, Review } from '../../src/plan/review-types.ts';
import type { ObservedIndex, PackagePlan, Plan } from '../../src/plan/types.ts';
import { digestOfChar, makeManifest } from '../support/manifest.ts';
import {
  A,
  B,
  C,
  deliverable,
  makeImage,
  makeIndex,
  type PlanWorld,
  planWorld,
  present,
  seen,
  seenIndex,
} from '../support/world.ts';
import { makeChannelPlan, makePackagePlan } from './sample-plans.ts';

export const CATALOG = 'redhat-index';
const REVISION = '4f0c5e2b9a7d4f0c5e2b9a7d4f0c5e2b9a7d4f0c';
const GB = 1_000_000_000;

export const QUAY: PackagePlan = makePackagePlan({
  package: 'quay-operator',
  channels: [
    makeChannelPlan({
      channel: 'stable-3.15',
      old: 'quay-operator.v3.15.1',
      new: 'quay-operator.v3.15.4',
      oldVersion: '3.15.1',
      newVersion: '3.15.4',
    }),
  ],
  bundlesAdded: ['quay-operator.v3.15.3', 'quay-operator.v3.15.4'],
});

export const ODF: PackagePlan = makePackagePlan({
  package: 'odf-operator',
  channels: [
    makeChannelPlan({
      channel: 'stable-4.19',
      old: 'odf-operator.v4.19.2-rhodf',
      new: 'odf-operator.v4.19.6-rhodf',
      oldVersion: '4.19.2-rhodf',
      newVersion: '4.19.6-rhodf',
      pathsOpened: ['odf-operator.v4.18.9-rhodf'],
    }),
    makeChannelPlan({ channel: 'stable-4.20', old: null, new: 'odf-operator.v4.20.0-rhodf' }),
  ],
  bundlesAdded: ['odf-operator.v4.19.6-rhodf', 'odf-operator.v4.20.0-rhodf'],
});

export function makeUpgrade(fields: Partial<ClusterUpgrade>): ClusterUpgrade {
  return {
    cluster: 'prod-seoul',
    user: 'Subscription quay-enterprise/quay-operator',
    catalog: CATALOG,
    package: 'quay-operator',
    channel: 'stable-3.15',
    from: 'quay-operator.v3.15.1',
    to: 'quay-operator.v3.15.4',
    effect: 'automatic',
    seen: '2026-11-20',
    ...fields,
  };
}

export const OURS: Partial<ObservedIndex> = {
  moving: present(A),
  servedId: A,
  servedLabelled: true,
  servedImmutable: present(A),
};

/** A plan that brings the images of one operator and publishes the index with what it offers then. */
export function planOffer(
  packages: readonly PackagePlan[],
  { world = {}, more = {} }: { readonly world?: PlanWorld; readonly more?: Partial<Plan> } = {},
): Plan {
  const neededBy = [{ catalog: CATALOG, package: 'quay-operator', item: 'quay-operator.v3.15.4' }];
  const plan = planWorld({
    images: [
      [
        makeImage('quay/quay-operator-bundle', { neededBy }),
        deliverable(A, { blobs: { [A]: 184_000 } }),
      ],
      [
        makeImage('quay/quay-rhel9', { digest: B, neededBy }),
        deliverable(B, { blobs: { [B]: 1.2 * GB } }),
      ],
      [makeImage('quay/clair-rhel9', { digest: C, neededBy }), seen({ serving: present(C) })],
    ],
    indexes: [[makeCatalogIndex(CATALOG), seenIndex(OURS)]],
    ...world,
    changes: {
      manifest: makeManifest({ name: 'nexus' }),
      revision: REVISION,
      time: '2026-11-27T09:12:40.000Z',
      storage: { path: '/nexus-data', freeBytes: 210 * GB, fault: null },
      offers: new Map([[CATALOG, packages]]),
      ...world.changes,
    },
  });
  return { ...plan, ...more };
}

export function makeCatalogIndex(catalog: string): ReturnType<typeof makeIndex> {
  return makeIndex({
    catalog,
    repository: `olm/${catalog}`,
    tag: 'v4.20',
    packages: 38,
    bundles: 212,
    bytes: 4_200_000,
  });
}

export function makeReview(fields: Partial<Review> = {}): Review {
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Review',
    mirror: 'nexus',
    from: {
      revision: '1b7c0d93a5e21b7c0d93a5e21b7c0d93a5e21b7c',
      subject: 'Take in the delivery of October',
      time: '2026-10-30T08:00:00.000Z',
    },
    to: {
      revision: REVISION,
      subject: 'Take in the delivery of November (#12)',
      time: '2026-11-27T09:00:00.000Z',
    },
    catalogs: [
      {
        catalog: CATALOG,
        change: 'changed',
        target: 'olm/redhat-index:v4.20',
        before: digestOfChar('1'),
        after: digestOfChar('2'),
        packages: [QUAY, ODF],
      },
    ],
    settings: ['spec.policy.missing: block → hold'],
    images: {
      added: [
        'registry.redhat.io/quay/quay-operator-bundle',
        'registry.redhat.io/quay/quay-rhel9',
      ].map((id) => `${id}@${A}`),
      removed: [`registry.redhat.io/quay/quay-bridge@${B}`],
    },
    upgrades: [makeUpgrade({})],
    checks: [],
    plan: null,
    ...fields,
  };
}
