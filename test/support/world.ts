import type { Presence } from '../../src/base/presence.ts';
import type { UnreadableImage, WantedImage } from '../../src/images/types.ts';
import { type PlanInput, planPass } from '../../src/plan/plan-pass.ts';
import type {
  ObservedImage,
  ObservedIndex,
  ObservedPin,
  Plan,
  WantedIndex,
} from '../../src/plan/types.ts';
import { passed } from '../../src/plan/verified-check.ts';
import { digestOfChar, makeManifest } from './manifest.ts';

export const A: `sha256:${string}` = digestOfChar('a');
export const B: `sha256:${string}` = digestOfChar('b');
export const C: `sha256:${string}` = digestOfChar('c');
export const ABSENT: Presence = { state: 'absent' };
export const UNKNOWN: Presence = {
  state: 'unknown',
  code: 'REGISTRY_SERVER_ERROR',
  message: 'it answered 500.',
  hint: null,
  retryAfterSeconds: null,
};

export function present(digest: `sha256:${string}`): Presence {
  return {
    state: 'present',
    digest,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    size: 500,
  };
}

export function makeImage(name: string, changes: Partial<WantedImage> = {}): WantedImage {
  const digest = changes.digest === undefined ? A : changes.digest;
  const key = digest === null ? `v/${name}:${changes.tag ?? '1'}` : `v/${name}@${digest}`;
  return {
    key,
    kind: 'related',
    upstream:
      digest === null ? `quay.io/v/${name}:${changes.tag ?? '1'}` : `quay.io/v/${name}@${digest}`,
    digest,
    tag: digest === null ? '1' : null,
    repository: { production: `v/${name}`, staging: `v/${name}` },
    serving: 'production',
    demandedTags: [],
    arrivalTags: [],
    neededBy: [{ catalog: 'idx', package: 'p', item: 'p.v1.0.0' }],
    ...changes,
  };
}

export function seen(changes: Partial<ObservedImage> = {}): ObservedImage {
  return {
    serving: ABSENT,
    source: null,
    protectTag: null,
    protectTagIsReferrers: false,
    tags: {},
    blobs: {},
    uncopyable: null,
    attached: [],
    ...changes,
  };
}

/** An image that staging holds and production lacks. */
export function deliverable(
  digest: `sha256:${string}` = A,
  changes: Partial<ObservedImage> = {},
): ObservedImage {
  return seen({
    source: present(digest),
    protectTag: ABSENT,
    blobs: { [digest]: 100 },
    ...changes,
  });
}

export function makeIndex(changes: Partial<WantedIndex> = {}): WantedIndex {
  return {
    catalog: 'idx',
    serving: 'production',
    repository: 'olm/idx',
    tag: 'v1',
    imageId: C,
    builder: 'native',
    content: B,
    tree: 't',
    packages: 1,
    bundles: 1,
    bytes: 10,
    imageKeys: [],
    takenIn: [],
    canBeServed: true,
    pin: null,
    endedPin: null,
    moves: true,
    told: [],
    ...changes,
  };
}

export function seenIndex(changes: Partial<ObservedIndex> = {}): ObservedIndex {
  return {
    moving: ABSENT,
    servedId: null,
    servedByRecipe: false,
    servedLabelled: false,
    servedStarts: false,
    servedIsIndex: true,
    servedImmutable: null,
    expectedImmutable: ABSENT,
    expectedImmutableId: null,
    movedBack: false,
    foreign: null,
    pinned: null,
    ...changes,
  };
}

/** The never-moving tag of an index with the id `A`. */
export const PINNED: string = `v1-${'a'.repeat(12)}`;

/** What a pin's tag holds: an index of ours, with all that it names. */
export function seenPin(changes: Partial<ObservedPin> = {}): ObservedPin {
  return {
    presence: present(B),
    imageId: A,
    byRecipe: false,
    labelled: true,
    canBeServed: true,
    cacheFault: null,
    closure: passed('closure', 'All is there.'),
    ...changes,
  };
}

export interface PlanWorld {
  readonly unreadable?: readonly UnreadableImage[];
  readonly images?: readonly (readonly [WantedImage, ObservedImage])[];
  readonly indexes?: readonly (readonly [WantedIndex, ObservedIndex])[];
  readonly changes?: Partial<PlanInput>;
}

/** Plans a small world; everything that it does not name is quiet. */
export function planWorld(world: PlanWorld): Plan {
  return planPass({
    manifest: makeManifest(),
    wanted: {
      unreadable: world.unreadable ?? [],
      images: (world.images ?? []).map(([image]) => image),
      indexes: (world.indexes ?? []).map(([index]) => index),
    },
    observed: {
      images: new Map((world.images ?? []).map(([image, observed]) => [image.key, observed])),
      indexes: new Map((world.indexes ?? []).map(([index, observed]) => [index.catalog, observed])),
    },
    binding: { manifest: A, catalogs: {} },
    revision: 'f'.repeat(40),
    time: '2026-01-01T00:00:00.000Z',
    indexOnly: false,
    rebuild: false,
    verification: null,
    knownMissing: new Map(),
    problems: [],
    broken: new Map(),
    unbuilt: new Map(),
    storage: null,
    offers: new Map(),
    ...world.changes,
  });
}
