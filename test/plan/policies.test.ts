import assert from 'node:assert/strict';
import { test } from 'node:test';
import { POLICY_DEFAULTS } from '../../src/manifest/defaults.ts';
import { parseSignaturePolicy } from '../../src/manifest/signature-policy.ts';
import type {
  MirrorPolicy,
  PolicyLevel,
  WaivablePolicy,
  Waiver,
} from '../../src/manifest/types.ts';
import type { PolicyFacts } from '../../src/plan/policy-types.ts';
import type { PackagePlan, Plan } from '../../src/plan/types.ts';
import { makeChannelPlan, makePackagePlan } from '../report/sample-plans.ts';
import { makeManifest } from '../support/manifest.ts';
import {
  A,
  B,
  deliverable,
  makeImage,
  makeIndex,
  planWorld,
  present,
  seen,
  seenIndex,
} from '../support/world.ts';

const TODAY = '2026-11-27';
const SERVED = {
  moving: present(A),
  servedId: A,
  servedLabelled: true,
  servedImmutable: present(A),
} as const;
const STABLE = { channel: 'stable', old: 'p.v1.0.0', new: 'p.v1.1.0' } as const;
const RECORD = { catalog: 'idx', date: '2026-11-25' };

interface Case {
  readonly policy: WaivablePolicy;
  /** The setting of the policy at a level. */
  readonly setting: (level: PolicyLevel) => Partial<MirrorPolicy>;
  readonly offer?: Partial<PackagePlan>;
  readonly facts?: Partial<PolicyFacts>;
  /** What must be said. */
  readonly says: RegExp;
  /** Outcome of what it blocks. */
  readonly blocked: string;
}

// What clusters have installed is judged elsewhere: automaticUpgrades is not among these.
const CASES: readonly Case[] = [
  {
    policy: 'strandedUpgrades',
    setting: (strandedUpgrades) => ({ strandedUpgrades }),
    offer: { channels: [makeChannelPlan({ ...STABLE, pathsBroken: ['p.v0.9.0'] })] },
    says: /No path leads to p\.v1\.1\.0, .*stable of p, any more from p\.v0\.9\.0\./,
    blocked: 'index idx',
  },
  {
    policy: 'defaultChannelChange',
    setting: (defaultChannelChange) => ({ defaultChannelChange }),
    offer: { defaultChannel: { before: 'stable', after: 'fast' } },
    says: /The default channel of p becomes fast instead of stable\./,
    blocked: 'index idx',
  },
  {
    policy: 'channelRemoval',
    setting: (channelRemoval) => ({ channelRemoval }),
    offer: { channels: [makeChannelPlan({ channel: 'old', old: 'p.v1.0.0', new: null })] },
    says: /Channel old of p goes, with its head p\.v1\.0\.0/,
    blocked: 'index idx',
  },
  {
    policy: 'rereleasedBundles',
    setting: (rereleasedBundles) => ({ rereleasedBundles }),
    offer: { bundlesRereleased: ['p.v1.0.0'] },
    says: /p\.v1\.0\.0 of p keeps its name and gets other images/,
    blocked: 'index idx',
  },
  {
    policy: 'allowedPackages',
    setting: (level) => ({ allowedPackages: { level, packages: ['a*', 'b'] } }),
    facts: { packages: new Map([['idx', ['abc', 'b', 'p']]]) },
    says: /Package p is not among/,
    blocked: 'index idx',
  },
  {
    policy: 'soak',
    setting: (level) => ({ soak: { level, days: 7 } }),
    offer: { bundlesAdded: ['p.v1.1.0'] },
    facts: {
      records: [{ ...RECORD, packages: [{ name: 'p', old: 'p.v1.0.0', new: 'p.v1.1.0' }] }],
    },
    says: /p\.v1\.1\.0 of p came to staging on 2026-11-25 .* for 7 days: until 2026-12-02\./,
    blocked: 'index idx',
  },
  {
    policy: 'imagesByTag',
    setting: (imagesByTag) => ({ imagesByTag }),
    says: /quay\.io\/v\/tagged:1 \(needed by .*\) is named by tag/,
    blocked: 'v/tagged:1',
  },
  {
    policy: 'unsignedImages',
    setting: (unsignedImages) => ({ unsignedImages }),
    facts: {
      signatures: parseSignaturePolicy(
        '{"default": [{"type": "insecureAcceptAnything"}], "transports": {"docker": {"quay.io/v/bare": [{"type": "sigstoreSigned"}]}}}',
        'policy.json',
      ),
    },
    says: /quay\.io\/v\/bare@sha256:a+ \(needed by .*\) has no signature beside it in staging\./,
    blocked: `v/bare@${A}`,
  },
  {
    policy: 'deliverySize',
    setting: (level) => ({ deliverySize: { level, gigabytes: 0.000_000_1 } }),
    says: /The plan moves \d+ B, and spec\.policy\.deliverySize lets 100 B through\./,
    blocked: `v/bare@${A}`,
  },
];

function planCase(
  { setting, offer, facts }: Case,
  level: PolicyLevel,
  waivers: readonly Waiver[] = [],
): Plan {
  return planWorld({
    images: [
      [makeImage('bare'), deliverable(A, { blobs: { [A]: 100 } })],
      [makeImage('tagged', { digest: null }), deliverable(A)],
      [makeImage('there'), seen({ serving: present(A) })],
    ],
    indexes: [[makeIndex({ bytes: 50 }), seenIndex(SERVED)]],
    changes: {
      manifest: makeManifest({ policy: { ...QUIET, ...setting(level) } }),
      offers: new Map([['idx', [makePackagePlan({ package: 'p', ...offer })]]]),
      policies: {
        waivers,
        records: [],
        signatures: null,
        packages: new Map(),
        today: TODAY,
        ...facts,
      },
    },
  });
}

const QUIET: MirrorPolicy = {
  ...POLICY_DEFAULTS,
  strandedUpgrades: 'off',
  defaultChannelChange: 'off',
  channelRemoval: 'off',
  rereleasedBundles: 'off',
};

function listPolicyChecks(plan: Plan): Plan['checks'] {
  return plan.checks.filter(({ kind }) => kind === 'policy');
}

function waive(policy: WaivablePolicy, changes: Partial<Waiver> = {}): Waiver {
  return {
    policy,
    package: null,
    channel: null,
    bundle: null,
    image: null,
    reason: 'it is meant.',
    by: 'kim',
    until: '2026-12-31',
    catalog: 'idx',
    place: 'rules/idx/waivers.yaml:1',
    ...changes,
  };
}

function outcomeOf(plan: Plan, item: string): Plan['settled'][number] | undefined {
  return plan.settled.find((outcome) => outcome.item === item);
}

for (const entry of CASES) {
  const { policy } = entry;
  // Seen to fail: with each rule in turn finding nothing.
  test(`policy ${policy}: off says nothing, warn says it, block refuses`, () => {
    assert.deepEqual(listPolicyChecks(planCase(entry, 'off')), []);
    const warned = planCase(entry, 'warn');
    const [said] = listPolicyChecks(warned);
    assert.equal(said?.severity, 'warning');
    assert.match(said.message, entry.says);
    assert.equal(outcomeOf(warned, entry.blocked), undefined, 'a step settles it');
    const blocked = planCase(entry, 'block');
    assert.deepEqual(
      listPolicyChecks(blocked).map(({ severity }) => severity),
      ['blocked'],
    );
    const outcome = outcomeOf(blocked, entry.blocked);
    assert.deepEqual([outcome?.kind, outcome?.code], ['refused', 'PLAN_POLICY']);
  });

  // Seen to fail: with checkFinding blind to waivers, and with an ended one taken for an active one.
  test(`policy ${policy}: a waiver makes a warning of it, an ended one blocks whatever the level`, () => {
    const waived = planCase(entry, 'block', [waive(policy)]);
    const [check] = listPolicyChecks(waived);
    assert.equal(check?.severity, 'warning');
    assert.match(check.message, / Waived by kim until 2026-12-31: it is meant\. \(rules\//);
    assert.equal(outcomeOf(waived, entry.blocked), undefined);
    const ended = planCase(entry, 'warn', [waive(policy, { until: TODAY })]);
    assert.equal(outcomeOf(ended, entry.blocked)?.code, 'PLAN_POLICY');
    assert.match(
      listPolicyChecks(ended)[0]?.message ?? '',
      / The waiver of kim ended on 2026-11-27/,
    );
    const renewed = [waive(policy, { until: TODAY }), waive(policy)];
    assert.equal(outcomeOf(planCase(entry, 'block', renewed), entry.blocked), undefined);
  });
}

function caseOf(policy: WaivablePolicy): Case {
  const found = CASES.find((entry) => entry.policy === policy);
  assert.ok(found !== undefined, policy);
  return found;
}

// Seen to fail: with versions that go counted, a revert of the first delivery was refused.
test('strandedUpgrades leaves a version that is no longer offered to those who have it installed', () => {
  const channel = makeChannelPlan({ ...STABLE, pathsBroken: ['p.v1.2.0'] });
  const offer = { channels: [channel], bundlesRemoved: ['p.v1.2.0'] };
  assert.deepEqual(
    listPolicyChecks(planCase({ ...caseOf('strandedUpgrades'), offer }, 'block')),
    [],
  );
});

test('a waiver covers what its fields fit, and nothing else', () => {
  const [entry, unsignedImages] = [caseOf('rereleasedBundles'), caseOf('unsignedImages')];
  const others: readonly Partial<Waiver>[] = [
    { package: 'q' },
    { bundle: 'p.v2.0.0' },
    { catalog: 'other' },
    { channel: 'stable' },
    { image: 'quay.io/*' },
    { policy: 'soak' },
  ];
  for (const changes of others) {
    const plan = planCase(entry, 'block', [waive('rereleasedBundles', changes)]);
    assert.equal(outcomeOf(plan, 'index idx')?.code, 'PLAN_POLICY', JSON.stringify(changes));
  }
  const fits = planCase(entry, 'block', [
    waive('rereleasedBundles', { package: 'p', bundle: 'p.v1.0.0' }),
  ]);
  assert.equal(outcomeOf(fits, 'index idx'), undefined);
  const byImage = planCase(unsignedImages, 'block', [
    waive('unsignedImages', { image: 'quay.io/v/*' }),
  ]);
  assert.equal(outcomeOf(byImage, unsignedImages.blocked), undefined);
});

// Promise 8 and the way back: seen to fail with refusals looked at before the immutable tag.
test('an index that was published before is let through, whatever a policy says, and it is told', () => {
  const entry = caseOf('strandedUpgrades');
  const plan = planWorld({
    indexes: [
      [
        makeIndex({ imageId: A }),
        seenIndex({
          ...SERVED,
          moving: present(B),
          servedId: B,
          servedImmutable: present(B),
          expectedImmutable: present(A),
          expectedImmutableId: A,
        }),
      ],
    ],
    changes: {
      manifest: makeManifest({ policy: { ...QUIET, strandedUpgrades: 'block' } }),
      offers: new Map([['idx', [makePackagePlan({ package: 'p', ...entry.offer })]]]),
      policies: { waivers: [], records: [], signatures: null, packages: new Map(), today: TODAY },
    },
  });
  assert.equal(outcomeOf(plan, 'index idx'), undefined);
  assert.deepEqual(
    listPolicyChecks(plan).map(({ severity }) => severity),
    ['warning'],
  );
});

function planSoak(facts: Partial<PolicyFacts>, bundlesAdded: readonly string[]): Plan {
  return planCase({ ...caseOf('soak'), offer: { bundlesAdded }, facts }, 'block');
}

test('soak counts from the delivery that brought the bundle, and a bundle of no delivery is not old enough', () => {
  const records = [
    { ...RECORD, date: '2026-11-01', packages: [{ name: 'p', old: null, new: 'p.v1.1.0' }] },
    { ...RECORD, date: '2026-11-26', packages: [{ name: 'p', old: null, new: 'p.v2.0.0' }] },
  ];
  assert.equal(outcomeOf(planSoak({ records }, ['p.v1.1.0']), 'index idx'), undefined);
  assert.equal(
    outcomeOf(planSoak({ records }, ['p.v1.9.0']), 'index idx')?.code,
    'PLAN_POLICY',
    'of a bundle that was no head the newest delivery counts',
  );
  const again = {
    ...caseOf('soak'),
    offer: { bundlesRereleased: ['p.v1.1.0'] },
    facts: { records },
  };
  assert.match(
    listPolicyChecks(planCase(again, 'block'))[0]?.message ?? '',
    /p\.v1\.1\.0 of p came to staging on 2026-11-26/,
    'other images under an old name came with the newest delivery',
  );
  const [check] = listPolicyChecks(planSoak({ records: [] }, ['p.v1.1.0']));
  assert.match(check?.message ?? '', /Since when p\.v1\.1\.0 of p is in staging is not known/);
});
