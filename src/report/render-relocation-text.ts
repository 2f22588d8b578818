import type { RelocationStatus, SwapStep } from '../plan/relocation-status-types.ts';
import { renderLines } from './clean-line.ts';

const TITLES: Readonly<Record<SwapStep['step'], string>> = {
  copied: 'images copied',
  'index-served': 'index served from the new registry',
  'rules-both': 'mirror rules name the new registry first, the old one second',
  'nodes-updated': 'machine config pools updated',
  'pods-moved': 'no workload and no CatalogSource names the old registry',
  'rules-without': 'mirror rules without the old registry',
  proof: 'proof',
  roles: 'roles exchanged in mirror.yaml',
};

const MARKS: Readonly<Record<SwapStep['state'], string>> = { done: 'x', open: ' ', unknown: '?' };

/** Where a relocation is, what comes next and how to go back. */
export function renderRelocationText(status: RelocationStatus): string {
  const { from, to, steps, next } = status;
  const coming = steps.find(({ step }) => step === next);
  const last = steps.findLast(({ state }) => state === 'done');
  return renderLines([
    `Relocation from ${from} to ${to}`,
    '',
    ...steps.flatMap(renderStep),
    ...(coming === undefined
      ? ['', 'All is done. What may be wiped stands in the proof; olmirror never wipes.']
      : ['', `Next: ${TITLES[coming.step]}`, ...coming.forward.map((line) => `  ${line}`)]),
    ...(last === undefined
      ? []
      : ['', `Way back from "${TITLES[last.step]}":`, ...last.back.map((line) => `  ${line}`)]),
  ]);
}

function renderStep({ step, state, findings }: SwapStep, place: number): readonly string[] {
  return [
    `[${MARKS[state]}] ${place + 1}. ${TITLES[step]}`,
    ...findings.map(
      ({ cluster, message }) => `      ${cluster === null ? '' : `${cluster}: `}${message}`,
    ),
  ];
}
