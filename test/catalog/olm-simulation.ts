/**
 * What OLM does in a channel, told a second time in the plainest way and by nothing of `src`, so that
 * laws about upgrades do not rest on the code that they judge. Versions are `x.y.z` only.
 */
export interface RawEntry {
  readonly name: string;
  readonly replaces?: string;
  readonly skips?: readonly string[];
  readonly skipRange?: string;
}

/** Whether OLM gets from what is installed to the head of the channel. */
export function reachesHead(
  entries: readonly RawEntry[],
  installed: { readonly name: string; readonly version: string },
): boolean {
  const skipped = entries.flatMap((entry) => entry.skips ?? []);
  const replaced = entries.map((entry) => entry.replaces);
  const heads = entries.filter(
    (entry) => !skipped.includes(entry.name) && !replaced.includes(entry.name),
  );
  const [head] = heads;
  if (head === undefined || heads.length > 1) return false;
  const chain: RawEntry[] = [];
  let link: RawEntry | undefined = head;
  while (link !== undefined) {
    if (chain.includes(link)) return false;
    chain.push(link);
    const below: string | undefined = link.replaces;
    link = entries.find((entry) => entry.name === below);
  }
  const offered = chain.filter((entry) => !skipped.includes(entry.name));
  let at = installed;
  for (let hop = 0; hop <= offered.length + 1; hop += 1) {
    if (at.name === head.name) return true;
    const now = at;
    const next = offered.find((entry) => entry.name !== now.name && accepts(entry, now));
    if (next === undefined) return false;
    at = { name: next.name, version: versionIn(next.name) };
  }
  return false;
}

function accepts(
  entry: RawEntry,
  from: { readonly name: string; readonly version: string },
): boolean {
  return (
    (from.name !== '' && (entry.replaces === from.name || entry.skips?.includes(from.name))) ||
    holds(entry.skipRange ?? '', from.version)
  );
}

/** The version that a name of the sample catalogs ends in. */
export function versionIn(name: string): string {
  return /\d+\.\d+\.\d+$/.exec(name)?.[0] ?? '';
}

function holds(range: string, version: string): boolean {
  if (range === '' || version === '') return false;
  return range
    .split(' || ')
    .some((alternative) => alternative.split(' ').every((bound) => meets(bound, version)));
}

function meets(bound: string, version: string): boolean {
  const order = rank(version) - rank(bound.replace(/^[<>=]+/, ''));
  if (bound.startsWith('>=')) return order >= 0;
  if (bound.startsWith('<=')) return order <= 0;
  if (bound.startsWith('>')) return order > 0;
  return bound.startsWith('<') ? order < 0 : order === 0;
}

function rank(version: string): number {
  return version.split('.').reduce((sum, part) => sum * 1_000 + Number(part), 0);
}
