import type { Review } from '../../src/plan/review-types.ts';
import type { PackagePlan, Plan } from '../../src/plan/types.ts';
import { digestOfChar } from '../support/manifest.ts';
import { ABSENT, B, deliverable, makeImage, seen } from '../support/world.ts';
import { CATALOG, makeReview, makeUpgrade, planOffer } from './sample-offers.ts';
import { makeChannelPlan, makePackagePlan } from './sample-plans.ts';
/** Very many images, findings, operators and clusters at once. */
export function reviewHuge(count: number): Review {
  const packages = Array.from({ length: Math.ceil(count / 300) }, (_, i) =>
    makePackagePlan({
      package: `operator-${i}`,
      channels: [
        makeChannelPlan({
          channel: 'stable',
          old: `operator-${i}.v1.0.0`,
          new: `operator-${i}.v1.1.0`,
          pathsBroken: i % 9 === 0 ? [`operator-${i}.v0.9.0`] : [],
        }),
      ],
      bundlesAdded: [`operator-${i}.v1.1.0`],
      bundlesRereleased: i % 7 === 0 ? [`operator-${i}.v1.0.0`] : [],
    }),
  );
  const plan = planHuge(count, packages);
  return makeReview({
    catalogs: [
      {
        catalog: CATALOG,
        change: 'changed',
        target: 'olm/redhat-index:v4.20',
        before: digestOfChar('1'),
        after: digestOfChar('2'),
        packages,
      },
    ],
    images: {
      added: Array.from({ length: count }, (_, i) => `registry.redhat.io/group/image-${i}@${B}`),
      removed: [],
    },
    upgrades: Array.from({ length: Math.ceil(count / 100) }, (_, i) =>
      makeUpgrade({ cluster: `cluster-${i % 40}`, package: `operator-${i}` }),
    ),
    plan,
  });
}

/** As planning would give it; planning 100,000 images takes long. */
function planHuge(count: number, packages: readonly PackagePlan[]): Plan {
  const small = planOffer(packages, {
    world: {
      images: [
        [makeImage('here', { digest: B }), deliverable(B, { blobs: { [B]: 1000 } })],
        [makeImage('lost', { digest: B }), seen({ source: ABSENT })],
      ],
    },
  });
  const [copy] = small.steps;
  const [lost] = small.checks;
  if (copy?.kind !== 'copy' || lost?.kind !== 'missing-source')
    throw new Error('The small plan copies one image and lacks one.');
  const { message } = lost;
  const images = Array.from({ length: count }, (_, i) => `group-${i % 300}/image-${i}`);
  return {
    ...small,
    steps: images.map((repository) => ({ ...copy, to: { ...copy.to, repository } })),
    checks: images
      .filter((_, i) => i % 25 === 0)
      .map((image) => ({ ...lost, message: message.replaceAll('lost', image) })),
  };
}
