import type { PlacedReference } from '../images/list-references.ts';
import { planMirrorRules, type ServingPlace, type WantedRule } from './plan-mirror-rules.ts';

export interface SwapRules {
  readonly rules: readonly WantedRule[];
  /** Sources that the old registry has at other places, so that these rules name the new one alone. */
  readonly without: readonly string[];
}

/** The mirror rules of the new registry, with the old one behind it wherever a rule can stand for both. */
export function planSwapRules(
  references: readonly PlacedReference[],
  { to, from }: { readonly to: ServingPlace; readonly from: ServingPlace },
): SwapRules {
  const old = new Map(planMirrorRules(references, from).map((rule) => [keyOf(rule), rule]));
  const without: string[] = [];
  const rules = planMirrorRules(references, to).map((rule) => {
    const second = old.get(keyOf(rule));
    if (second === undefined) {
      without.push(rule.source);
      return rule;
    }
    return { ...rule, mirrors: [...rule.mirrors, ...second.mirrors] };
  });
  return { rules, without: [...new Set(without)] };
}

function keyOf({ source, redirects }: WantedRule): string {
  return `${source} ${redirects}`;
}
