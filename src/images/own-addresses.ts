import { formatImageRef, type ImageRef, tryParseImageRef } from '../base/image-ref.ts';
import { compareBytes } from '../base/text.ts';
import type { PerRole, RoleName } from '../manifest/types.ts';
import type { DerivedPathRule } from './derive-paths.ts';
import type { MirroredPrefix } from './layouts.ts';
import { DROP_HOST, hasPathPrefix, joinPath, placeBy, restAfter } from './map-path.ts';

/** The hosts of each role, aliases included, and what clusters are told of them. */
export interface OwnRegistries {
  readonly hosts: PerRole<readonly string[]>;
  readonly mirrored: PerRole<readonly MirroredPrefix[]>;
}

export interface SplitReferences {
  /** Upstream name of each reference that has one. */
  readonly names: ReadonlyMap<string, string>;
  /** Upstream, each once; those behind our own hosts included where mirror rules tell them. */
  readonly upstream: readonly string[];
  /** What of our own hosts mirror rules turned back. */
  readonly turned: readonly TurnedAddress[];
  /** References to our own hosts of which nobody knows what they are upstream. */
  readonly unclear: readonly string[];
}

export interface TurnedAddress {
  readonly role: RoleName;
  /** The mirror rule that leads back. */
  readonly mirrored: MirroredPrefix;
}

const ROLES = ['production', 'staging'] as const;

/** Tells upstream references from those that name our own registries; what is no reference at all is left out. */
export function splitReferences(references: Iterable<string>, own: OwnRegistries): SplitReferences {
  const names = new Map<string, string>();
  const turned: TurnedAddress[] = [];
  const unclear: string[] = [];
  for (const reference of new Set(references)) {
    const ref = tryParseImageRef(reference);
    if (ref === null) continue;
    const role = ROLES.find((name) => own.hosts[name].includes(ref.registry));
    if (role === undefined) {
      names.set(reference, reference);
      continue;
    }
    const mirrored = findMirrored(ref.repository, own.mirrored[role]);
    if (mirrored === null) {
      unclear.push(reference);
      continue;
    }
    names.set(reference, turnBack(ref, mirrored));
    turned.push({ role, mirrored });
  }
  return { names, upstream: [...new Set(names.values())], turned, unclear };
}

/** Adds a rule for each mirror rule that the way back from our own hosts needs, where none stands at its prefix. */
export function addBackwardRules(
  rules: readonly DerivedPathRule[],
  turned: readonly TurnedAddress[],
): readonly DerivedPathRule[] {
  const all = new Map(rules.map((rule) => [rule.from, rule]));
  for (const { role, mirrored } of turned) {
    const { source: from, path } = mirrored;
    if (all.has(from)) continue;
    all.set(from, {
      from,
      to: {
        production: placeAbove(from, 'production', rules),
        staging: placeAbove(from, 'staging', rules),
        [role]: path,
      },
      maxNestedPaths: { production: null, staging: null },
      hits: { production: 0, staging: 0 },
      found: { production: 0, staging: 0 },
    });
  }
  return [...all.values()].toSorted((a, b) => compareBytes(a.from, b.from));
}

function placeAbove(prefix: string, role: RoleName, rules: readonly DerivedPathRule[]): string {
  const [registry = '', ...path] = prefix.split('/');
  const [above] = rules
    .filter(({ from }) => hasPathPrefix(prefix, from))
    .toSorted((a, b) => b.from.length - a.from.length);
  const rule =
    above === undefined
      ? DROP_HOST
      : { from: above.from, to: above.to[role], maxNestedPaths: above.maxNestedPaths[role] };
  return placeBy(rule, { registry, repository: path.join('/') }, '');
}

// The longest path that leads to the repository; several sources behind it leave the address unclear.
function findMirrored(
  repository: string,
  mirrored: readonly MirroredPrefix[],
): MirroredPrefix | null {
  const leading = mirrored.filter(({ path }) => hasPathPrefix(repository, path));
  const longest = Math.max(...leading.map(({ path }) => path.length));
  const best = leading.filter(({ path }) => path.length === longest);
  const [first] = best;
  return first !== undefined && best.every(({ source }) => source === first.source) ? first : null;
}

function turnBack(ref: ImageRef, { source, path }: MirroredPrefix): string {
  const [registry = '', ...above] = source.split('/');
  const repository = joinPath(...above, restAfter(ref.repository, path));
  return formatImageRef({ ...ref, registry, repository });
}
