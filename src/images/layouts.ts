import { hasPathPrefix, joinPath, type PlacingRule, restAfter } from './map-path.ts';

/** A way to lay out mirrored images that sites are known to use. */
export interface Layout {
  /** For people: `as oc-mirror does`. */
  readonly name: string;
  /** Rules that say for an upstream prefix what this layout does below it; none where it says nothing there. */
  rulesAt(prefix: string): readonly PlacingRule[];
}

/** What a cluster is told of an upstream prefix: where in the registry it lies. */
export interface MirroredPrefix {
  readonly source: string;
  readonly path: string;
}

export interface KnownLayouts {
  /** Of the mirror rules that name this registry; a source may stand several times. */
  readonly mirrored: readonly MirroredPrefix[];
  /** Folders of the registry under which a layout may begin, without slashes at their ends. */
  readonly folders: readonly string[];
}

const JOINED_LIMITS = [1, 2] as const;

/**
 * The layouts to try at a registry, the likeliest first: what its mirror rules say, what oc-mirror does without and with
 * `--max-nested-paths` (spec "oc-mirror" §2; v1 and v2 differ by tags alone), the source host kept as a folder, and images by
 * their last name alone. All but the first also below each of `folders`.
 */
export function listLayouts({ mirrored, folders }: KnownLayouts): readonly Layout[] {
  const depth = Math.max(0, ...countBySource(mirrored).values());
  const told = Array.from({ length: depth }, (_, nth) => createMirroredLayout(mirrored, nth));
  return [...told, ...['', ...folders].flatMap(listPlainLayouts)];
}

function listPlainLayouts(folder: string): readonly Layout[] {
  const below = folder === '' ? '' : ` below ${folder}`;
  function dropHost(prefix: string): string {
    return joinPath(folder, restAfter(prefix, hostOf(prefix)));
  }
  return [
    {
      name: `as oc-mirror does${below}`,
      rulesAt: (prefix) => [{ from: prefix, to: dropHost(prefix), maxNestedPaths: null }],
    },
    {
      name: `the source host as a folder${below}`,
      // A host with a port is no part of a path.
      rulesAt: (prefix) =>
        prefix.includes(':')
          ? []
          : [{ from: prefix, to: joinPath(folder, prefix), maxNestedPaths: null }],
    },
    ...JOINED_LIMITS.map((limit) => ({
      name: `as oc-mirror --max-nested-paths ${limit} does${below}`,
      rulesAt: (prefix: string) => [
        { from: prefix, to: dropHost(prefix), maxNestedPaths: limit + countParts(folder) },
      ],
    })),
    {
      name: `the last name alone${below}`,
      // Of a namespace, and of one repository, for those that lie deeper than it.
      rulesAt: (prefix) => [
        { from: prefix, to: folder, maxNestedPaths: null },
        { from: prefix, to: joinPath(folder, lastPart(prefix)), maxNestedPaths: null },
      ],
    },
  ];
}

// A registry may hold one source in several folders: each layout takes one of every source, the last where it has fewer.
function createMirroredLayout(mirrored: readonly MirroredPrefix[], nth: number): Layout {
  return {
    name: nth === 0 ? 'as mirror rules say' : `as mirror rules say, mirror ${nth + 1}`,
    rulesAt(prefix) {
      const sources = mirrored.filter(({ source }) => hasPathPrefix(prefix, source));
      const longest = Math.max(0, ...sources.map(({ source }) => source.length));
      const paths = sources.filter(({ source }) => source.length === longest);
      const chosen = paths[Math.min(nth, paths.length - 1)];
      if (chosen === undefined) return [];
      const to = joinPath(chosen.path, restAfter(prefix, chosen.source));
      return [{ from: prefix, to, maxNestedPaths: null }];
    },
  };
}

function countBySource(mirrored: readonly MirroredPrefix[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { source } of mirrored) counts.set(source, (counts.get(source) ?? 0) + 1);
  return counts;
}

function hostOf(prefix: string): string {
  const slash = prefix.indexOf('/');
  return slash === -1 ? prefix : prefix.slice(0, slash);
}

function lastPart(prefix: string): string {
  return prefix.slice(prefix.lastIndexOf('/') + 1);
}

function countParts(path: string): number {
  return path === '' ? 0 : path.split('/').length;
}
