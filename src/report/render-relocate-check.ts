import { formatCount, formatNumber } from '../base/text.ts';
import type {
  RelocateCheck,
  RelocateHindrance,
  RelocateUnclear,
  RelocateWarning,
} from '../plan/relocate-check-types.ts';
import { cleanLine, renderLines } from './clean-line.ts';
import { escapeMarkdown, formatCode, formatSentence } from './escape-markdown.ts';

type Finding = RelocateHindrance | RelocateUnclear | RelocateWarning;

/** Whether production may be wiped, what stands in the way, and how it is wiped: olmirror never does. */
export function renderRelocateText(check: RelocateCheck): string {
  return renderLines([
    formatVerdict(check),
    ...listFacts(check).map((line) => `  ${line}`),
    ...listFindings('Not known', check.unclear),
    ...listFindings('In the way', check.hindrances),
    ...listFindings('Warnings', check.warnings),
    ...listWipe(check),
    '',
    formatSeal(check),
  ]);
}

/** As `renderRelocateText`, as a page for a ticket. */
export function renderRelocateMarkdown(check: RelocateCheck): string {
  const commands = listCommands(check);
  const parts = [
    `### olmirror: ${escapeMarkdown(formatVerdict(check))}`,
    listFacts(check)
      .map((line) => `- ${escapeMarkdown(line)}`)
      .join('\n'),
    renderFindings('Not known', check.unclear),
    renderFindings('In the way', check.hindrances),
    renderFindings('Warnings', check.warnings),
    commands.length === 0 ? '' : ['```sh', ...commands, '```'].join('\n'),
    `<sub>${escapeMarkdown(formatSeal(check))}</sub>`,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function formatVerdict({ verdict, production, hindrances, unclear }: RelocateCheck): string {
  const { host } = production;
  const known = formatCount(hindrances.length, 'thing is', 'things are');
  switch (verdict) {
    case 'proved':
      return `${host} may be wiped: every image in use is in staging, and nothing that was seen refers to ${host}.`;
    case 'not-proved':
      return `${host} may not be wiped: ${known} in the way.`;
    case 'unknown':
      return `Whether ${host} may be wiped is unknown: ${formatCount(unclear.length, 'thing is', 'things are')} not known, ${known} in the way.`;
  }
}

function listFacts({ clusters, proved, requests }: RelocateCheck): readonly string[] {
  return [
    ...clusters.map(
      ({ name, seen, images, bundles }) =>
        `cluster ${name}: ${formatCount(images, 'image')}, ${formatCount(bundles, 'bundle')}, seen ${seen ?? 'on an unknown day'}`,
    ),
    `${formatCount(proved, 'image')} proved in staging; ${formatNumber(requests)} requests (HEAD and GET)`,
  ];
}

function formatUse({ cluster, users }: Finding): string {
  const place = cluster === null ? [] : [`cluster ${cluster}`];
  return [...place, ...users].join('; ');
}

function listFindings(title: string, findings: readonly Finding[]): readonly string[] {
  if (findings.length === 0) return [];
  const lines = findings.flatMap((finding) => [
    `  ${finding.subject}`,
    `    ${finding.message}`,
    ...(formatUse(finding) === '' ? [] : [`    used by ${formatUse(finding)}`]),
    `    → ${finding.next}`,
  ]);
  return ['', `${title}:`, ...lines].map(cleanLine);
}

function renderFindings(title: string, findings: readonly Finding[]): string {
  if (findings.length === 0) return '';
  const lines = findings.map((finding) => {
    const use = formatUse(finding);
    const by = use === '' ? '' : ` (${escapeMarkdown(use)})`;
    return `- ${formatCode(finding.subject)}${by}: ${escapeMarkdown(finding.message)} **Next:** ${formatSentence(finding.next)}`;
  });
  return [`#### ${title}`, lines.join('\n')].join('\n\n');
}

function listWipe(check: RelocateCheck): readonly string[] {
  if (check.verdict !== 'proved') return [];
  const commands = listCommands(check);
  if (commands.length === 0)
    return ['', 'Production does not list its repositories, so none can be named.'];
  return ['', 'olmirror never wipes. These commands do:', ...commands.map((line) => `  ${line}`)];
}

function listCommands({ wipeable, production: { host } }: RelocateCheck): readonly string[] {
  return (wipeable ?? []).map(
    (repository) =>
      `skopeo list-tags docker://${host}/${repository} | jq -r '.Tags[]' | xargs -I{} skopeo delete docker://${host}/${repository}:{}`,
  );
}

function formatSeal({ time, revision, hash }: RelocateCheck): string {
  return `Checked ${time} against commit ${revision}; report ${hash}`;
}
