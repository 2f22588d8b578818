import { formatImageRef, type ImageRef, parseImageRef } from '../base/image-ref.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type {
  CatalogEntry,
  MirrorManifest,
  PathRule,
  PerRole,
  RegistryEntry,
  RoleName,
} from '../manifest/types.ts';

/** Where a release payload and its components come from upstream. */
export const RELEASE_PAYLOAD = 'quay.io/openshift-release-dev/ocp-release';
export const RELEASE_COMPONENTS = 'quay.io/openshift-release-dev/ocp-v4.0-art-dev';

/** What of a manifest says where images lie. */
interface PathPlaces extends Pick<MirrorManifest, 'paths'> {
  readonly registries: PerRole<Pick<RegistryEntry, 'host' | 'pathPrefix'>>;
}

// What oc-mirror v2 does without configuration (spec "oc-mirror" §2); a rule of the manifest for the same prefix goes before.
const DEFAULT_RULES: readonly PathRule[] = [
  { from: RELEASE_PAYLOAD, to: both('openshift/release-images'), maxNestedPaths: both(null) },
  { from: RELEASE_COMPONENTS, to: both('openshift/release'), maxNestedPaths: both(null) },
];

/**
 * The repository that holds an upstream image in a registry role, path prefix included. The
 * longest matching rule of `paths` decides; without one the source host is dropped and the path
 * kept, as oc-mirror v2 does (spec "oc-mirror" §2).
 */
export function mapRepository(ref: ImageRef, role: RoleName, manifest: PathPlaces): string {
  const rule = findRule(`${ref.registry}/${ref.repository}`, manifest);
  const placed =
    rule === null
      ? DROP_HOST
      : { from: rule.from, to: rule.to[role], maxNestedPaths: rule.maxNestedPaths[role] };
  return placeBy(placed, ref, manifest.registries[role].pathPrefix);
}

/** A rule of `paths` as it is for one role. */
export interface PlacingRule {
  /** Upstream prefix; empty for whatever has no other rule. */
  readonly from: string;
  readonly to: string;
  readonly maxNestedPaths: number | null;
}

/** Where an image lies that no rule is for. */
export const DROP_HOST: PlacingRule = { from: '', to: '', maxNestedPaths: null };

/** The repository into which a rule that is for an image puts it. */
export function placeBy(
  { from, to, maxNestedPaths }: PlacingRule,
  ref: Pick<ImageRef, 'registry' | 'repository'>,
  pathPrefix: string,
): string {
  const rest = from === '' ? ref.repository : restAfter(`${ref.registry}/${ref.repository}`, from);
  const mapped = joinPath(to, rest);
  return limitNesting(
    joinPath(pathPrefix, mapped === '' ? ref.repository : mapped),
    maxNestedPaths,
  );
}

/** The reference as the registry of a role serves it. */
export function mapReference(ref: ImageRef, role: RoleName, manifest: PathPlaces): string {
  return formatImageRef({
    ...ref,
    registry: manifest.registries[role].host,
    repository: mapRepository(ref, role, manifest),
  });
}

/** The repository of a catalog's index in the registry of a role, path prefix included. */
export function indexRepository(
  { repository }: Pick<CatalogEntry, 'repository'>,
  { registries }: Pick<MirrorManifest, 'registries'>,
  role: RoleName = 'production',
): string {
  return joinPath(registries[role].pathPrefix, repository[role]);
}

/**
 * The repository in the serving registry from which clusters get a catalog's index: under production's name whichever
 * registry that is, since the names of staging are those of deliveries.
 */
export function servedRepository(
  { repository }: Pick<CatalogEntry, 'repository'>,
  manifest: Pick<MirrorManifest, 'strategy' | 'registries'>,
): string {
  return joinPath(manifest.registries[servingRole(manifest)].pathPrefix, repository.production);
}

/**
 * Where the index of a catalog lies in the registry of a role: in the one that serves what clusters get, in the other one
 * what was delivered, or what was served before.
 */
export function indexPlace(
  entry: Pick<CatalogEntry, 'repository' | 'tag'>,
  manifest: Pick<MirrorManifest, 'strategy' | 'swapped' | 'registries'>,
  role: RoleName,
): { readonly repository: string; readonly tag: string } {
  if (role === servingRole(manifest))
    return { repository: servedRepository(entry, manifest), tag: entry.tag.production };
  return { repository: indexRepository(entry, manifest, role), tag: entry.tag[role] };
}

/** What an index is built on or by lies in the serving registry; its host may be left out, and its path prefix with it. */
export function locateBase(
  base: string,
  manifest: Pick<MirrorManifest, 'strategy' | 'registries'>,
): { readonly repository: string; readonly digest: string } {
  const { host, pathPrefix } = manifest.registries[servingRole(manifest)];
  const [first = '', ...rest] = base.split('/');
  const namesHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const ref = parseImageRef(namesHost ? base : `${host}/${joinPath(pathPrefix, base)}`);
  return { repository: ref.repository, digest: ref.digest ?? ref.tag ?? 'latest' };
}

/** Rules of the manifest, then the built-in ones. */
export function listRules(manifest: Pick<MirrorManifest, 'paths'>): readonly PathRule[] {
  return [...manifest.paths, ...DEFAULT_RULES];
}

/** `a` or `a/…` for a prefix `a`; everything for an empty prefix. */
export function hasPathPrefix(path: string, prefix: string): boolean {
  if (prefix === '') return true;
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/');
}

export function restAfter(path: string, prefix: string): string {
  return prefix === '' ? path : path.slice(prefix.length + 1);
}

export function joinPath(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('/');
}

function findRule(upstream: string, manifest: Pick<MirrorManifest, 'paths'>): PathRule | null {
  let best: PathRule | null = null;
  for (const rules of [manifest.paths, DEFAULT_RULES])
    for (const rule of rules) {
      const isLonger = best === null || rule.from.length > best.from.length;
      if (isLonger && hasPathPrefix(upstream, rule.from)) best = rule;
    }
  return best;
}

// oc-mirror: surplus components are joined with "-", so that a/b/c becomes a/b-c under a limit of 2.
function limitNesting(path: string, limit: number | null): string {
  if (limit === null || limit <= 0) return path;
  const parts = path.split('/');
  if (parts.length <= limit) return path;
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join('-')].join('/');
}

function both<T>(value: T): PerRole<T> {
  return { production: value, staging: value };
}
