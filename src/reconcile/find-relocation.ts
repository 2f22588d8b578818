import { isToolError, type ToolError } from '../base/tool-error.ts';
import { listStops, type RelocateFacts, type Relocation } from '../plan/advise-strategies.ts';
import { listComing } from '../plan/forecast.ts';
import { createAmount, findImage, joinBlobs, sumBlobs } from '../plan/held.ts';
import { buildIndexes } from './build-forecast-indexes.ts';
import type { Use } from './judge-use.ts';
import type { LookedSite } from './look-at-site.ts';
import type { PreparedPass } from './prepare-pass.ts';

/** What relocate would take along, and why it cannot be followed. Without all that is in use nothing is told: less would be a wrong number. */
export async function findRelocation(
  planned: PreparedPass | ToolError,
  { held }: LookedSite,
  { inUse, blockers }: Use,
): Promise<Pick<RelocateFacts, 'relocation' | 'blockers'>> {
  if (inUse === null) return { relocation: null, blockers };
  if (isToolError(planned)) {
    const stop = { kind: 'not-planned' as const, number: 1, names: [planned.message] };
    return { relocation: null, blockers: [...blockers, stop] };
  }
  const { plan } = planned;
  const coming = listComing(plan, 'staging', { held, built: await buildIndexes(planned) });
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
  planned: PreparedPass | ToolError,
  site: LookedSite,
  { inUse, blockers }: Use,
): ReadonlySet<string> | null {
  if (isToolError(planned) || inUse === null || blockers.length > 0) return null;
  const kept = planned.wanted.images.flatMap((wanted) => {
    const found = findImage(wanted, ['production'], site.held);
    return found === null ? [] : [`${found.image.repository}@${found.image.digest}`];
  });
  return new Set(kept);
}
