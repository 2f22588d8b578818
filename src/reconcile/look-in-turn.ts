import type { Digest } from '../base/digest.ts';
import type { Presence } from '../base/presence.ts';
import type { ProofNotes, SeenImage } from '../base/proof-notes.ts';
import type { VerifyLevel } from '../base/verify-level.ts';
import { askedTags, servingRepository } from '../images/image-places.ts';
import type { WantedImage } from '../images/types.ts';
import { servingRole, sourceRole } from '../manifest/serving-role.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import {
  chooseLook,
  DEEP_COST,
  type LookBudget,
  type LookCandidate,
  type LookChoice,
  type LookTerms,
} from '../plan/choose-look.ts';
import type { Budget } from '../plan/request-budget.ts';
import type { ObservedImage } from '../plan/types.ts';
import { formatFact, isAlwaysAsked } from './proof-fact.ts';

/** How a pass of the loop looks at images: not at all of them each time. */
export interface TurnOptions {
  readonly notes: ProofNotes;
  /** Milliseconds between passes; null for what the manifest says. */
  readonly intervalMilliseconds: number | null;
  /** Ask for every image, as far as the requests of the day go. */
  readonly all: boolean;
}

export interface TurnFacts {
  readonly manifest: MirrorManifest;
  readonly verify: VerifyLevel;
  readonly movableTags: ReadonlySet<string>;
  readonly owes: (upstream: string) => boolean;
  readonly now: Date;
  readonly budget: Budget;
  /** Requests at the serving registry that a pass takes beside images. */
  readonly besides: number;
  /** By fact, when what nothing vouches for was last asked for, milliseconds since 1970. */
  readonly asked: Map<string, number>;
}

/** One image in a pass that does not ask for all. */
interface Candidate extends LookCandidate {
  readonly image: WantedImage;
  readonly fact: string;
  /** Null where nothing vouches for it. */
  readonly noted: SeenImage | null;
}

/** What became of each image, by key. */
export interface Looks {
  /** When what vouches for those that were not asked for was seen. */
  readonly vouched: ReadonlyMap<string, SeenImage>;
  /** Those that were asked for, with what vouched for them before. */
  readonly asked: ReadonlyMap<string, SeenImage | null>;
  readonly deep: ReadonlySet<string>;
  readonly overdue: ReadonlySet<string>;
  readonly facts: ReadonlyMap<string, string>;
  readonly reachableAgeMilliseconds: number;
  readonly now: number;
  readonly notes: ProofNotes;
}

export interface InTurn {
  readonly looks: Looks;
  readonly images: ReadonlyMap<string, ObservedImage>;
}

/** Asks the registries for these images; of those at these places (`formatPlace`) for their blobs too. */
export type AskFor = (
  images: readonly WantedImage[],
  places: ReadonlySet<string>,
) => Promise<ReadonlyMap<string, ObservedImage>>;

/**
 * Asks for the images whose turn it is. For the others counts what an earlier look found, as long as it is
 * not older than the proof age; what neither holds for is unknown. Where one that was there is gone, the
 * others are asked for at once, as far as the requests of the day go.
 */
export async function lookInTurn(
  images: readonly WantedImage[],
  options: TurnOptions,
  { facts, askFor }: { readonly facts: TurnFacts; readonly askFor: AskFor },
): Promise<InTurn> {
  const candidates = images.map((image) => describe(image, options.notes, facts));
  const terms = setTerms(options, facts);
  const first = chooseLook(candidates, terms);
  const seen = new Map(
    await askFor(pick(candidates, first.asked), listPlaces(candidates, first.deep)),
  );
  const asked = new Set(first.asked);
  if (candidates.some((candidate) => isLost(candidate, seen))) {
    const rest = chooseRest(candidates, { first, terms });
    for (const [key, image] of await askFor(pick(candidates, rest), new Set()))
      seen.set(key, image);
    for (const key of rest) asked.add(key);
  }
  withdraw(candidates, seen, { facts, notes: options.notes });
  const looks = divide(candidates, { asked, choice: first, facts, notes: options.notes });
  for (const candidate of candidates)
    if (!asked.has(candidate.key)) seen.set(candidate.key, recallImage(candidate, looks, facts));
  return { looks, images: seen };
}

function describe(image: WantedImage, notes: ProofNotes, facts: TurnFacts): Candidate {
  const { manifest, verify, asked } = facts;
  const fact = formatFact(image, { manifest, verify });
  const noted = isAlwaysAsked(image, facts) ? null : notes.recall(fact);
  const tags = askedTags(image).length + (manifest.policy.protect === 'all' ? 1 : 0);
  return {
    image,
    fact,
    noted,
    key: image.key,
    cost: 1 + tags + (verify === 'manifests' ? 0 : DEEP_COST),
    seen: noted?.at ?? null,
    asked: asked.get(fact) ?? null,
    deep: noted?.deepAt ?? null,
  };
}

function setTerms({ intervalMilliseconds, all }: TurnOptions, facts: TurnFacts): LookTerms {
  const { manifest, verify, now } = facts;
  const { reconcile } = manifest;
  return {
    now: now.getTime(),
    interval: intervalMilliseconds ?? reconcile.intervalMilliseconds,
    age: reconcile.proofAgeMilliseconds,
    // Any deeper level is kept by every look.
    deepAge: verify === 'manifests' ? reconcile.deepProofAgeMilliseconds : null,
    all,
    budget: setBudget(facts),
  };
}

function setBudget({ manifest, budget, besides }: TurnFacts): LookBudget | null {
  const role = servingRole(manifest);
  const source = budget[sourceRole(role)];
  const sourceLeft = source.perDay === null ? null : source.perDay - source.spent;
  const { perDay, spent } = budget[role];
  if (perDay === null)
    return sourceLeft === null
      ? null
      : { perDay: Infinity, left: Infinity, sourceLeft, besides: 0 };
  return { perDay, left: perDay - spent, sourceLeft, besides };
}

function pick(candidates: readonly Candidate[], keys: ReadonlySet<string>): readonly WantedImage[] {
  return candidates.flatMap(({ key, image }) => (keys.has(key) ? [image] : []));
}

function listPlaces(
  candidates: readonly Candidate[],
  keys: ReadonlySet<string>,
): ReadonlySet<string> {
  return new Set(
    candidates.flatMap(({ key, image, noted }) =>
      noted !== null && keys.has(key) ? [formatPlace(servingRepository(image), noted.digest)] : [],
    ),
  );
}

function isLost({ key, noted }: Candidate, seen: ReadonlyMap<string, ObservedImage>): boolean {
  return noted !== null && seen.get(key)?.serving.state === 'absent';
}

function chooseRest(
  candidates: readonly Candidate[],
  { first, terms }: { readonly first: LookChoice; readonly terms: LookTerms },
): ReadonlySet<string> {
  const spent = candidates.reduce(
    (sum, { key, cost }) => sum + (first.asked.has(key) ? cost : 0),
    first.deep.size * DEEP_COST,
  );
  const rest = candidates.filter(({ key }) => !first.asked.has(key));
  const { budget } = terms;
  return chooseLook(rest, {
    ...terms,
    all: true,
    deepAge: null,
    budget: budget === null ? null : { ...budget, left: budget.left - spent },
  }).asked;
}

// Whatever becomes of the pass: nothing vouches any longer for what was seen to be otherwise.
function withdraw(
  candidates: readonly Candidate[],
  seen: ReadonlyMap<string, ObservedImage>,
  { facts, notes }: { readonly facts: TurnFacts; readonly notes: ProofNotes },
): void {
  if (facts.asked.size > 0) {
    const wanted = new Set(candidates.map(({ fact }) => fact));
    for (const fact of facts.asked.keys()) if (!wanted.has(fact)) facts.asked.delete(fact);
  }
  for (const { key, fact } of candidates) {
    const observed = seen.get(key);
    if (observed === undefined) continue;
    facts.asked.set(fact, facts.now.getTime());
    if (observed.serving.state !== 'present') notes.forget(fact);
  }
}

function divide(
  candidates: readonly Candidate[],
  {
    asked,
    choice,
    facts,
    notes,
  }: {
    readonly asked: ReadonlySet<string>;
    readonly choice: LookChoice;
    readonly facts: TurnFacts;
    readonly notes: ProofNotes;
  },
): Looks {
  const now = facts.now.getTime();
  const since = now - facts.manifest.reconcile.proofAgeMilliseconds;
  const others = candidates.filter(({ key }) => !asked.has(key));
  const vouched = new Map(
    others.flatMap(({ key, noted }) =>
      noted !== null && noted.at <= now && noted.at >= since ? [[key, noted]] : [],
    ),
  );
  return {
    vouched,
    asked: new Map(candidates.flatMap(({ key, noted }) => (asked.has(key) ? [[key, noted]] : []))),
    deep: choice.deep,
    overdue: new Set(others.flatMap(({ key }) => (vouched.has(key) ? [] : [key]))),
    facts: new Map(candidates.map(({ key, fact }) => [key, fact])),
    reachableAgeMilliseconds: choice.reachableAge,
    now,
    notes,
  };
}

function recallImage(
  { key, image }: Candidate,
  { vouched }: Looks,
  { manifest }: TurnFacts,
): ObservedImage {
  const noted = vouched.get(key);
  const nothing = { source: null, blobs: {}, uncopyable: null, attached: [] };
  const unasked = { ...nothing, protectTag: null, protectTagIsReferrers: false, tags: {} };
  if (noted === undefined) return { ...unasked, serving: NOT_ASKED };
  const { digest, mediaType, size, referrers } = noted;
  const serving = { state: 'present', digest, mediaType, size } as const;
  return {
    ...unasked,
    serving,
    tags: Object.fromEntries(askedTags(image).map((tag) => [tag, serving])),
    ...(manifest.policy.protect === 'all' && {
      protectTag: serving,
      protectTagIsReferrers: referrers,
    }),
  };
}

const NOT_ASKED: Presence = {
  state: 'unknown',
  code: 'PLAN_UNPROVED',
  message: 'it was not seen in time, and the requests of today leave no room to ask',
  hint: null,
  retryAfterSeconds: null,
};

/** Name of a digest in the serving registry. */
export function formatPlace(repository: string, digest: Digest): string {
  return `${repository}@${digest}`;
}
