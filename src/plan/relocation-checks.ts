import { formatCount, joinNames } from '../base/text.ts';
import type { UnmetRequirement } from '../catalog/filter-types.ts';
import type { HeldBundle } from './held-bundles.ts';
import { checkOf, type IndexCheck } from './index-checks.ts';
import type { Check, KeptShare, WantedIndex } from './types.ts';

/** What `relocate` knows of what is in use. */
export interface RelocationFacts {
  /** Why nobody knows all that is in use; none where everybody does. */
  readonly gaps: readonly { readonly message: string; readonly hint: string }[];
  /** By catalog, what clusters have of it and Git lacks. */
  readonly lost: ReadonlyMap<string, readonly HeldBundle[]>;
  /** What clusters have, and no catalog that anybody knows. */
  readonly ofNone: readonly HeldBundle[];
  /** What they have of CatalogSources that are not the manifest's. */
  readonly ofOthers: readonly HeldBundle[];
  readonly kept: ReadonlyMap<string, KeptFacts>;
  /** Images in use that nobody can name upstream. */
  readonly unnamed: readonly string[];
}

export interface KeptFacts {
  readonly share: KeptShare;
  readonly unmet: readonly UnmetRequirement[];
  /** `package/bundle` of those whose requirements only OLM can judge. */
  readonly unclear: readonly string[];
  /** Delivery records that do not say what was brought: `2026-11-20 sha256:…`. */
  readonly unsaid: readonly string[];
}

interface RelocationInput {
  /** Left out under `append`. */
  readonly relocation?: RelocationFacts;
}

const SHOWN = 5;

/** What keeps the index of one catalog from being relocated; nothing while a pin holds it. */
export function judgeRelocation(
  wanted: Pick<WantedIndex, 'catalog' | 'pin'>,
  { relocation }: RelocationInput,
): readonly IndexCheck[] {
  if (relocation === undefined || wanted.pin !== null) return [];
  const { gaps, lost, ofNone } = relocation;
  const own = [...(lost.get(wanted.catalog) ?? []), ...ofNone];
  return [
    ...gaps.map((gap) => block(wanted, gap)),
    ...(own.length === 0 ? [] : [block(wanted, describeLost(wanted, own))]),
  ];
}

/** What a person should know of what is kept, and what is not. */
export function checkRelocation({ relocation }: RelocationInput): readonly Check[] {
  if (relocation === undefined) return [];
  const { ofOthers, unnamed, kept } = relocation;
  return [
    ...(ofOthers.length === 0
      ? []
      : [
          warn(null, {
            message: `Clusters have ${formatCount(ofOthers.length, 'bundle')} of CatalogSources that no catalog of mirror.yaml serves: ${nameHeld(ofOthers)}. They are not relocated.`,
            hint: 'If one comes from here, correct catalogSource of its catalog in mirror.yaml; `olmirror relocate check` looks for their images all the same.',
          }),
        ]),
    ...(unnamed.length === 0
      ? []
      : [
          warn(null, {
            message: `${formatCount(unnamed.length, 'image')} in use cannot be named upstream, so nobody relocates them: ${joinNames(unnamed)}.`,
            hint: 'Give their prefix a rule in spec.paths of mirror.yaml, or copy them by hand; `olmirror relocate check` names those that are not there.',
          }),
        ]),
    ...[...kept].flatMap(([catalog, facts]) => checkKept(catalog, facts)),
  ];
}

function checkKept(catalog: string, { unmet, unclear, unsaid }: KeptFacts): readonly Check[] {
  const [first] = unmet;
  return [
    ...(first === undefined
      ? []
      : [
          {
            ...warn(catalog, {
              message: `${formatCount(unmet.length, 'requirement')} of kept bundles of ${catalog}, and nothing in Git provides them: ${first.bundle} requires ${first.requires}${unmet.length === 1 ? '' : ', and others'}.`,
              hint: 'Nothing is left behind by it: no catalog of mirror.yaml has what they require.',
            }),
            kind: 'required' as const,
          },
        ]),
    ...(unclear.length === 0
      ? []
      : [
          {
            ...warn(catalog, {
              message: `What ${formatCount(unclear.length, 'kept bundle')} of ${catalog} require by rules (olm.constraint) only OLM can judge: ${joinNames(unclear)}.`,
              hint: 'Look at these rules; what they need besides is kept where a delivery or in-use.yaml names it.',
            }),
            kind: 'required' as const,
          },
        ]),
    ...(unsaid.length === 0
      ? []
      : [
          warn(catalog, {
            message: `${formatCount(unsaid.length, 'delivery record')} of ${catalog} ${unsaid.length === 1 ? 'does' : 'do'} not say what was brought, so all of the catalog is kept: ${joinNames(unsaid)}.`,
            hint: `\`olmirror merge ${catalog}\` of the same delivery writes it into the record; commit that.`,
          }),
        ]),
  ];
}

function describeLost(
  { catalog }: Pick<WantedIndex, 'catalog'>,
  held: readonly HeldBundle[],
): { readonly message: string; readonly hint: string } {
  return {
    message: `Git's catalog ${catalog} lacks ${formatCount(held.length, 'bundle')} that clusters have: ${nameHeld(held)}. An index without them would leave their Subscriptions nothing to resolve.`,
    hint: `Take them back into Git: \`olmirror merge ${catalog} --from production\`, or a delivery that has them, and end what rules/${catalog}/exclude.yaml says of them; or uninstall them, look again with \`olmirror in-use\`, and commit.`,
  };
}

function nameHeld(held: readonly HeldBundle[]): string {
  const shown = held
    .slice(0, SHOWN)
    .map(({ bundle, user, cluster }) => `${bundle} (${user} of ${cluster})`)
    .join('; ');
  return held.length > SHOWN ? `${shown}; and ${held.length - SHOWN} more` : shown;
}

function block(
  wanted: Pick<WantedIndex, 'catalog'>,
  words: { readonly message: string; readonly hint: string },
): IndexCheck {
  return { ...checkOf(wanted), kind: 'in-use', severity: 'blocked', ...words, code: 'PLAN_IN_USE' };
}

function warn(
  catalog: string | null,
  words: { readonly message: string; readonly hint: string },
): Check {
  return { kind: 'in-use', severity: 'warning', ...words, catalog, item: null, neededBy: [] };
}
