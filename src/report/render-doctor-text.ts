import { formatCount } from '../base/text.ts';
import type { Diagnosis, Finding, FindingState, RegistryDiagnosis } from '../plan/doctor-types.ts';
import { renderLines } from './clean-line.ts';

/** What was found about tools and registries, worst things marked, each with what to do. */
export function renderDoctorText({ tools, registries }: Diagnosis): string {
  const findings = [tools, ...registries.map((registry) => registry.findings)].flat();
  return renderLines([
    'This machine',
    ...tools.flatMap(listFinding),
    ...registries.flatMap(listRegistry),
    '',
    formatSum(findings),
  ]);
}

const MARKS: Readonly<Record<FindingState, string>> = {
  ok: 'ok',
  warning: 'warning',
  problem: 'PROBLEM',
  unknown: 'unknown',
};

function listFinding({ check, state, message, hint }: Finding): readonly string[] {
  const line = `  ${MARKS[state].padEnd(7)}  ${check.padEnd(14)}  ${message}`;
  return hint === null ? [line] : [line, `${' '.repeat(27)}→ ${hint}`];
}

function listRegistry(registry: RegistryDiagnosis): readonly string[] {
  const { role, host, product, findings, advice, requests } = registry;
  const version = product?.version === null ? '' : ` ${product?.version}`;
  const what =
    product === null
      ? 'not recognised as any known product'
      : `${product.name}${version}, by ${product.seenBy}`;
  return [
    '',
    `${role} ${host}: ${what} (${formatCount(requests, 'request')})`,
    ...findings.flatMap(listFinding),
    ...(advice.length === 0 ? [] : [`  For ${product?.name}, as far as it is not set so already:`]),
    ...advice.map((line) => `    - ${line}`),
  ];
}

function formatSum(findings: readonly Finding[]): string {
  const states: readonly FindingState[] = ['problem', 'warning', 'unknown', 'ok'];
  return `${states
    .map((state) => `${findings.filter((entry) => entry.state === state).length} ${state}`)
    .join(', ')}.`;
}
