import type { BridgeEdges, CutOff, Gap, GapPaths } from '../catalog/merge-types.ts';
import { formatBridge } from './format-bridge.ts';

/** So many versions that are cut off get a line of their own. */
const SHOWN = 12;

/** A gap: what it is, who is cut off, and each way to bridge it, the entry of `bridges.yaml` included. */
export function listGapLines(gap: Gap, catalog: string): readonly string[] {
  const { paths } = gap;
  return [
    `  gap: ${gap.package} stays as it was: ${gap.message}`,
    ...(paths === undefined ? [] : listCutOffLines(paths, gap.channel ?? '')),
    `    Hint: ${gap.hint}`,
    ...(paths === undefined ? [] : listProposalLines(gap, paths.proposal, catalog)),
  ];
}

/** Versions that the same ways would bridge stand together; a proposal says more than a single edge. */
function listCutOffLines({ cutOff, proposal }: GapPaths, channel: string): readonly string[] {
  const groups = Map.groupBy(cutOff.slice(0, SHOWN), ({ bridges }) => JSON.stringify(bridges));
  const lines = [...groups.values()].flatMap((group) => [
    `    cut off: ${group.map(formatCutOff).join(', ')}`,
    ...(group[0]?.bridges ?? [])
      .filter(({ kind }) => kind !== 'edge' || proposal.length === 0)
      .map((bridge) => `      ${formatBridge(bridge, channel)}`),
  ]);
  const more = cutOff.length - SHOWN;
  return more > 0 ? [...lines, `    cut off: ${more} more`] : lines;
}

function formatCutOff({ name, version }: CutOff): string {
  return version === '' ? `${name} (version unknown)` : `${name} (version ${version})`;
}

function listProposalLines(
  gap: Gap,
  proposal: readonly BridgeEdges[],
  catalog: string,
): readonly string[] {
  if (proposal.length === 0) return [];
  return [
    `    With this in rules/${catalog}/bridges.yaml it would merge; \`reason\` and \`by\` are yours to fill in:`,
    ...proposal.flatMap((edges) => listEntryLines(gap, edges)).map((line) => `      ${line}`),
  ];
}

function listEntryLines(gap: Gap, { bundle, replaces, skips }: BridgeEdges): readonly string[] {
  return [
    `- package: ${formatScalar(gap.package)}`,
    `  channel: ${formatScalar(gap.channel ?? '')}`,
    `  bundle: ${formatScalar(bundle)}`,
    ...(replaces === '' ? [] : [`  replaces: ${formatScalar(replaces)}`]),
    ...(skips.length === 0 ? [] : [`  skips: [${skips.map(formatScalar).join(', ')}]`]),
    '  reason: ""',
    '  by: ""',
  ];
}

/** Text as YAML reads it back; in quotes unless it is plainly a name. */
function formatScalar(text: string): string {
  const plain = /^[a-z][a-z0-9]*(?:[-.][a-z0-9]+)*$/i.test(text);
  return plain && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text);
}
