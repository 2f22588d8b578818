import pLimit from 'p-limit';
import type { Digest } from '../base/digest.ts';
import type { ImageProver } from '../images/prove-image.ts';
import type { HeldInProduction, SeenManifest, StagedManifest } from '../plan/judge-staged.ts';
import type { RegistryPort } from '../registry/port.ts';

/** Repositories in production where a manifest of staging may lie, the likeliest first. */
export interface Places {
  readonly repositories: readonly string[];
  /** It must lie in each of them; otherwise one is enough. */
  readonly everywhere: boolean;
}

export interface FindContext {
  readonly production: RegistryPort;
  readonly prover: ImageProver;
  readonly listPlaces: (manifest: StagedManifest) => Places;
  readonly signal: AbortSignal;
}

// The registry bounds its own requests; this only bounds how many images wait in memory at once.
const IMAGES_AT_ONCE = 32;

/** Asks production for everything that staging holds, with all its parts and blobs. Lists of referrers are not asked for. */
export async function findInProduction(
  manifests: readonly StagedManifest[],
  context: FindContext,
): Promise<readonly SeenManifest[]> {
  const limit = pLimit(IMAGES_AT_ONCE);
  const known = new Map<string, HeldInProduction>();
  // Indexes first: where one is whole, so are its parts.
  const roots = manifests.filter(({ partOf }) => partOf.length === 0);
  const parts = manifests.filter(({ partOf }) => partOf.length > 0);
  for (const group of [roots, parts])
    await Promise.all(
      group.map((manifest) =>
        limit(async () => known.set(keyOf(manifest), await find(manifest, known, context))),
      ),
    );
  return manifests.map((manifest) => ({
    ...manifest,
    production: known.get(keyOf(manifest)) ?? NOWHERE,
  }));
}

const NOWHERE: HeldInProduction = { state: 'absent', repositories: [] };

function keyOf({ repository, digest }: Pick<StagedManifest, 'repository' | 'digest'>): string {
  return `${repository}@${digest}`;
}

async function find(
  manifest: StagedManifest,
  known: ReadonlyMap<string, HeldInProduction>,
  context: FindContext,
): Promise<HeldInProduction> {
  context.signal.throwIfAborted();
  const { repository, digest, partOf, isReferrersList } = manifest;
  const whole = partOf
    .map((parent) => known.get(keyOf({ repository, digest: parent })))
    .find((parent) => parent?.state === 'whole');
  if (whole !== undefined) return whole;
  if (isReferrersList) return NOWHERE;
  const { repositories, everywhere } = context.listPlaces(manifest);
  const answers: HeldInProduction[] = [];
  for (const place of repositories) {
    const answer = await ask(place, digest, context);
    if (answer.state === 'whole' && !everywhere) return answer;
    answers.push(answer);
  }
  return joinAnswers(answers, repositories);
}

// What nobody knows goes before what is wrong (promise 6).
function joinAnswers(
  answers: readonly HeldInProduction[],
  repositories: readonly string[],
): HeldInProduction {
  const worst =
    answers.find(({ state }) => state === 'unknown') ??
    answers.find(({ state }) => state === 'damaged');
  if (worst !== undefined) return worst;
  const isWhole = answers.length > 0 && answers.every(({ state }) => state === 'whole');
  return isWhole && answers[0] !== undefined ? answers[0] : { state: 'absent', repositories };
}

async function ask(
  repository: string,
  digest: Digest,
  { production, prover, signal }: FindContext,
): Promise<HeldInProduction> {
  const head = await production.headManifest(repository, digest, signal);
  if (head.state === 'absent') return { state: 'absent', repositories: [repository] };
  if (head.state === 'unknown') return head;
  const proof = await prover.prove(repository, digest);
  if (proof.state === 'unknown') return proof;
  return proof.state === 'whole'
    ? { state: 'whole', repository }
    : { state: 'damaged', repository, missing: proof.missing, wrong: proof.wrong };
}
