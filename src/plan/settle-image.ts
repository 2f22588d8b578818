import type { Presence } from '../base/presence.ts';
import { formatProtectTag } from '../images/list-wanted.ts';
import type { WantedImage } from '../images/types.ts';
import {
  checkOf,
  formatReason,
  immutableTaken,
  type TagTarget,
  tagDiffers,
  tagWouldMove,
} from './image-checks.ts';
import { formatTagItem } from './item.ts';
import type { Check, ObservedImage, Outcome, Step } from './types.ts';

/** What one wanted image comes to: steps, or items settled without one, and what people must know. */
export interface Settled {
  readonly steps: readonly Step[];
  readonly settled: readonly Outcome[];
  readonly checks: readonly Check[];
}

export interface ImagePolicy {
  readonly protect: 'new' | 'all';
  readonly tagDrift: 'keep' | 'block';
  /** `repository:tag` in production that may be moved. */
  readonly movableTags: ReadonlySet<string>;
  /** Upstream references that production was known to lack. */
  readonly knownMissing: ReadonlySet<string>;
}

/**
 * Decides about one image. Production having it is enough, whatever its tags (promise 5); only a
 * clear absence there and a clear presence in staging leads to a copy (promise 6).
 */
export function settleImage(
  image: WantedImage,
  observed: ObservedImage,
  policy: ImagePolicy,
): Settled {
  const { production, staging } = observed;
  switch (production.state) {
    case 'present':
      return settlePresent(image, observed, policy);
    case 'unknown':
      return settleUnknown(image, production);
    case 'absent':
      if (staging === null) throw new Error(`Staging was not asked for ${image.key}.`);
      if (staging.state === 'unknown') return settleUnknown(image, { ...staging, role: 'staging' });
      return staging.state === 'absent'
        ? settleLost(image, policy)
        : settleCopy(image, observed, policy);
  }
}

function settlePresent(image: WantedImage, observed: ObservedImage, policy: ImagePolicy): Settled {
  const { production, staging } = observed;
  if (production.state !== 'present') throw new Error(`${image.key} is not present.`);
  if (
    image.digest === null &&
    staging?.state === 'present' &&
    staging.digest !== production.digest
  ) {
    const differs = tagDiffers(image, production.digest, staging.digest);
    if (policy.tagDrift === 'block') return refuse(image, { ...differs, severity: 'blocked' });
    return joinSettled([
      { steps: [], settled: [inSync(image.key, 'image')], checks: [differs] },
      ...settleTags(image, observed, policy),
    ]);
  }
  return joinSettled([
    { steps: [], settled: [inSync(image.key, 'image')], checks: [] },
    ...settleTags(image, observed, policy),
  ]);
}

function settleTags(
  image: WantedImage,
  observed: ObservedImage,
  policy: ImagePolicy,
): readonly Settled[] {
  if (observed.production.state !== 'present') return [];
  const { digest } = observed.production;
  const demanded = image.demandedTags.map((tag) =>
    settleTag({ image, tag, digest }, observed.tags[tag], policy),
  );
  if (policy.protect === 'new') return demanded;
  const protectTag = formatProtectTag(digest, observed.protectTagIsReferrers);
  return [
    ...demanded,
    settleTag({ image, tag: protectTag, digest }, observed.protectTag ?? undefined, policy),
  ];
}

function settleTag(target: TagTarget, current: Presence | undefined, policy: ImagePolicy): Settled {
  const { image, tag, digest } = target;
  const repository = image.repository.production;
  const item = formatTagItem(repository, tag);
  if (current === undefined) throw new Error(`Tag ${item} was not asked for.`);
  if (current.state === 'unknown') return settleUnknown(image, current, { item, type: 'tag' });
  if (current.state === 'present' && current.digest === digest)
    return { steps: [], settled: [inSync(item, 'tag')], checks: [] };
  if (current.state === 'present' && !policy.movableTags.has(`${repository}:${tag}`)) {
    return refuse(image, tagWouldMove({ image, tag, digest }, current.digest), {
      item,
      type: 'tag',
    });
  }
  const previous = current.state === 'present' ? current.digest : null;
  const reason =
    previous === null ? `tag ${tag} is missing` : `movable tag ${tag} points at ${previous}`;
  return {
    steps: [
      { kind: 'tag', id: item, reason, bytes: 0, items: [item], repository, tag, digest, previous },
    ],
    settled: [],
    checks: [],
  };
}

function settleCopy(image: WantedImage, observed: ObservedImage, policy: ImagePolicy): Settled {
  if (observed.staging?.state !== 'present')
    throw new Error(`${image.key} is not present in staging.`);
  const { digest } = observed.staging;
  const repository = image.repository.production;
  const guard = observed.protectTag;
  if (guard?.state === 'unknown') return settleUnknown(image, guard);
  if (guard?.state === 'present' && guard.digest !== digest) {
    return refuse(
      image,
      immutableTaken(image, formatProtectTag(digest, observed.protectTagIsReferrers), guard.digest),
    );
  }
  const demanded = image.demandedTags.map((tag) =>
    settleTag({ image, tag, digest }, observed.tags[tag], policy),
  );
  if (
    demanded.some((part) =>
      part.settled.some((outcome) => outcome.kind === 'refused' || outcome.kind === 'failed'),
    )
  ) {
    return joinSettled([
      ...demanded.map(withoutSteps),
      refuseQuietly(image, 'a tag that it needs cannot be written'),
    ]);
  }
  const arrivals = arrivalTags(image, observed, digest);
  const wanted = [
    ...(image.tag === null ? [] : [image.tag]),
    ...image.demandedTags,
    ...arrivals.free,
  ];
  const step: Step = {
    kind: 'copy',
    id: `copy ${repository}@${digest}`,
    reason: formatReason(image),
    bytes: Object.values(observed.blobs).reduce((sum, size) => sum + size, 0),
    items: [image.key, ...image.demandedTags.map((tag) => formatTagItem(repository, tag))],
    upstream: image.upstream,
    from: { role: 'staging', repository: image.repository.staging },
    to: { role: 'production', repository },
    digest,
    absent: image.tag ?? digest,
    protectTag: formatProtectTag(digest, observed.protectTagIsReferrers),
    tags: wanted,
  };
  return { steps: [step], settled: [], checks: arrivals.checks };
}

// A tag beside a digest is a courtesy: where it is taken, the digest still goes in and the tag stays as it is.
function arrivalTags(
  image: WantedImage,
  observed: ObservedImage,
  digest: `sha256:${string}`,
): { readonly free: readonly string[]; readonly checks: readonly Check[] } {
  const taken = image.arrivalTags.flatMap((tag) => {
    const current = observed.tags[tag];
    return current?.state === 'present' && current.digest !== digest
      ? [{ tag, digest: current.digest }]
      : [];
  });
  const checks = taken.map(
    (entry): Check => ({
      ...checkOf(image),
      kind: 'tag-differs',
      severity: 'warning',
      message: `Tag ${image.repository.production}:${entry.tag} points at ${entry.digest} in production and stays there; ${digest} arrives without it.`,
      hint: null,
    }),
  );
  return {
    free: image.arrivalTags.filter((tag) => !taken.some((entry) => entry.tag === tag)),
    checks,
  };
}

function settleLost(image: WantedImage, policy: ImagePolicy): Settled {
  const known = policy.knownMissing.has(image.upstream);
  const check: Check = {
    ...checkOf(image),
    kind: known ? 'known-missing' : 'missing-source',
    severity: known ? 'warning' : 'blocked',
    message: `${image.upstream} is neither in production nor in staging (${image.repository.staging}); ${formatReason(image)}.`,
    hint: known
      ? null
      : 'Mirror it into staging again; or take the bundle out of the catalog, which `olmirror merge` does by itself under policy.missing: hold.',
  };
  const code = 'PLAN_MISSING_SOURCE';
  return {
    steps: [],
    settled: [
      { item: image.key, type: 'image', kind: 'lost', message: check.message, code },
      ...refusedTags(image),
    ],
    checks: [check],
  };
}

interface ItemName {
  readonly item: string;
  readonly type: Outcome['type'];
}

type UnknownAnswer = Presence & { readonly state: 'unknown' } & {
  readonly role?: 'staging';
};

function settleUnknown(image: WantedImage, answer: UnknownAnswer, name?: ItemName): Settled {
  const { item, type } = name ?? { item: image.key, type: 'image' };
  const message = `Whether ${answer.role ?? 'production'} holds ${item} is unknown: ${answer.message}`;
  const check: Check = {
    ...checkOf(image),
    item,
    kind: 'unknown',
    severity: 'error',
    message,
    hint: answer.hint,
  };
  return {
    steps: [],
    settled: [
      { item, type, kind: 'failed', message, code: answer.code },
      ...(name === undefined ? refusedTags(image) : []),
    ],
    checks: [check],
  };
}

function refuse(image: WantedImage, check: Check, name?: ItemName): Settled {
  const { item, type } = name ?? { item: image.key, type: 'image' };
  return {
    steps: [],
    settled: [
      { item, type, kind: 'refused', message: check.message, code: 'APPLY_TAG_CONFLICT' },
      ...(name === undefined ? refusedTags(image) : []),
    ],
    checks: [{ ...check, item }],
  };
}

function refuseQuietly(image: WantedImage, why: string): Settled {
  return {
    steps: [],
    settled: [
      {
        item: image.key,
        type: 'image',
        kind: 'refused',
        message: `${image.upstream} is not copied: ${why}.`,
        code: 'APPLY_TAG_CONFLICT',
      },
    ],
    checks: [],
  };
}

// Without its image a demanded tag cannot be written either; it still ends in an outcome (promise 8).
function refusedTags(image: WantedImage): readonly Outcome[] {
  return image.demandedTags.map((tag) => ({
    item: formatTagItem(image.repository.production, tag),
    type: 'tag',
    kind: 'refused',
    message: `The image it should point at, ${image.upstream}, is not available.`,
    code: null,
  }));
}

// Tags of an image that is refused: those that would have been written are refused with it.
function withoutSteps(part: Settled): Settled {
  const settled = part.steps.flatMap((step) =>
    step.items.map(
      (item): Outcome => ({
        item,
        type: 'tag',
        kind: 'refused',
        message: 'Another tag of the same image cannot be written.',
        code: null,
      }),
    ),
  );
  return { steps: [], settled: [...part.settled, ...settled], checks: part.checks };
}

function inSync(item: string, type: Outcome['type']): Outcome {
  return { item, type, kind: 'in-sync', message: null, code: null };
}

export function joinSettled(parts: readonly Settled[]): Settled {
  return {
    steps: parts.flatMap((part) => part.steps),
    settled: parts.flatMap((part) => part.settled),
    checks: parts.flatMap((part) => part.checks),
  };
}
