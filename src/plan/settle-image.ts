import type { Digest } from '../base/digest.ts';
import type { Presence, UnknownPresence } from '../base/presence.ts';
import { capitalize, formatRevision } from '../base/text.ts';
import { isReferrersTag } from '../images/attached.ts';
import { referrersList } from '../images/find-uncopyable.ts';
import { servingRepository, sourcePlace } from '../images/image-places.ts';
import { formatProtectTag } from '../images/list-wanted.ts';
import { restAfter } from '../images/map-path.ts';
import type { WantedImage } from '../images/types.ts';
import type { RoleName } from '../manifest/types.ts';
import { buildCopy } from './build-copy.ts';
import {
  checkOf,
  formatReason,
  type TagTarget,
  tagDiffers,
  tagOverwritten,
  tagWouldMove,
  uncopyable,
} from './image-checks.ts';
import { formatTagItem } from './item.ts';
import { settleDamaged } from './settle-damaged.ts';
import { settleProtect } from './settle-protect.ts';
import {
  inSync,
  joinSettled,
  refuse,
  refusedTags,
  refuseQuietly,
  type Settled,
  settleClash,
  settleUnknown,
  settleUnproved,
  withoutSteps,
} from './settled.ts';
import type { Check, ObservedImage } from './types.ts';

export interface ImagePolicy {
  readonly protect: 'new' | 'all';
  readonly tagDrift: 'keep' | 'block';
  /** `repository:tag` in the serving registry that may be moved. */
  readonly movableTags: ReadonlySet<string>;
  /** It lets each tag be written once, `latest` perhaps more often. */
  readonly writeOnce: boolean;
  /** Path prefix of the serving registry. */
  readonly pathPrefix: string;
  /** By upstream reference, what Git lists as known missing. */
  readonly knownMissing: ReadonlyMap<string, unknown>;
  /** By upstream reference, what a pattern there does not count for, since that registry had it. */
  readonly losses: ReadonlyMap<string, Loss>;
}

/** How it is known that the serving registry had an image which a pattern of known-missing.yaml fits. */
export interface Loss {
  /** `file:line` of the pattern. */
  readonly place: string;
  /** Full id of the commit whose index names the image and was served with it. */
  readonly revision: string;
}

/**
 * Decides about one image. The serving registry having it is enough, whatever its tags (promise 5); only a
 * clear absence there and a clear presence at the source leads to a copy (promise 6).
 */
export function settleImage(
  image: WantedImage,
  observed: ObservedImage,
  policy: ImagePolicy,
): Settled {
  const { serving, source } = observed;
  if (image.clash !== undefined) return settleClash(image, image.clash);
  switch (serving.state) {
    case 'present':
      return settlePresent(image, observed, policy);
    case 'unknown':
      return serving.code === 'PLAN_UNPROVED'
        ? settleUnproved(image, serving.message)
        : settleUnknown(image, serving);
    case 'absent':
      if (source === null) throw new Error(`The source was not asked for ${image.key}.`);
      if (source.state === 'unknown') return settleUnknown(image, atSource(image, source));
      return source.state === 'absent'
        ? settleLost(image, policy)
        : settleCopy(image, observed, policy);
  }
}

function atSource<T extends UnknownPresence>(
  image: WantedImage,
  answer: T,
): T & { readonly role: RoleName } {
  return { ...answer, role: sourcePlace(image).role };
}

function settlePresent(image: WantedImage, observed: ObservedImage, policy: ImagePolicy): Settled {
  const { serving, source } = observed;
  if (serving.state !== 'present') throw new Error(`${image.key} is not present.`);
  // The source was asked to compare a tag: without its answer nobody can say that they are the same.
  if (source?.state === 'unknown') return settleUnknown(image, atSource(image, source));
  if (image.digest === null && source?.state === 'present' && source.digest !== serving.digest) {
    if (policy.movableTags.has(image.key)) return settleMove(image, observed, policy);
    const differs = tagDiffers(image, serving.digest, source.digest);
    if (policy.tagDrift === 'block') return refuse(image, { ...differs, severity: 'blocked' });
    return joinSettled([
      { steps: [], settled: [inSync(image.key, 'image')], checks: [differs] },
      ...settleTags(image, observed, policy),
    ]);
  }
  return settleThere(image, observed, { digest: serving.digest, policy });
}

function settleThere(
  image: WantedImage,
  observed: ObservedImage,
  { digest, policy }: { readonly digest: Digest; readonly policy: ImagePolicy },
): Settled {
  const { proof } = observed;
  if (proof?.state === 'unknown') return settleUnknown(image, { ...proof, whole: true });
  const itself =
    proof?.state === 'damaged'
      ? settleDamaged(image, observed, { damage: proof, digest })
      : { steps: [], settled: [inSync(image.key, 'image')], checks: [] };
  return joinSettled([itself, ...settleTags(image, observed, policy)]);
}

// A movable tag follows the source: its new content is copied by digest, then the tag moves to it.
function settleMove(image: WantedImage, observed: ObservedImage, policy: ImagePolicy): Settled {
  const tag = image.tag ?? '';
  const byDigest = { ...image, tag: null, demandedTags: [...image.demandedTags, tag] };
  const tags = { ...observed.tags, [tag]: observed.serving };
  return settleCopy(byDigest, { ...observed, tags }, policy);
}

function settleTags(
  image: WantedImage,
  observed: ObservedImage,
  policy: ImagePolicy,
): readonly Settled[] {
  if (observed.serving.state !== 'present') return [];
  const { digest } = observed.serving;
  const demanded = image.demandedTags.map((tag) =>
    settleTag({ image, tag, digest, held: true }, observed.tags[tag], policy),
  );
  const given = [...demanded, ...settleAdded(image, observed, { digest, policy })];
  if (policy.protect === 'new') return given;
  const protectTag = formatProtectTag(digest, observed.protectTagIsReferrers);
  return [
    ...given,
    settleTag(
      { image, tag: protectTag, digest, held: true },
      observed.protectTag ?? undefined,
      policy,
    ),
  ];
}

// As a courtesy as when the image arrives: a tag that is in its place is no item, and one that is elsewhere stays there.
function settleAdded(
  image: WantedImage,
  observed: ObservedImage,
  { digest, policy }: { readonly digest: Digest; readonly policy: ImagePolicy },
): readonly Settled[] {
  const { free, checks } = arrivalTags(image, observed, digest);
  const missing = (image.addedTags ?? []).filter((tag) => {
    const current = observed.tags[tag];
    return free.includes(tag) && !(current?.state === 'present' && current.digest === digest);
  });
  return [
    { steps: [], settled: [], checks },
    ...missing.map((tag) =>
      settleTag({ image, tag, digest, held: true }, observed.tags[tag], policy),
    ),
  ];
}

interface HeldTarget extends TagTarget {
  /** The serving registry holds the digest already. */
  readonly held: boolean;
}

function settleTag(
  target: HeldTarget,
  current: Presence | undefined,
  policy: ImagePolicy,
): Settled {
  const { image, tag, digest, held } = target;
  const repository = servingRepository(image);
  const item = formatTagItem(repository, tag);
  if (current === undefined) throw new Error(`Tag ${item} was not asked for.`);
  if (current.state === 'unknown') return settleUnknown(image, current, { item, type: 'tag' });
  if (current.state === 'present' && current.digest === digest)
    return { steps: [], settled: [inSync(item, 'tag')], checks: [] };
  if (current.state === 'present' && !policy.movableTags.has(`${repository}:${tag}`)) {
    const movable = `${restAfter(repository, policy.pathPrefix)}:${tag}`;
    const { writeOnce } = policy;
    // What may be written once was there before.
    const check =
      held && !writeOnce
        ? tagOverwritten(target, current.digest, movable)
        : tagWouldMove(target, current.digest, { movable, writeOnce });
    return refuse(image, check, { item, type: 'tag' });
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
  if (observed.source?.state !== 'present')
    throw new Error(`${image.key} is not present at its source.`);
  const { digest } = observed.source;
  const repository = servingRepository(image);
  const hindered = settleHindered(image, observed, digest);
  if (hindered !== null) return hindered;
  const demanded = image.demandedTags.map((tag) =>
    settleTag({ image, tag, digest, held: false }, observed.tags[tag], policy),
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
  // A tag that moves is a step of its own, which first keeps what the tag leaves.
  const moves = demanded.flatMap((part) =>
    part.steps.filter((step) => step.kind === 'tag' && step.previous !== null),
  );
  const moving = new Set(moves.flatMap((step) => step.items));
  const given = image.demandedTags.filter((tag) => !moving.has(formatTagItem(repository, tag)));
  const wanted = [
    ...new Set([...(image.tag === null ? [] : [image.tag]), ...given, ...arrivals.free]),
  ];
  const step = buildCopy(image, observed, {
    digest,
    reason: formatReason(image),
    items: [image.key, ...given.map((tag) => formatTagItem(repository, tag))],
    absent: image.tag ?? digest,
    tags: wanted,
  });
  return { steps: [step, ...moves], settled: [], checks: arrivals.checks };
}

// What is in the way of the copy itself, whatever tags it needs.
function settleHindered(
  image: WantedImage,
  observed: ObservedImage,
  digest: Digest,
): Settled | null {
  if (observed.uncopyable !== null) return refuse(image, uncopyable(image, observed.uncopyable));
  const list = [image.tag ?? '', ...image.demandedTags, ...image.arrivalTags].find((tag) =>
    isReferrersTag(tag, digest),
  );
  if (list !== undefined) return refuse(image, uncopyable(image, referrersList(list)));
  return settleProtect(image, observed, digest);
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
      message: `Tag ${servingRepository(image)}:${entry.tag} points at ${entry.digest} in ${image.serving} and stays there; ${digest} goes without it.`,
      hint: null,
    }),
  );
  return {
    free: image.arrivalTags.filter((tag) => !taken.some((entry) => entry.tag === tag)),
    checks,
  };
}

function sayLoss({ serving }: WantedImage, { place, revision }: Loss): string {
  return ` ${capitalize(serving)} had it when the index of ${formatRevision(revision)} came, so the pattern at ${place} does not count for it.`;
}

function hintMissing(image: WantedImage, loss: Loss | undefined): string {
  const { role } = sourcePlace(image);
  if (loss !== undefined)
    return `Mirror it into ${role} again; or list the image itself in ${loss.place.replace(/:\d+$/, '')}, which says that the loss is accepted.`;
  return image.neededBy.some((need) => need.catalog !== null)
    ? `Mirror it into ${role} again; or take the bundle out of the catalog, which \`olmirror merge\` does by itself under policy.missing: hold.`
    : `Mirror it into ${role} again; or take it out of mirror.yaml.`;
}

function settleLost(image: WantedImage, policy: ImagePolicy): Settled {
  // What a cluster runs and neither registry has comes from elsewhere.
  const known = policy.knownMissing.has(image.upstream) || image.kind === 'in-use';
  const source = sourcePlace(image);
  const loss = policy.losses.get(image.upstream);
  const check: Check = {
    ...checkOf(image),
    kind: known ? 'known-missing' : 'missing-source',
    severity: known ? 'warning' : 'blocked',
    message: `${image.upstream} is neither in ${image.serving} nor in ${source.role} (${source.repository}); ${formatReason(image)}.${loss === undefined ? '' : sayLoss(image, loss)}`,
    hint: known ? null : hintMissing(image, loss),
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
