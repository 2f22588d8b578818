import type { Review } from '../../src/plan/review-types.ts';
import type { Check, Plan } from '../../src/plan/types.ts';

import {
  A,
  B,
  C,
  deliverable,
  makeImage,
  PINNED,
  present,
  seen,
  seenIndex,
  seenPin,
  UNKNOWN,
} from '../support/world.ts';
import {
  CATALOG,
  makeCatalogIndex,
  makeReview,
  makeUpgrade,
  ODF,
  OURS,
  planOffer,
  QUAY,
} from './sample-offers.ts';
import { makeChannelPlan, makePackagePlan } from './sample-plans.ts';

const STRANDED: Check = {
  kind: 'in-use',
  severity: 'blocked',
  message:
    'In channel stable-3.15 of quay-operator no path leads on any more from quay-operator.v3.13.2, which Subscription quay-enterprise/quay-operator of prod-busan has installed (seen 2026-11-20).',
  hint: 'Bring a bundle that upgrades it, or declare the bridge in rules/redhat-index/bridges.yaml; `olmirror explain quay-operator.v3.13.2` shows what there is.',
  catalog: CATALOG,
  item: null,
  neededBy: [],
};

/** What a dozen pull requests come to, and a few days on which a registry or a person got in the way. */
export const PLANS: Readonly<Record<string, Plan>> = {
  nothing: planOffer([], {
    world: {
      images: [[makeImage('quay/quay-rhel9'), seen({ serving: present(A) })]],
      indexes: [],
    },
  }),
  upgrade: planOffer([QUAY]),
  automatic: planOffer([QUAY, ODF], {
    more: {
      upgrades: [
        makeUpgrade({}),
        makeUpgrade({
          cluster: 'prod-busan',
          user: 'Subscription openshift-storage/odf-operator',
          package: 'odf-operator',
          channel: 'stable-4.19',
          from: 'odf-operator.v4.19.2-rhodf',
          to: 'odf-operator.v4.19.6-rhodf',
          seen: null,
        }),
        makeUpgrade({ cluster: 'test', effect: 'manual' }),
        makeUpgrade({
          cluster: 'test',
          user: 'ClusterExtension odf',
          package: 'odf-operator',
          channel: 'stable-4.19',
          from: 'odf-operator.v4.18.9-rhodf',
          to: 'odf-operator.v4.19.6-rhodf',
          effect: 'opened',
        }),
      ],
    },
  }),
  stranded: planOffer(
    [
      {
        ...QUAY,
        channels: QUAY.channels.map((channel) => ({
          ...channel,
          pathsBroken: ['quay-operator.v3.13.1', 'quay-operator.v3.13.2'],
        })),
      },
    ],
    {
      more: {
        upgrades: [
          makeUpgrade({
            cluster: 'prod-busan',
            from: 'quay-operator.v3.13.2',
            to: null,
            effect: 'stranded',
          }),
        ],
      },
    },
  ),
  'refused-tag': planOffer([QUAY], {
    world: {
      images: [
        [makeImage('quay/quay-rhel9', { digest: B }), deliverable(B, { protectTag: present(C) })],
      ],
      indexes: [
        [
          {
            ...makeCatalogIndex(CATALOG),
            imageKeys: [makeImage('quay/quay-rhel9', { digest: B }).key],
          },
          seenIndex(OURS),
        ],
      ],
    },
  }),
  'foreign-index': planOffer([QUAY], {
    world: {
      indexes: [
        [
          makeCatalogIndex(CATALOG),
          seenIndex({
            moving: present(B),
            servedId: B,
            foreign: {
              packages: ['web-terminal'],
              bundles: ['web-terminal/web-terminal.v1.12.1'],
              otherwise: [],
            },
          }),
        ],
      ],
    },
  }),
  'unknown-registry': planOffer([QUAY], {
    world: {
      images: ['quay/quay-operator-bundle', 'quay/quay-rhel9', 'quay/clair-rhel9'].map((id) => [
        makeImage(id),
        seen({ serving: UNKNOWN }),
      ]),
      indexes: [[makeCatalogIndex(CATALOG), seenIndex({ moving: UNKNOWN })]],
    },
  }),
  'default-channel': planOffer([
    {
      ...ODF,
      defaultChannel: { before: 'stable-4.19', after: 'stable-4.20' },
      deprecated: [{ subject: 'channel stable-4.18', message: 'stable-4.18 is out of support.' }],
    },
  ]),
  rerelease: planOffer([
    makePackagePlan({
      package: 'quay-operator',
      channels: [],
      bundlesRereleased: ['quay-operator.v3.15.1'],
    }),
  ]),
  removal: planOffer([
    makePackagePlan({
      package: 'web-terminal',
      change: 'removed',
      channels: [makeChannelPlan({ channel: 'fast', old: 'web-terminal.v1.12.1', new: null })],
      bundlesRemoved: ['web-terminal.v1.11.0', 'web-terminal.v1.12.1'],
    }),
    makePackagePlan({
      package: 'quay-operator',
      channels: [
        makeChannelPlan({ channel: 'stable-3.12', old: 'quay-operator.v3.12.9', new: null }),
      ],
      bundlesRemoved: ['quay-operator.v3.12.9'],
    }),
  ]),
  'first-publish': planOffer(
    ['quay-operator', 'odf-operator', 'web-terminal'].map((id) =>
      makePackagePlan({
        package: id,
        change: 'added',
        defaultChannel: { before: '', after: 'stable' },
        channels: [makeChannelPlan({ channel: 'stable', old: null, new: `${id}.v1.0.0` })],
        bundlesAdded: [`${id}.v1.0.0`],
      }),
    ),
    { world: { indexes: [[makeCatalogIndex(CATALOG), seenIndex()]] } },
  ),
  pin: planOffer([QUAY], {
    world: {
      images: [],
      indexes: [
        [
          {
            ...makeCatalogIndex(CATALOG),
            pin: {
              tag: PINNED.replace('v1', 'v4.20'),
              reason: 'quay 3.15.4 breaks our LDAP login',
              by: 'kim',
              until: '2026-12-15',
            },
          },
          seenIndex({ ...OURS, pinned: seenPin({ presence: present(A), imageId: A }) }),
        ],
      ],
    },
  }),
  'several-catalogs': planOffer([QUAY], {
    world: {
      indexes: [
        [makeCatalogIndex(CATALOG), seenIndex(OURS)],
        [makeCatalogIndex('certified-index'), seenIndex(OURS)],
        ...['community-index', 'custom-index'].map(
          (id) =>
            [
              { ...makeCatalogIndex(id), imageId: A },
              seenIndex({ ...OURS, expectedImmutable: present(A), expectedImmutableId: A }),
            ] as const,
        ),
      ],
      changes: {
        offers: new Map([
          [CATALOG, [QUAY]],
          ['certified-index', [ODF]],
          ['community-index', []],
          ['custom-index', []],
        ]),
      },
    },
  }),
};

export const REVIEWS: Readonly<Record<string, Review>> = {
  offline: makeReview(),
  online: makeReview({
    plan: planOffer([QUAY, ODF, makePackagePlan({ package: 'web-terminal', channels: [] })], {
      more: { upgrades: [makeUpgrade({})] },
    }),
  }),
  refused: makeReview({ checks: [STRANDED] }),
  nothing: makeReview({
    catalogs: [],
    settings: [],
    images: { added: [], removed: [] },
    upgrades: [],
  }),
};
