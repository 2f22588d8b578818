import { compareBytes } from '../base/text.ts';
import type { PathRule, PerRole } from '../manifest/types.ts';
import type { Layout } from './layouts.ts';
import { DROP_HOST, hasPathPrefix, listRules, type PlacingRule, placeBy } from './map-path.ts';

/** An upstream repository, and how many of its images lie in which repositories of a registry. */
export interface FoundRepository {
  readonly registry: string;
  readonly repository: string;
  /** Repository in the registry, without path prefix → images that were found there. */
  readonly images: ReadonlyMap<string, number>;
}

/** A rule of `paths` for one role, and what speaks for it. */
interface DerivedRule extends PlacingRule {
  /** Images that lie where the rule says. */
  readonly hits: number;
  /** Images that were found anywhere, of those that the rule is for. */
  readonly found: number;
}

/** A rule of `paths`, and of each role how many of the images that it is for lie where it says. */
export interface DerivedPathRule extends PathRule {
  readonly hits: PerRole<number>;
  readonly found: PerRole<number>;
}

/**
 * Finds the rules under which most found images lie where the rules say, and of such the fewest; where rules are equally good,
 * those of the layout that stands first, at the shortest prefix. What lies where olmirror looks without rules gets none.
 * Equal inputs give equal rules, whatever their order.
 */
export function derivePaths(
  found: PerRole<readonly FoundRepository[]>,
  layouts: PerRole<readonly Layout[]>,
): readonly DerivedPathRule[] {
  const production = deriveRules(found.production, layouts.production);
  const staging = deriveRules(found.staging, layouts.staging);
  const prefixes = new Set([...production, ...staging].map(({ from }) => from));
  return [...prefixes].toSorted(compareBytes).map((from) => {
    const own = { production: ruleAt(from, production), staging: ruleAt(from, staging) };
    return {
      from,
      to: { production: own.production.to, staging: own.staging.to },
      maxNestedPaths: {
        production: own.production.maxNestedPaths,
        staging: own.staging.maxNestedPaths,
      },
      hits: { production: own.production.hits, staging: own.staging.hits },
      found: { production: own.production.found, staging: own.staging.found },
    };
  });
}

function deriveRules(
  found: readonly FoundRepository[],
  layouts: readonly Layout[],
): readonly DerivedRule[] {
  const root = buildTree(found.toSorted((a, b) => compareBytes(nameOf(a), nameOf(b))));
  for (const child of root.children.values()) collectCandidates(child, layouts);
  const chosen: PlacingRule[] = [];
  const costs: Costs = new Map();
  chooseRules(root, DROP_HOST, { costs, chosen });
  return chosen.map((rule) => countHits(rule, chosen, found));
}

interface TreeNode {
  readonly prefix: string;
  readonly children: Map<string, TreeNode>;
  repository: FoundRepository | null;
  /** Rules that put at least one image below this node where it lies. */
  candidates: readonly PlacingRule[];
}

function buildTree(found: readonly FoundRepository[]): TreeNode {
  const root = makeNode('');
  for (const repository of found) {
    let node = root;
    for (const part of nameOf(repository).split('/')) {
      const prefix = node.prefix === '' ? part : `${node.prefix}/${part}`;
      const next = node.children.get(part) ?? makeNode(prefix);
      node.children.set(part, next);
      node = next;
    }
    node.repository = repository;
  }
  return root;
}

function makeNode(prefix: string): TreeNode {
  return { prefix, children: new Map(), repository: null, candidates: [] };
}

function collectCandidates(node: TreeNode, layouts: readonly Layout[]): readonly FoundRepository[] {
  const below = [...node.children.values()].flatMap((child) => collectCandidates(child, layouts));
  const all = node.repository === null ? below : [node.repository, ...below];
  const seen = new Set<string>();
  node.candidates = layouts
    .flatMap((layout) => layout.rulesAt(node.prefix))
    .filter((rule) => {
      const key = `${rule.to} ${rule.maxNestedPaths}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return all.some((repository) => countAt(repository, rule) > 0);
    });
  return all;
}

/** A found image that lies elsewhere outweighs any number of rules. */
const MISPLACED = 1_000_000;

type Costs = Map<TreeNode, Map<string, Choice>>;

/** The cheapest that can be had below a node under a rule from above; `own` where a rule of its own is part of it. */
interface Choice {
  readonly cost: number;
  readonly own: PlacingRule | null;
}

function choose(node: TreeNode, inherited: PlacingRule, costs: Costs): Choice {
  const above = builtInAt(node.prefix) ?? inherited;
  const key = `${above.from} ${above.to} ${above.maxNestedPaths}`;
  const ofNode = costs.get(node) ?? new Map<string, Choice>();
  costs.set(node, ofNode);
  const known = ofNode.get(key);
  if (known !== undefined) return known;
  let best: Choice = { cost: costUnder(node, above, costs), own: null };
  for (const own of node.candidates) {
    const cost = 1 + costUnder(node, own, costs);
    // At the same price the shorter prefix.
    if (cost < best.cost || (cost === best.cost && best.own === null)) best = { cost, own };
  }
  ofNode.set(key, best);
  return best;
}

function costUnder(node: TreeNode, rule: PlacingRule, costs: Costs): number {
  let cost = node.repository === null ? 0 : MISPLACED * countMisplaced(node.repository, rule);
  for (const child of node.children.values()) cost += choose(child, rule, costs).cost;
  return cost;
}

function chooseRules(
  node: TreeNode,
  inherited: PlacingRule,
  { costs, chosen }: { readonly costs: Costs; readonly chosen: PlacingRule[] },
): void {
  const { own } = choose(node, inherited, costs);
  if (own !== null) chosen.push(own);
  const rule = own ?? builtInAt(node.prefix) ?? inherited;
  for (const child of node.children.values()) chooseRules(child, rule, { costs, chosen });
}

const BUILT_IN = listRules({ paths: [] }).map(({ from, to }) => ({
  from,
  to: to.production,
  maxNestedPaths: null,
}));

function builtInAt(prefix: string): PlacingRule | null {
  return BUILT_IN.find(({ from }) => from === prefix) ?? null;
}

function countAt(repository: FoundRepository, rule: PlacingRule): number {
  return repository.images.get(placeBy(rule, repository, '')) ?? 0;
}

function countFound({ images }: FoundRepository): number {
  return [...images.values()].reduce((sum, count) => sum + count, 0);
}

function countMisplaced(repository: FoundRepository, rule: PlacingRule): number {
  return countFound(repository) - countAt(repository, rule);
}

// Images for which a longer rule counts are none of this rule's.
function countHits(
  rule: PlacingRule,
  rules: readonly PlacingRule[],
  found: readonly FoundRepository[],
): DerivedRule {
  const governed = found.filter((repository) => findRule(nameOf(repository), rules) === rule);
  return {
    ...rule,
    hits: governed.reduce((sum, repository) => sum + countAt(repository, rule), 0),
    found: governed.reduce((sum, repository) => sum + countFound(repository), 0),
  };
}

function findRule<T extends PlacingRule>(upstream: string, rules: readonly T[]): T | null {
  const matching = rules.filter(({ from }) => hasPathPrefix(upstream, from));
  return matching.toSorted((a, b) => b.from.length - a.from.length)[0] ?? null;
}

// A role without a rule at a prefix has there what holds above it, said for this prefix.
function ruleAt(prefix: string, rules: readonly DerivedRule[]): DerivedRule {
  const own = rules.find(({ from }) => from === prefix);
  if (own !== undefined) return own;
  const above = findRule(prefix, [...rules, ...BUILT_IN.map(withoutHits), withoutHits(DROP_HOST)]);
  const { to, maxNestedPaths } = above ?? DROP_HOST;
  const [registry = '', ...path] = prefix.split('/');
  const place = { registry, repository: path.join('/') };
  const limitless = { from: above?.from ?? '', to, maxNestedPaths: null };
  return { from: prefix, to: placeBy(limitless, place, ''), maxNestedPaths, hits: 0, found: 0 };
}

function withoutHits(rule: PlacingRule): DerivedRule {
  return { ...rule, hits: 0, found: 0 };
}

function nameOf({
  registry,
  repository,
}: Pick<FoundRepository, 'registry' | 'repository'>): string {
  return `${registry}/${repository}`;
}
