import { type GitPlace, tryGit } from './run-git.ts';

/** A name for commits where git has none: a machine that only runs olmirror is set up for nobody. */
export async function signOff(place: GitPlace, address: string): Promise<GitPlace> {
  const email = (await tryGit(place, ['config', '--get', 'user.email'])) ?? '';
  if (email !== '' || place.environment['GIT_COMMITTER_EMAIL'] !== undefined) return place;
  return nameAs(place, ['AUTHOR', 'COMMITTER'], { name: 'olmirror', email: address });
}

/** Who a commit is of. */
export interface Person {
  readonly name: string;
  readonly email: string;
}

export function nameAs(
  place: GitPlace,
  parts: readonly ('AUTHOR' | 'COMMITTER')[],
  { name, email }: Person,
): GitPlace {
  const names = parts.flatMap((part) => [
    [`GIT_${part}_NAME`, name],
    [`GIT_${part}_EMAIL`, email],
  ]);
  return { ...place, environment: { ...place.environment, ...Object.fromEntries(names) } };
}
