import type { Finding, StagingCheck } from '../plan/staging-types.ts';
import { escapeMarkdown, formatCode, formatSentence } from './escape-markdown.ts';
import {
  formatCluster,
  formatIndex,
  formatSeal,
  formatSums,
  formatUnwanted,
  formatVerdict,
  groupFindings,
  listScope,
  listStated,
} from './render-staging-text.ts';

/** As `renderStagingText`, as a page for a ticket. */
export function renderStagingMarkdown(check: StagingCheck): string {
  const facts = [
    ...check.indexes.map(formatIndex),
    formatSums(check),
    ...check.clusters.map(formatCluster),
    ...listStated(check),
  ];
  const parts = [
    `### olmirror: ${escapeMarkdown(formatVerdict(check))}`,
    facts.map((line) => `- ${escapeMarkdown(line)}`).join('\n'),
    renderFindings('Not known', check.unclear),
    renderFindings('In the way', check.hindrances),
    renderUnwanted(check),
    listScope(check).map(escapeMarkdown).join('\n'),
    `<sub>${escapeMarkdown(formatSeal(check))}</sub>`,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function renderFindings(title: string, findings: readonly Finding[]): string {
  if (findings.length === 0) return '';
  const groups = groupFindings(findings).map(({ next, findings: own }) =>
    [
      ...own.map(({ subject, message }) => `- ${formatCode(subject)}: ${escapeMarkdown(message)}`),
      `  - **Next:** ${formatSentence(next)}`,
    ].join('\n'),
  );
  return [`#### ${title}`, groups.join('\n')].join('\n\n');
}

function renderUnwanted({ unwanted }: StagingCheck): string {
  if (unwanted.length === 0) return '';
  const lines = unwanted.map((entry) => `- ${escapeMarkdown(formatUnwanted(entry))}`);
  return ['#### Wanted by nobody, and lost when staging is emptied', lines.join('\n')].join('\n\n');
}
