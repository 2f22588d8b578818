import type { WantedImage } from '../../src/images/types.ts';
import type { PlanInput } from '../../src/plan/plan-pass.ts';
import type { ChannelPlan, Check, ObservedImage, PackagePlan, Plan } from '../../src/plan/types.ts';
import { makeManifest } from '../support/manifest.ts';
import {
  A,
  ABSENT,
  B,
  deliverable,
  makeImage,
  makeIndex,
  PINNED,
  planWorld,
  present,
  seen,
  seenIndex,
  seenPin,
  UNKNOWN,
} from '../support/world.ts';

const OFFER: readonly PackagePlan[] = [
  makePackagePlan({
    package: 'etcd',
    change: 'changed',
    channels: [
      makeChannelPlan({ channel: 'stable', old: 'etcd.v1.0.0', new: 'etcd.v1.1.0' }),
      makeChannelPlan({ channel: 'candidate', old: null, new: 'etcd.v1.1.0' }),
      makeChannelPlan({ channel: 'old', old: 'etcd.v0.9.0', new: 'etcd.v0.9.0' }),
    ],
    bundlesAdded: ['etcd.v1.1.0'],
    bundlesRemoved: [],
  }),
  makePackagePlan({
    package: 'quay',
    change: 'added',
    channels: [makeChannelPlan({ channel: 'stable', old: null, new: 'quay.v3.9.7' })],
    bundlesAdded: Array.from({ length: 8 }, (_, i) => `quay.v3.9.${i}`),
    bundlesRemoved: [],
  }),
  makePackagePlan({
    package: 'legacy',
    change: 'removed',
    channels: [makeChannelPlan({ channel: 'stable', old: 'legacy.v1.0.0', new: null })],
    bundlesAdded: [],
    bundlesRemoved: ['legacy.v1.0.0'],
  }),
];

/** A package that changes as the fields say, and in nothing else. */
export function makePackagePlan(
  fields: Pick<PackagePlan, 'package'> & Partial<PackagePlan>,
): PackagePlan {
  return {
    change: 'changed',
    defaultChannel: null,
    channels: [],
    bundlesAdded: [],
    bundlesRemoved: [],
    bundlesRereleased: [],
    deprecated: [],
    undeprecated: [],
    ...fields,
  };
}

/** A channel whose heads, and nothing else, change as the fields say. */
export function makeChannelPlan(
  fields: Pick<ChannelPlan, 'channel' | 'old' | 'new'> & Partial<ChannelPlan>,
): ChannelPlan {
  return { oldVersion: null, newVersion: null, pathsBroken: [], pathsOpened: [], ...fields };
}

/** A delivery on its way: images to copy, one that is there, a tag to set, an index to publish. */
export function planDelivery(): Plan {
  return planWorld({
    images: [
      [makeImage('new-bundle'), deliverable(A)],
      [makeImage('new-operand', { digest: B }), deliverable(B, { blobs: { [B]: 1_200_000_000 } })],
      [makeImage('there'), seen({ serving: present(A) })],
      [
        makeImage('tagged', { demandedTags: ['4.20'] }),
        seen({ serving: present(A), tags: { '4.20': ABSENT } }),
      ],
    ],
    indexes: [
      [makeIndex({ bytes: 4_200_000 }), seenIndex({ ...served(A), servedImmutable: present(A) })],
      [
        makeIndex({ catalog: 'quiet', repository: 'olm/quiet', imageId: A }),
        seenIndex({
          ...served(A),
          servedImmutable: present(A),
          expectedImmutable: present(A),
          expectedImmutableId: A,
        }),
      ],
    ],
    changes: {
      offers: new Map<string, readonly PackagePlan[]>([
        ['idx', OFFER],
        ['quiet', []],
      ]),
    },
  });
}

function served(id: `sha256:${string}`): {
  readonly moving: ReturnType<typeof present>;
  readonly servedId: `sha256:${string}`;
  readonly servedLabelled: true;
} {
  return { moving: present(id), servedId: id, servedLabelled: true };
}

/** Everything that can stand in the way, in one plan. */
export function planTrouble(): Plan {
  return planWorld({
    images: [
      [makeImage('lost'), seen({ source: ABSENT })],
      [makeImage('known'), seen({ source: ABSENT })],
      [makeImage('hidden'), seen({ serving: UNKNOWN })],
      [makeImage('taken'), deliverable(A, { protectTag: present(B) })],
    ],
    indexes: [
      [
        makeIndex({ imageKeys: [makeImage('lost').key, makeImage('hidden').key] }),
        seenIndex({ ...served(A), servedImmutable: present(A) }),
      ],
      [
        makeIndex({ catalog: 'foreign', repository: 'olm/foreign' }),
        seenIndex({
          moving: present(B),
          servedId: B,
          foreign: { packages: ['byhand'], bundles: ['byhand/byhand.v1.0.0'], otherwise: [] },
        }),
      ],
      [
        makeIndex({
          catalog: 'pinned',
          repository: 'olm/pinned',
          pin: { tag: PINNED, reason: 'waits for June', by: 'kim', until: '2027-06-01' },
        }),
        seenIndex({
          ...served(A),
          servedImmutable: present(A),
          pinned: seenPin({ presence: present(A), imageId: A }),
        }),
      ],
    ],
    changes: {
      knownMissing: new Map([[makeImage('known').upstream, null]]),
      broken: new Map([['torn', 'torn/catalog.json:3:1: it is not JSON.']]),
    },
  });
}

export function planNothing(): Plan {
  return planWorld({ images: [[makeImage('there'), seen({ serving: present(A) })]] });
}

export function planManyCopies(count: number): Plan {
  return planWorld({
    images: Array.from({ length: count }, (_, i): [WantedImage, ObservedImage] => [
      makeImage(`image-${String(i).padStart(3, '0')}`),
      deliverable(),
    ]),
  });
}

export const EVIL =
  'x|y`z``@everyone\n```\n| a | <img src=x> [l](http://e) #12 ~~s~~ \u001b[2J\u202eabc &lt;';

/** Names as a malicious catalog would choose them, in every place where a name can stand. */
export function planHostile(): Plan {
  const changes: Partial<PlanInput> = {
    manifest: makeManifest({ name: EVIL }),
    offers: new Map([
      [
        EVIL,
        [
          makePackagePlan({
            package: EVIL,
            channels: [
              makeChannelPlan({ channel: 'a|b', old: EVIL, new: '@everyone' }),
              makeChannelPlan({ channel: EVIL, old: null, new: EVIL }),
            ],
            bundlesAdded: ['`tick`', EVIL],
            bundlesRemoved: [EVIL],
          }),
        ],
      ],
    ]),
  };
  const neededBy = [{ catalog: EVIL, package: EVIL, item: EVIL }];
  const plan = planWorld({
    images: [
      [makeImage('a', { neededBy }), deliverable()],
      [makeImage('b', { neededBy }), seen({ source: ABSENT })],
    ],
    indexes: [[makeIndex({ catalog: EVIL }), seenIndex()]],
    changes,
  });
  const check: Check = {
    kind: 'invalid',
    severity: 'error',
    message: EVIL,
    hint: EVIL,
    catalog: null,
    item: null,
    neededBy: [],
  };
  return { ...plan, checks: [...plan.checks, check] };
}
