import { formatCount } from '../base/text.ts';
import type { RelocationPlan } from '../manifest/relocation.ts';
import type { ProofVerdict } from '../plan/judge-proof.ts';
import type {
  SwapFinding,
  SwapState,
  SwapStep,
  SwapStepName,
} from '../plan/relocation-status-types.ts';
import type { Plan } from '../plan/types.ts';
import { judgeSwapCluster, type SwapCluster, type SwapHosts } from './judge-swap-cluster.ts';

export interface SwapFacts {
  readonly relocation: RelocationPlan;
  readonly hosts: SwapHosts;
  /** Null under `append`, which brings nothing to the new registry. */
  readonly plan: Pick<Plan, 'steps' | 'checks' | 'settled'> | null;
  readonly clusters: readonly SwapCluster[];
  /** What Git tells clusters; null where it says nothing of mirrors. */
  readonly declared: SwapCluster | null;
  /** What lets the roles be exchanged: of now, or of when they were. */
  readonly proof: ProofVerdict;
  /** The roles are exchanged. */
  readonly swapped: boolean;
}

/** Says of each step of a relocation whether it is done, what does it and what takes it back. */
export function judgeSwap(facts: SwapFacts): readonly SwapStep[] {
  const { clusters, declared, hosts, relocation } = facts;
  function judge(cluster: SwapCluster): ReturnType<typeof judgeSwapCluster> {
    return judgeSwapCluster(cluster, hosts, relocation.confirmed);
  }
  const found = clusters.map(judge);
  // Git has no nodes.
  const told = declared === null ? [] : [judge(declared)];
  function inClusters(step: keyof ReturnType<typeof judge>): readonly SwapFinding[] {
    const looked = step === 'nodes-updated' ? found : [...told, ...found];
    return found.length === 0 ? [NO_CLUSTER] : looked.map((findings) => findings[step]);
  }
  const { proof, swapped } = facts;
  return [
    build('copied', [judgeCopies(facts)], relocation),
    build('index-served', [judgeIndexes(facts)], relocation),
    build('rules-both', inClusters('rules-both'), relocation),
    build('nodes-updated', inClusters('nodes-updated'), relocation),
    build('pods-moved', inClusters('pods-moved'), relocation),
    build('rules-without', inClusters('rules-without'), relocation),
    build('proof', [tell(proof.holds ? 'done' : 'open', proof.message)], relocation),
    build('roles', [judgeRoles(swapped, proof)], relocation),
  ];
}

const NO_CLUSTER = tell(
  'unknown',
  'in-use.yaml names no cluster, so nobody knows who pulls from where.',
);

function tell(state: SwapState, message: string): SwapFinding {
  return { cluster: null, state, message };
}

function build(
  step: SwapStepName,
  findings: readonly SwapFinding[],
  relocation: RelocationPlan,
): SwapStep {
  const state = joinStates(findings.map((finding) => finding.state));
  const ways = WAYS[step](relocation);
  return { step, state, findings, forward: state === 'done' ? [] : ways.forward, back: ways.back };
}

function joinStates(states: readonly SwapState[]): SwapState {
  if (states.includes('open')) return 'open';
  return states.includes('unknown') ? 'unknown' : 'done';
}

const NO_STRATEGY = 'mirror.yaml says strategy: append, which brings nothing there.';

function judgeCopies({ plan }: SwapFacts): SwapFinding {
  if (plan === null) return tell('open', NO_STRATEGY);
  const copies = plan.steps.filter(({ kind }) => kind === 'copy').length;
  if (copies > 0) return tell('open', `${formatCount(copies, 'image')} must be copied.`);
  const missing = plan.settled.filter(
    ({ type, kind }) => type === 'image' && (kind === 'lost' || kind === 'refused'),
  ).length;
  if (missing > 0)
    return tell(
      'open',
      `${formatCount(missing, 'image')} cannot be brought there, see \`olmirror plan\`.`,
    );
  return plan.settled.some(({ type, kind }) => type === 'image' && kind === 'failed')
    ? tell('unknown', 'A registry gave no clear answer, see `olmirror plan`.')
    : tell('done', 'Everything in use and everything delivered is there.');
}

function judgeIndexes({ plan }: SwapFacts): SwapFinding {
  if (plan === null) return tell('open', NO_STRATEGY);
  const open = plan.settled.filter(({ type, kind }) => type === 'index' && kind !== 'in-sync');
  const steps = plan.steps.filter(({ kind }) => kind === 'push-index' || kind === 'move-index');
  return open.length + steps.length === 0
    ? tell('done', 'Every index is served there as Git has it.')
    : tell('open', 'Not every index is served there as Git has it, see `olmirror plan`.');
}

function judgeRoles(swapped: boolean, proof: ProofVerdict): SwapFinding {
  if (!swapped) return tell('open', 'mirror.yaml has the roles as they were.');
  return proof.holds
    ? tell('done', 'mirror.yaml has the roles exchanged.')
    : tell(
        'open',
        `mirror.yaml has the roles exchanged, and nothing proves that they may be: ${proof.message}`,
      );
}

interface Ways {
  readonly forward: readonly string[];
  readonly back: readonly string[];
}

const APPLY_RULES = ['git add cluster && git commit', 'oc apply -f cluster/'] as const;
const LOOK_AGAIN = 'olmirror in-use --kubeconfig FILE   # then commit in-use.yaml';
const REVERT_RULES = ['git revert COMMIT   # of the rules', 'oc apply -f cluster/'] as const;

const WAYS: Readonly<Record<SwapStepName, (relocation: RelocationPlan) => Ways>> = {
  copied: () => ({
    forward: ['olmirror plan', 'olmirror apply'],
    back: ['# nothing: no cluster looks there yet'],
  }),
  'index-served': () => ({
    forward: ['olmirror apply'],
    back: ['# nothing: no cluster looks there yet'],
  }),
  'rules-both': () => ({
    forward: [
      'olmirror relocate swap --rules cluster/',
      'olmirror resources diff --working-tree   # which changes drain nodes',
      ...APPLY_RULES,
      LOOK_AGAIN,
    ],
    back: REVERT_RULES,
  }),
  'nodes-updated': () => ({
    forward: ['oc wait machineconfigpool --all --for=condition=Updated --timeout=2h'],
    back: REVERT_RULES,
  }),
  'pods-moved': ({ to }) => ({
    forward: [
      'olmirror resources --kinds CatalogSource --kinds ClusterCatalog -o cluster/',
      ...APPLY_RULES,
      `# name ${to}, or the upstream address, in what owns the images above; then`,
      'oc rollout restart deployment,statefulset,daemonset -n NAMESPACE',
      LOOK_AGAIN,
    ],
    back: ['# nothing: nodes find the old registry by the rules still'],
  }),
  'rules-without': () => ({
    forward: [
      'olmirror resources -o cluster/',
      'olmirror resources diff --working-tree   # which changes drain nodes',
      ...APPLY_RULES,
      'oc wait machineconfigpool --all --for=condition=Updated --timeout=2h',
      LOOK_AGAIN,
    ],
    back: ['olmirror relocate swap --rules cluster/', ...APPLY_RULES],
  }),
  proof: ({ proof }) => ({
    forward: [`olmirror relocate check --output ${proof}`, `git add ${proof} && git commit`],
    back: [`git rm ${proof} && git commit`],
  }),
  roles: ({ from, to }) => ({
    forward: [
      `# in mirror.yaml: production becomes ${to}, staging ${from}, with all that stands beside their hosts`,
      '# in relocate.yaml: spec.swapped becomes the time of now, such as 2026-11-28T10:00Z',
      'git commit mirror.yaml relocate.yaml',
      'olmirror plan',
    ],
    back: ['git revert COMMIT   # as long as nothing was wiped'],
  }),
};
