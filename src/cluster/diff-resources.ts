import { compareBytes } from '../base/text.ts';
import type { PlacedReference } from '../images/list-references.ts';
import type { ObservedMirror } from '../manifest/observed-cluster.ts';
import { buildResources, type ResourceNeeds } from './build-resources.ts';
import { diffObjects } from './diff-objects.ts';
import { MIRROR_KINDS } from './mirror-rules.ts';
import { planMirrorRules, type ServingPlace, type WantedRule } from './plan-mirror-rules.ts';
import type { ClusterObject } from './read-objects.ts';
import { resolveImage } from './resolve-image.ts';
import type {
  NodeEffect,
  ResourcesDiff,
  RuleDifference,
  UnresolvedImage,
} from './resources-diff-types.ts';

/** What a cluster is told, as far as it is known. */
export interface ObservedResources {
  readonly against: string;
  readonly rules: readonly ObservedMirror[];
  /** Null where only its mirror rules are known. */
  readonly objects: readonly ClusterObject[] | null;
}

/**
 * Holds what a cluster is told against what it must be told. Every wanted image is resolved as a node would: one that
 * never leads to the registry that holds it is unresolved, and makes the exit code 4; other differences make it 2.
 * What leads to other registries is none of ours and no difference.
 */
export function diffResources(needs: ResourceNeeds, observed: ObservedResources): ResourcesDiff {
  const { references, place } = needs;
  const judged = references.flatMap((it) => judgeReference(it, place, observed.rules));
  const wanted = planMirrorRules(references, place).filter(
    ({ redirects }) => redirects === 'digest' || !isPolicyOnly(needs),
  );
  const rules = diffRules(wanted, observed.rules, place);
  const others = buildResources(needs).filter(({ kind }) => !MIRROR_KINDS.has(kind));
  const objects =
    observed.objects === null ? [] : diffObjects(others, observed.objects, place.host);
  const unresolved = judged.filter(({ found }) => found < 0).map(({ image }) => image);
  const late = judged.filter(({ found }) => found > 0).map(({ image }) => image);
  const differs = rules.length > 0 || objects.length > 0;
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'ResourcesDiff',
    against: observed.against,
    host: place.host,
    images: references.length,
    unresolved: sortImages(unresolved),
    late: sortImages(late),
    rules,
    objects,
    effect: worstEffect(rules.map(({ effect }) => effect)),
    exitCode: codeOf(unresolved.length > 0, differs),
  };
}

function codeOf(isUnresolved: boolean, differs: boolean): ResourcesDiff['exitCode'] {
  if (isUnresolved) return 4;
  return differs ? 2 : 0;
}

function isPolicyOnly({ clusterVersion }: ResourceNeeds): boolean {
  return clusterVersion !== null && clusterVersion.major <= 4 && clusterVersion.minor < 13;
}

interface Judged {
  readonly image: UnresolvedImage;
  /** At which attempt the right place is asked; -1 for never. */
  readonly found: number;
}

function judgeReference(
  { reference, ref, repository, byBoth }: PlacedReference,
  { role, host }: ServingPlace,
  rules: readonly ObservedMirror[],
): readonly Judged[] {
  const name = `${ref.registry}/${ref.repository}`;
  const target = `${host}/${repository[role]}`;
  // Nodes know a payload by its digest, which only the payload tells.
  const forms = byBoth ? [reference, `${name}@sha256:${'0'.repeat(64)}`] : [reference];
  return forms.map((form) => {
    const asked = resolveImage(form, rules).map((attempt) => attempt.reference);
    const expected = `${target}${form.slice(name.length)}`;
    const shown = form === reference ? form : `${name}@sha256:…`;
    return {
      image: {
        reference: shown,
        place: target,
        asked: asked.map((text) => text.replace(/@sha256:0{64}$/, '@sha256:…')),
      },
      found: asked.indexOf(expected),
    };
  });
}

function sortImages(images: readonly UnresolvedImage[]): readonly UnresolvedImage[] {
  return images.toSorted((a, b) => compareBytes(a.reference, b.reference));
}

function diffRules(
  wanted: readonly WantedRule[],
  observed: readonly ObservedMirror[],
  { host }: ServingPlace,
): readonly RuleDifference[] {
  const known = Map.groupBy(observed, keyOf);
  const expected = new Set(wanted.map(keyOf));
  const objects = new Set(observed.map(({ object }) => object));
  const ours = observed.filter(({ mirrors }) =>
    mirrors.some((mirror) => mirror === host || mirror.startsWith(`${host}/`)),
  );
  const found = [
    ...wanted.flatMap((rule) =>
      diffRule(rule, known.get(keyOf(rule)) ?? [], objects.has(nameMirrorObject(rule))),
    ),
    ...ours
      .filter((rule) => !expected.has(keyOf(rule)))
      .map(
        ({ source, redirects, mirrors, object }): RuleDifference => ({
          difference: 'superfluous',
          source,
          redirects,
          observed: mirrors,
          wanted: null,
          object,
          effect: 'drain',
        }),
      ),
  ];
  return found.toSorted(
    (a, b) => compareBytes(a.source, b.source) || compareBytes(a.redirects, b.redirects),
  );
}

function keyOf({ source, redirects }: Pick<WantedRule, 'source' | 'redirects'>): string {
  return `${source} ${redirects}`;
}

// Rules of one source are asked together, in their order.
function diffRule(
  { source, redirects, mirrors }: WantedRule,
  known: readonly ObservedMirror[],
  isChange: boolean,
): readonly RuleDifference[] {
  const [first] = known;
  if (first === undefined) {
    const effect = redirects === 'digest' && !isChange ? 'reload' : 'drain';
    return [
      {
        difference: 'missing',
        source,
        redirects,
        observed: null,
        wanted: mirrors,
        object: null,
        effect,
      },
    ];
  }
  const asked = [...new Set(known.flatMap((rule) => rule.mirrors))];
  if (asked.join(' ') === mirrors.join(' ')) return [];
  return [
    {
      difference: 'different',
      source,
      redirects,
      observed: asked,
      wanted: mirrors,
      object: first.object,
      effect: 'drain',
    },
  ];
}

// A line added to an object that is there changes it.
function nameMirrorObject({ redirects, category }: WantedRule): string {
  return redirects === 'digest'
    ? `ImageDigestMirrorSet idms-${category}-0`
    : `ImageTagMirrorSet itms-${category}-0`;
}

function worstEffect(effects: readonly NodeEffect[]): NodeEffect {
  if (effects.includes('drain')) return 'drain';
  return effects.includes('reload') ? 'reload' : 'none';
}
