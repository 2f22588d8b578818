import type { ImageRef } from '../base/image-ref.ts';
import { compareBytes } from '../base/text.ts';
import { DROP_HOST, placeBy } from './map-path.ts';

const MOST_FOLDERS = 4;
/** A repository that ends as an upstream one does says more of its folder than one with the last name alone. */
const WHOLE_PATH = 4;
const JOINED_LIMITS = [1, 2];

/** Folders of a registry under which upstream repositories seem to lie, the likeliest first; at most four. */
export function guessFolders(
  upstream: Iterable<Pick<ImageRef, 'registry' | 'repository'>>,
  listed: readonly string[],
): readonly string[] {
  const tails = listTails(upstream);
  const votes = new Map<string, number>();
  for (const repository of listed) {
    const vote = findVote(repository.split('/'), tails);
    if (vote !== null) votes.set(vote.folder, (votes.get(vote.folder) ?? 0) + vote.weight);
  }
  return [...votes]
    .toSorted(([a, first], [b, second]) => second - first || compareBytes(a, b))
    .slice(0, MOST_FOLDERS)
    .map(([folder]) => folder);
}

interface Tails {
  readonly whole: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
}

function listTails(upstream: Iterable<Pick<ImageRef, 'registry' | 'repository'>>): Tails {
  const whole = new Set<string>();
  const names = new Set<string>();
  for (const ref of upstream) {
    const { registry, repository } = ref;
    whole.add(repository).add(`${registry}/${repository}`);
    for (const maxNestedPaths of JOINED_LIMITS)
      whole.add(placeBy({ ...DROP_HOST, maxNestedPaths }, ref, ''));
    names.add(repository.slice(repository.lastIndexOf('/') + 1));
  }
  return { whole, names };
}

// The longest tail decides; one that is the whole name has no folder.
function findVote(
  parts: readonly string[],
  { whole, names }: Tails,
): { readonly folder: string; readonly weight: number } | null {
  const length = parts.findIndex((_, i) => whole.has(parts.slice(i).join('/')));
  if (length === 0) return null;
  if (length > 0) return { folder: parts.slice(0, length).join('/'), weight: WHOLE_PATH };
  const folder = parts.slice(0, -1).join('/');
  return folder !== '' && names.has(parts.at(-1) ?? '') ? { folder, weight: 1 } : null;
}
