import pLimit from 'p-limit';
import type { EmitEvent } from '../base/events.ts';
import { compareBytes } from '../base/text.ts';
import { hasPathPrefix } from '../images/map-path.ts';

export interface RepositoryWalk<T> {
  /** All that the registry lists; null where it lists none. */
  readonly listed: readonly string[] | null;
  /** What is looked at in any case, since a listing may leave out what it should not. */
  readonly known: Iterable<string>;
  /** Of the role; what lies outside of it is not looked at. */
  readonly pathPrefix: string;
  readonly lookAt: (repository: string) => Promise<T>;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

export interface WalkedRepositories<T> {
  /** In byte order of their names. */
  readonly seen: readonly T[];
  /** How many the registry lists outside of the path prefix. */
  readonly outside: number;
}

const REPOSITORIES_AT_A_TIME = 4;

/** Looks at the repositories of a registry, a few at a time, and tells how far it has come. */
export async function walkRepositories<T>(walk: RepositoryWalk<T>): Promise<WalkedRepositories<T>> {
  const { known, pathPrefix, lookAt, emit, signal } = walk;
  const listed = walk.listed ?? [];
  const inside = listed.filter((name) => hasPathPrefix(name, pathPrefix));
  const names = [...new Set([...inside, ...known])].toSorted(compareBytes);
  const limit = pLimit(REPOSITORIES_AT_A_TIME);
  let done = 0;
  emit({ kind: 'audit-started', repositories: names.length });
  const seen = await Promise.all(
    names.map((repository) =>
      limit(async () => {
        signal.throwIfAborted();
        const found = await lookAt(repository);
        done += 1;
        emit({ kind: 'audit-progress', done, total: names.length });
        return found;
      }),
    ),
  );
  return { seen, outside: listed.length - inside.length };
}
