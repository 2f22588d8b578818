import { formatBytes, formatCount } from '../base/text.ts';
import type { CatalogPlan, Check, PackagePlan, Plan, Step } from '../plan/types.ts';
import { formatHeads, formatIds, formatStep, formatVerdict } from './render-plan-text.ts';

const SHOWN_STEPS = 200;

/**
 * A plan as a page for a pull request: the verdict, what users of OperatorHub will see, what is
 * refused and why; the steps folded. No change is one line.
 */
export function renderPlanMarkdown(plan: Plan): string {
  const head = `### olmirror: ${escapeMarkdown(formatVerdict(plan))}`;
  if (plan.steps.length === 0 && plan.checks.length === 0) return `${head}\n`;
  const parts = [
    head,
    renderChecks(plan.checks),
    ...plan.catalogs.map(renderCatalog),
    renderCosts(plan),
    renderSteps(plan.steps),
    `<sub>Commit \`${plan.revision}\` · plan \`${plan.hash}\`</sub>`,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const SEVERITY_TITLES = { error: '**Error**', blocked: '**Refused**', warning: 'Warning' } as const;

function renderChecks(checks: readonly Check[]): string {
  return checks
    .map(
      (check) =>
        `- ${SEVERITY_TITLES[check.severity]}: ${escapeMarkdown(check.message)}${check.hint === null ? '' : ` *${escapeMarkdown(check.hint)}*`}`,
    )
    .join('\n');
}

function renderCatalog(catalog: CatalogPlan): string {
  const head = `#### Catalog ${code(catalog.catalog)}${catalog.target === '' ? '' : ` → ${code(catalog.target)}`}\n\nIndex ${escapeMarkdown(formatIds(catalog))}`;
  if (catalog.packages === null) return `${head}\n\nWhat is served today could not be compared.`;
  if (catalog.packages.length === 0) return head;
  const rows = catalog.packages.flatMap(renderPackageRows);
  return [
    head,
    '',
    '| | Operator | Channel | Head | Bundles |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

const SYMBOLS = { added: '➕', changed: '🔄', removed: '➖' } as const;

function renderPackageRows(change: PackagePlan): readonly string[] {
  const bundles = [
    ...change.bundlesAdded.map((name) => `+ ${code(name)}`),
    ...change.bundlesRemoved.map((name) => `− ${code(name)}`),
  ];
  const shown =
    bundles.slice(0, 6).join('<br>') +
    (bundles.length > 6 ? `<br>and ${bundles.length - 6} more` : '');
  const channels =
    change.channels.length === 0 ? [{ channel: '', old: null, new: null }] : change.channels;
  return channels.map((channel, i) => {
    const first = i === 0 ? [SYMBOLS[change.change], code(change.package)] : ['', ''];
    const heads = channel.channel === '' ? '' : escapeMarkdown(formatHeads(channel));
    return `| ${[...first, channel.channel === '' ? '' : code(channel.channel), heads, i === 0 ? shown : ''].join(' | ')} |`;
  });
}

function renderCosts(plan: Plan): string {
  if (plan.steps.length === 0) return '';
  const copies = plan.steps.filter((step) => step.kind === 'copy').length;
  return `Copies ${formatCount(copies, 'image')}, ${formatBytes(plan.bytes)} in all; ${formatCount(plan.wantedItems, 'item')} wanted, ${formatCount(plan.settled.filter((outcome) => outcome.kind === 'in-sync').length, 'item')} in sync already.`;
}

function renderSteps(steps: readonly Step[]): string {
  if (steps.length === 0) return '';
  const lines = steps.slice(0, SHOWN_STEPS).map(formatStep);
  const more = steps.length > SHOWN_STEPS ? [`… and ${steps.length - SHOWN_STEPS} more`] : [];
  return [
    '<details>',
    `<summary>${formatCount(steps.length, 'step')}</summary>`,
    '',
    '```diff',
    ...[...lines, ...more].map((line) => line.replace(/^~/, '!')),
    '```',
    '',
    '</details>',
  ].join('\n');
}

function code(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``;
}

// Names come out of catalogs that somebody else wrote: they must not become markup, mentions or table cells.
function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_{}[\]<>#|~]/g, String.raw`\$&`)
    .replace(/\r?\n/g, ' ')
    .replaceAll('@', '&#64;');
}
