import { checkOf } from './index-checks.ts';
import { formatImmutableTag } from './item.ts';
import type { IndexStanding } from './judge-index.ts';
import type { Check, ObservedIndex, WantedIndex } from './types.ts';

/** How the index tag came to serve something else than Git says, where nobody else's index lies under it. */
export type Drift = 'no-index' | 'moved-back' | 'tag-gone';

/** Tells drift from what a commit changed, and from what must not be replaced; null for both. */
export function findDrift(
  standing: IndexStanding,
  { movedBack }: Pick<ObservedIndex, 'movedBack'>,
): Drift | null {
  if (standing === 'no-index') return 'no-index';
  if (!movedBack) return null;
  if (standing === 'absent') return 'tag-gone';
  return standing === 'ours' || standing === 'taken-in' ? 'moved-back' : null;
}

const KEPT = 'What the tag leaves keeps a tag of its own.';

/** What a person must know of a drift that `apply` brings back. */
export function driftCheck(wanted: WantedIndex, drift: Drift): Check {
  const tag = `${wanted.repository}:${wanted.tag}`;
  const [what, hint] = describeDrift(drift, wanted);
  return {
    ...checkOf(wanted),
    kind: drift === 'tag-gone' ? 'loss' : 'drift',
    severity: 'warning',
    message:
      drift === 'tag-gone' ? `${tag} ${what}` : `${tag} in ${wanted.serving} drifted: ${what}`,
    hint: drift === 'tag-gone' ? hint : `${hint} ${KEPT}`,
  };
}

function describeDrift(
  drift: Drift,
  { tag, imageId, serving }: WantedIndex,
): readonly [what: string, hint: string] {
  const goal = formatImmutableTag(tag, imageId);
  switch (drift) {
    case 'no-index':
      return [
        'it holds an image that is no index, so that OperatorHub shows nothing of this catalog.',
        'Find out who pushed it; `olmirror apply` brings the index back.',
      ];
    case 'moved-back':
      return [
        `it serves an earlier index, though ${serving} holds the one that Git wants (${goal}). Somebody moved it back, or a pass ended before it moved it.`,
        'To hold an earlier index, use `olmirror index rollback`; else `olmirror apply` moves the tag.',
      ];
    case 'tag-gone':
      return [
        `is gone from ${serving}, which still holds its index as ${goal}: the tag was removed, or a pass ended before it gave it.`,
        '`olmirror apply` gives it back. Find out what removes tags there.',
      ];
  }
}
