import { isToolError, type ToolError } from '../base/tool-error.ts';
import { listStops, type RelocateFacts, type Relocation } from '../plan/advise-strategies.ts';
import { type Coming, listComing } from '../plan/forecast.ts';
import { createAmount, findImage, joinBlobs, sumBlobs } from '../plan/held.ts';
import { buildIndexes } from './build-forecast-indexes.ts';
import type { Use } from './judge-use.ts';
import type { LookedSite } from './look-at-site.ts';
import type { PreparedPass } from './prepare-pass.ts';

interface KeptFacts {
  readonly site: LookedSite;
  readonly use: Use;
  /** A delivery in staging is not in Git yet. */
  readonly isWaiting: boolean;
}

/** What relocate would take along, and why it cannot be followed. Without all that is in use nothing is told: less would be a wrong number. */
export async function findRelocation(
  planned: PreparedPass | ToolError | null,
  { site: { held }, use: { blockers }, isWaiting }: KeptFacts,
): Promise<Pick<RelocateFacts, 'relocation' | 'blockers'>> {
  if (planned === null) return { relocation: null, blockers };
  if (isToolError(planned)) {
    const stop = { kind: 'not-planned' as const, number: 1, names: [planned.message] };
    return { relocation: null, blockers: [...blockers, stop] };
  }
  const { plan } = planned;
  const fromPlan = listComing(plan, 'staging', { held, built: await buildIndexes(planned) });
  const coming: Coming = isWaiting
    ? { ...fromPlan, doubts: [...fromPlan.doubts, 'not-merged'] }
    : fromPlan;
  const { images } = planned.wanted;
  const kept = images.flatMap((image) => findImage(image, ['staging', 'production'], held) ?? []);
  const blobs = joinBlobs(kept.map(({ image, role }) => held[role].blobsOf(image)));
  const isWhole = kept.length === images.length;
  const relocation: Relocation = {
    plan,
    coming,
    kept: createAmount(sumBlobs(blobs), isWhole ? [] : ['gone']),
  };
  return { relocation, blockers: [...blockers, ...listStops(plan, 'not-planned')] };
}

/** `repository@digest` in production of what relocate takes along; null where nobody knows. */
export function listKept(
  planned: PreparedPass | ToolError | null,
  { site, use }: Omit<KeptFacts, 'isWaiting'>,
): ReadonlySet<string> | null {
  if (planned === null || isToolError(planned) || use.blockers.length > 0) return null;
  const kept = planned.wanted.images.flatMap((wanted) => {
    const found = findImage(wanted, ['production'], site.held);
    return found === null ? [] : [`${found.image.repository}@${found.image.digest}`];
  });
  return new Set(kept);
}
