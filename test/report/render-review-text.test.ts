import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterUpgrade, Review } from '../../src/plan/review-types.ts';
import { renderReviewText } from '../../src/report/render-review-text.ts';
import { A, B } from '../support/world.ts';
import { assertGolden } from './golden.ts';
import { EVIL, makeChannelPlan, makePackagePlan, planDelivery } from './sample-plans.ts';

function upgrade(
  effect: ClusterUpgrade['effect'],
  changes: Partial<ClusterUpgrade>,
): ClusterUpgrade {
  return {
    cluster: 'prod',
    user: 'Subscription ops/etcd',
    catalog: 'idx',
    package: 'etcd',
    channel: 'stable',
    from: 'etcd.v1.0.0',
    to: 'etcd.v1.1.0',
    effect,
    seen: '2026-11-20',
    ...changes,
  };
}

const NOTHING: Review = {
  apiVersion: 'olmirror/v1alpha1',
  kind: 'Review',
  mirror: 'nexus',
  from: { revision: 'a'.repeat(40), subject: 'Before', time: '2026-11-20T00:00:00.000Z' },
  to: { revision: 'b'.repeat(40), subject: 'Take the delivery', time: '2026-11-21T00:00:00.000Z' },
  catalogs: [
    { catalog: 'idx', change: 'same', target: 'olm/idx:v1', before: A, after: A, packages: [] },
  ],
  settings: [],
  images: { added: [], removed: [] },
  upgrades: [],
  checks: [],
  plan: null,
};

const CHANGES: Review = {
  ...NOTHING,
  catalogs: [
    {
      catalog: 'idx',
      change: 'changed',
      target: 'olm/idx:v1',
      before: A,
      after: B,
      packages: [
        makePackagePlan({
          package: 'etcd',
          defaultChannel: { before: 'alpha', after: 'stable' },
          channels: [
            makeChannelPlan({
              channel: 'stable',
              old: 'etcd.v1.0.0',
              new: 'etcd.v1.1.0',
              pathsBroken: ['etcd.v0.9.0'],
            }),
            makeChannelPlan({
              channel: 'odd',
              old: 'etcd-old',
              new: 'etcd-new',
              oldVersion: '1.0.0',
              newVersion: '1.1.0',
            }),
            makeChannelPlan({
              channel: 'old',
              old: 'etcd.v0.9.0',
              new: 'etcd.v0.9.0',
              pathsOpened: ['etcd.v0.8.0'],
            }),
          ],
          bundlesAdded: Array.from({ length: 9 }, (_, i) => `etcd.v1.1.${i}`),
          bundlesRemoved: ['etcd.v0.1.0'],
          bundlesRereleased: ['etcd.v1.0.0'],
          deprecated: [{ subject: 'channel old', message: 'Use stable.' }],
          undeprecated: [{ subject: 'package', message: '' }],
        }),
        makePackagePlan({
          package: 'quay',
          change: 'added',
          channels: [makeChannelPlan({ channel: 'stable', old: null, new: 'quay.v3.9.7' })],
          bundlesAdded: ['quay.v3.9.7'],
        }),
      ],
    },
    { catalog: 'quiet', change: 'same', target: 'olm/quiet:v1', before: A, after: A, packages: [] },
    {
      catalog: 'torn',
      change: 'changed',
      target: 'olm/torn:v1',
      before: A,
      after: null,
      packages: null,
    },
  ],
  settings: ['spec.policy.missing: block → hold'],
  images: {
    added: Array.from({ length: 12 }, (_, i) => `quay.io/etcd/x${i}@${A}`),
    removed: [`quay.io/etcd/y@${A}`],
  },
  upgrades: [
    upgrade('manual', { cluster: 'dev' }),
    upgrade('automatic', {}),
    upgrade('automatic', {
      cluster: 'test',
      user: 'ClusterExtension etcd',
      channel: '',
      seen: null,
    }),
    upgrade('stranded', { from: 'etcd.v0.9.0', to: null }),
    upgrade('opened', { cluster: 'lab', from: 'etcd.v0.8.0', to: null }),
  ],
  checks: [
    {
      kind: 'automatic-upgrade',
      severity: 'warning',
      message: 'Is told above.',
      hint: null,
      catalog: 'idx',
      item: null,
      neededBy: [],
    },
    {
      kind: 'policy',
      severity: 'warning',
      message: 'The default channel changes.',
      hint: null,
      catalog: 'idx',
      item: null,
      neededBy: [],
    },
    {
      kind: 'stranded-upgrade',
      severity: 'blocked',
      message: 'One is cut off.',
      hint: 'Bring a bridge.',
      catalog: 'idx',
      item: null,
      neededBy: [],
    },
    {
      kind: 'invalid',
      severity: 'error',
      message: 'Catalog torn is not valid.',
      hint: null,
      catalog: 'torn',
      item: null,
      neededBy: [],
    },
  ],
};

const plan = planDelivery();
const REVIEWS: Readonly<Record<string, Review>> = {
  nothing: NOTHING,
  changes: CHANGES,
  planned: {
    ...CHANGES,
    catalogs: CHANGES.catalogs.slice(0, 2),
    plan: { ...plan, checks: CHANGES.checks.slice(2, 3) },
  },
  hostile: {
    ...NOTHING,
    to: { ...NOTHING.to, subject: EVIL },
    catalogs: [
      {
        catalog: EVIL,
        change: 'added',
        target: EVIL,
        before: null,
        after: A,
        packages: [
          makePackagePlan({
            package: EVIL,
            channels: [makeChannelPlan({ channel: EVIL, old: EVIL, new: EVIL + EVIL })],
          }),
        ],
      },
    ],
    upgrades: [
      upgrade('automatic', { cluster: EVIL, user: EVIL, channel: EVIL, from: EVIL, to: EVIL }),
    ],
  },
};

for (const [name, review] of Object.entries(REVIEWS))
  test(`renderReviewText shows a review of ${name} as the golden file does`, () => {
    assertGolden(`review-${name}.txt`, renderReviewText(review, { verbose: false }));
  });

test('renderReviewText says no change in one line, and lists everything when it is to be verbose', () => {
  assert.equal(renderReviewText(NOTHING, { verbose: false }).split('\n').length, 2);
  const lines = renderReviewText(CHANGES, { verbose: true });
  assert.equal(lines.match(/^ {2}[+-] quay\.io/gm)?.length, 13);
  assert.doesNotMatch(lines, /Is told above/);
});
