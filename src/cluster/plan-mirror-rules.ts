import { compareBytes } from '../base/text.ts';
import type { PlacedReference } from '../images/list-references.ts';
import type { RoleName } from '../manifest/types.ts';

/** Objects of which oc-mirror makes one each. */
export const MIRROR_CATEGORIES = ['release', 'operator', 'generic'] as const;
export type MirrorCategory = (typeof MIRROR_CATEGORIES)[number];

/** A line that a cluster needs so that its nodes find images. */
export interface WantedRule {
  readonly source: string;
  /** More than one only where one upstream repository lies in several. */
  readonly mirrors: readonly string[];
  readonly redirects: 'digest' | 'tag';
  readonly category: MirrorCategory;
}

/** The registry from which pods pull. */
export interface ServingPlace {
  readonly role: RoleName;
  readonly host: string;
}

interface Repository {
  /** Host and path upstream. */
  readonly source: string;
  readonly mirrors: Set<string>;
  readonly redirects: Set<WantedRule['redirects']>;
  readonly categories: Set<MirrorCategory>;
}

/**
 * The fewest mirror rules that lead every reference to its place: a namespace stands for its repositories where all of
 * them lie below one path under their own names, else each repository stands for itself. A whole host never does. Digests
 * and tags share the sources, since a node looks at the longest source alone, whatever its rules redirect. Sorted by source.
 */
export function planMirrorRules(
  references: readonly PlacedReference[],
  place: ServingPlace,
): readonly WantedRule[] {
  const repositories = listRepositories(references, place);
  const namespaces = listNamespaces(repositories);
  const merged = new Map<string, Repository>();
  for (const repository of repositories) {
    const namespace = findCovering(repository, namespaces);
    const prefix = namespace ?? { source: repository.source, mirrors: repository.mirrors };
    const known = merged.get(prefix.source) ?? {
      source: prefix.source,
      mirrors: new Set(prefix.mirrors),
      redirects: new Set(),
      categories: new Set(),
    };
    for (const kind of repository.redirects) known.redirects.add(kind);
    for (const category of repository.categories) known.categories.add(category);
    merged.set(prefix.source, known);
  }
  return [...merged.values()]
    .filter(({ source, mirrors }) => mirrors.size !== 1 || !mirrors.has(source))
    .toSorted((a, b) => compareBytes(a.source, b.source))
    .flatMap(toRules);
}

function toRules({ source, mirrors, redirects, categories }: Repository): readonly WantedRule[] {
  const category = MIRROR_CATEGORIES.find((name) => categories.has(name)) ?? 'generic';
  return (['digest', 'tag'] as const)
    .filter((kind) => redirects.has(kind))
    .map((kind) => ({ source, mirrors: [...mirrors], redirects: kind, category }));
}

function listRepositories(
  references: readonly PlacedReference[],
  { role, host }: ServingPlace,
): readonly Repository[] {
  const found = new Map<string, Repository>();
  for (const { ref, kind, repository, byBoth } of references) {
    const source = `${ref.registry}/${ref.repository}`;
    const mirror = `${host}/${repository[role]}`;
    const known = found.get(source) ?? {
      source,
      mirrors: new Set(),
      redirects: new Set(),
      categories: new Set(),
    };
    known.mirrors.add(mirror);
    known.redirects.add(ref.digest === null ? 'tag' : 'digest');
    if (byBoth) known.redirects.add('digest');
    known.categories.add(categoryOf(kind));
    found.set(source, known);
  }
  return [...found.values()].toSorted((a, b) => compareBytes(a.source, b.source));
}

function categoryOf(kind: PlacedReference['kind']): MirrorCategory {
  if (kind === 'release') return 'release';
  return kind === 'bundle' || kind === 'related' ? 'operator' : 'generic';
}

interface Namespace {
  readonly source: string;
  readonly mirrors: ReadonlySet<string>;
}

/** Sources that stand for all repositories below them, each with the one path where these lie. */
function listNamespaces(repositories: readonly Repository[]): ReadonlyMap<string, Namespace> {
  const targets = new Map<string, Set<string>>();
  for (const { source, mirrors } of repositories) {
    for (const parent of listParents(source)) {
      const known = targets.get(parent) ?? new Set();
      for (const mirror of mirrors) known.add(cutTail(mirror, source.slice(parent.length)));
      targets.set(parent, known);
    }
  }
  const all = new Set(repositories.map(({ source }) => source));
  const uniform = [...targets].filter(
    ([parent, found]) => found.size === 1 && !found.has('') && !all.has(parent),
  );
  return new Map(
    uniform.map(([source, mirrors]): [string, Namespace] => [source, { source, mirrors }]),
  );
}

/** Folders above a repository, the nearest first, down to one below the host. */
function listParents(source: string): readonly string[] {
  const parts = source.split('/');
  return parts.slice(2).map((_, index) => parts.slice(0, parts.length - 1 - index).join('/'));
}

// Empty where the mirror does not end as the source does, or nothing would be left but the host.
function cutTail(mirror: string, tail: string): string {
  if (!mirror.endsWith(tail)) return '';
  const rest = mirror.slice(0, -tail.length);
  return rest.includes('/') ? rest : '';
}

function findCovering(
  { source }: Repository,
  namespaces: ReadonlyMap<string, Namespace>,
): Namespace | null {
  const parents = listParents(source).filter((parent) => namespaces.has(parent));
  return namespaces.get(parents.at(-1) ?? '') ?? null;
}
