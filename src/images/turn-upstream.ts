import { formatImageRef, type ImageRef, parseImageRef } from '../base/image-ref.ts';
import { compareBytes } from '../base/text.ts';
import type { MirrorManifest, RoleName } from '../manifest/types.ts';
import { hasPathPrefix, joinPath, listRules, mapRepository, restAfter } from './map-path.ts';

/**
 * What an address means upstream: `foreign` names none of our hosts and stays; `turned` is the
 * upstream address behind one of ours; `ambiguous` names one of our hosts, but `paths` leads to no
 * or to several upstream addresses.
 */
export type UpstreamAddress =
  | { readonly kind: 'foreign' }
  | { readonly kind: 'turned'; readonly reference: string }
  | { readonly kind: 'ambiguous'; readonly candidates: readonly string[] };

/**
 * Turns an address at one of our registries back into the upstream one, because Git always holds
 * upstream addresses (design §6). Rules of `paths` are read backwards; where they do not settle
 * it, `known` does: upstream references that Git names already, which map to this very location.
 */
export function turnUpstream(
  reference: string,
  manifest: Pick<MirrorManifest, 'paths' | 'registries'>,
  known: readonly string[] = [],
): UpstreamAddress {
  const ref = parseImageRef(reference);
  const roles = (['production', 'staging'] as const).filter((role) => isOurs(ref, role, manifest));
  if (roles.length === 0) return { kind: 'foreign' };
  const byRule = new Set(roles.flatMap((role) => readRulesBackwards(ref, role, manifest)));
  if (byRule.size === 1) return { kind: 'turned', reference: [...byRule][0] ?? '' };
  const byGit = new Set(
    known
      .map((text) => retarget(text, ref))
      .filter((text) => roles.some((role) => mapsTo(text, ref, { role, manifest }))),
  );
  if (byGit.size === 1) return { kind: 'turned', reference: [...byGit][0] ?? '' };
  return { kind: 'ambiguous', candidates: [...byRule, ...byGit].toSorted(compareBytes) };
}

function isOurs(
  ref: ImageRef,
  role: RoleName,
  manifest: Pick<MirrorManifest, 'registries'>,
): boolean {
  const registry = manifest.registries[role];
  return (
    (ref.registry === registry.host || registry.aliases.includes(ref.registry)) &&
    hasPathPrefix(ref.repository, registry.pathPrefix)
  );
}

function readRulesBackwards(
  ref: ImageRef,
  role: RoleName,
  manifest: Pick<MirrorManifest, 'paths' | 'registries'>,
): readonly string[] {
  const path = restAfter(ref.repository, manifest.registries[role].pathPrefix);
  const rules = listRules(manifest).filter(
    (rule) => rule.from !== '' && hasPathPrefix(path, rule.to[role]),
  );
  const longest = Math.max(...rules.map((rule) => rule.to[role].length));
  return rules
    .filter((rule) => rule.to[role].length === longest)
    .map((rule) => retarget(joinPath(rule.from, restAfter(path, rule.to[role])), ref))
    .filter((text) => mapsTo(text, ref, { role, manifest }));
}

// Only a rule that maps the result to where it came from is a way back.
function mapsTo(
  upstream: string,
  ref: ImageRef,
  target: {
    readonly role: RoleName;
    readonly manifest: Pick<MirrorManifest, 'paths' | 'registries'>;
  },
): boolean {
  return mapRepository(parseImageRef(upstream), target.role, target.manifest) === ref.repository;
}

function retarget(upstream: string, ref: ImageRef): string {
  const { registry, repository } = parseImageRef(upstream);
  return formatImageRef({ registry, repository, tag: ref.tag, digest: ref.digest });
}
