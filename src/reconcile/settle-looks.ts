import type { SeenImage } from '../base/proof-notes.ts';
import { servingRepository } from '../images/image-places.ts';
import { formatProtectTag } from '../images/list-wanted.ts';
import type { WantedImage } from '../images/types.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import { formatIndexItem, formatTagItem } from '../plan/item.ts';
import type { CatalogProof, ProofLimits, ProofSummary } from '../plan/proof-types.ts';
import type { ObservedImage, Outcome, Plan } from '../plan/types.ts';
import { formatPlace, type Looks } from './look-in-turn.ts';

export interface LookedAt {
  readonly manifest: MirrorManifest;
  readonly wanted: {
    readonly images: readonly WantedImage[];
    readonly keysByCatalog: ReadonlyMap<string, readonly string[]>;
  };
  /** By key. */
  readonly images: ReadonlyMap<string, ObservedImage>;
}

export function describeLimits(looks: Looks, manifest: MirrorManifest): ProofLimits {
  return {
    serving: servingRole(manifest),
    host: manifest.registries[servingRole(manifest)].host,
    overdue: looks.overdue.size,
    ageMilliseconds: manifest.reconcile.proofAgeMilliseconds,
    reachableAgeMilliseconds: looks.reachableAgeMilliseconds,
  };
}

/**
 * Before anything is written: notes what was asked for and is in step in every respect, and withdraws what
 * vouches for anything else, or for what a step is about.
 */
export async function noteLooks(looks: Looks, plan: Plan, lookedAt: LookedAt): Promise<void> {
  const { notes, facts, now } = looks;
  const settled = new Map(plan.settled.map(({ item, kind }) => [item, kind]));
  const written = new Set(
    plan.steps.flatMap((step) =>
      step.kind === 'copy' ? [formatPlace(step.to.repository, step.digest)] : listTagged(step),
    ),
  );
  for (const image of lookedAt.wanted.images) {
    const fact = facts.get(image.key) ?? '';
    const place = placeOf(image, lookedAt.images.get(image.key));
    const inStep =
      place !== null &&
      !written.has(place) &&
      listItems(image, lookedAt).every((item) => settled.get(item) === 'in-sync');
    const seen = inStep ? describeSeen(image, looks, lookedAt) : null;
    if (!inStep) notes.forget(fact);
    else if (seen !== null) notes.note(fact, seen);
  }
  const { proofAgeMilliseconds, deepProofAgeMilliseconds } = lookedAt.manifest.reconcile;
  await notes.keep(now - Math.max(proofAgeMilliseconds, deepProofAgeMilliseconds ?? 0));
}

function listTagged(step: Plan['steps'][number]): readonly string[] {
  return step.kind === 'tag' ? [formatPlace(step.repository, step.digest)] : [];
}

function placeOf(image: WantedImage, observed: ObservedImage | undefined): string | null {
  if (observed?.serving.state !== 'present') return null;
  return formatPlace(servingRepository(image), observed.serving.digest);
}

function listItems(image: WantedImage, { manifest, images }: LookedAt): readonly string[] {
  const observed = images.get(image.key);
  const protect =
    manifest.policy.protect === 'all' && observed?.serving.state === 'present'
      ? [formatProtectTag(observed.serving.digest, observed.protectTagIsReferrers)]
      : [];
  const tags = [...image.demandedTags, ...protect];
  return [image.key, ...tags.map((tag) => formatTagItem(servingRepository(image), tag))];
}

/** Null where it was not asked for now: what vouches for it stays as it is. */
function describeSeen(
  { key }: WantedImage,
  { asked, now }: Looks,
  { images }: LookedAt,
): SeenImage | null {
  const observed = images.get(key);
  if (!asked.has(key) || observed?.serving.state !== 'present') return null;
  const { digest, mediaType, size } = observed.serving;
  const before = asked.get(key) ?? null;
  const deepBefore = before?.digest === digest ? before.deepAt : null;
  return {
    at: now,
    deepAt: observed.proof?.state === 'whole' ? now : deepBefore,
    digest,
    mediaType,
    size,
    referrers: observed.protectTagIsReferrers,
  };
}

/**
 * After a pass: where an index did not get through, one of its images may be gone that an earlier look
 * vouched for, so that nothing vouches for them any longer.
 */
export async function withdrawLooks(
  looks: Looks,
  plan: Plan,
  { outcomes, lookedAt }: { readonly outcomes: readonly Outcome[]; readonly lookedAt: LookedAt },
): Promise<void> {
  const kinds = new Map(outcomes.map(({ item, kind }) => [item, kind]));
  const failed = plan.steps.flatMap((step) =>
    'catalog' in step && kinds.get(formatIndexItem(step.catalog)) !== 'copied'
      ? [step.catalog]
      : [],
  );
  if (failed.length === 0) return;
  for (const catalog of failed)
    for (const key of lookedAt.wanted.keysByCatalog.get(catalog) ?? [])
      looks.notes.forget(looks.facts.get(key) ?? '');
  await looks.notes.keep(0);
}

/** Says of what is in step, and was not asked for, when it was seen. */
export function markVouched(
  outcomes: readonly Outcome[],
  { vouched }: Looks,
  lookedAt: LookedAt,
): readonly Outcome[] {
  const seen = new Map(
    lookedAt.wanted.images.flatMap((image) => {
      const note = vouched.get(image.key);
      return note === undefined
        ? []
        : listItems(image, lookedAt).map((item) => [item, note.at] as const);
    }),
  );
  return outcomes.map((outcome) => {
    const at = seen.get(outcome.item);
    return at === undefined || outcome.kind !== 'in-sync'
      ? outcome
      : { ...outcome, seen: new Date(at).toISOString() };
  });
}

/** Counts how it is known what the serving registry holds. */
export function summarizeLooks(
  looks: Looks,
  outcomes: readonly Outcome[],
  { wanted, manifest }: LookedAt,
): ProofSummary {
  const inSync = new Set(outcomes.flatMap(({ item, kind }) => (kind === 'in-sync' ? [item] : [])));
  return {
    images: wanted.images.length,
    asked: looks.asked.size,
    vouched: looks.vouched.size,
    overdue: looks.overdue.size,
    deep: looks.deep.size,
    oldest: findOldest(
      wanted.images.map(({ key }) => key).filter((key) => inSync.has(key)),
      looks,
    ),
    ageSeconds: manifest.reconcile.proofAgeMilliseconds / 1000,
    catalogs: [...wanted.keysByCatalog].map(([catalog, keys]) =>
      summarizeCatalog(catalog, keys, { looks, inSync }),
    ),
  };
}

function summarizeCatalog(
  catalog: string,
  keys: readonly string[],
  { looks, inSync }: { readonly looks: Looks; readonly inSync: ReadonlySet<string> },
): CatalogProof {
  const there = keys.filter((key) => inSync.has(key));
  const deep = there.map((key) => {
    const noted = looks.notes.recall(looks.facts.get(key) ?? '');
    return noted?.deepAt ?? null;
  });
  return {
    catalog,
    images: keys.length,
    oldest: findOldest(there, looks),
    oldestDeep: deep.includes(null) ? null : formatOldest(deep.map((time) => time ?? 0)),
    overdue: keys.filter((key) => looks.overdue.has(key)).length,
  };
}

function findOldest(keys: readonly string[], { vouched, now }: Looks): string | null {
  return formatOldest(keys.map((key) => vouched.get(key)?.at ?? now));
}

function formatOldest(times: readonly number[]): string | null {
  const oldest = times.reduce((least, time) => Math.min(least, time), Infinity);
  return oldest === Infinity ? null : new Date(oldest).toISOString();
}
