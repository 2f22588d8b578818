import { formatBytes, formatCount } from '../base/text.ts';
import type { CatalogPlan, Check, PackagePlan, Plan, Step } from '../plan/types.ts';
import { cleanLine } from './clean-line.ts';
import { escapeMarkdown, formatCellCode, formatCode, formatSentence } from './escape-markdown.ts';
import { listVerification } from './list-verification.ts';
import {
  formatHeads,
  formatIds,
  formatRequests,
  formatRest,
  formatStep,
  formatStorage,
  formatVerdict,
  listRecipeLines,
  MUCH,
  SHOWN_REPOSITORIES,
} from './render-plan-text.ts';

// A forge refuses a comment beyond 65,536 characters.
const SHOWN_CHECKS = 50;
const SHOWN_ROWS = 100;
const SHOWN_STEPS = 150;
const SHOWN_BUNDLES = 6;

/**
 * A plan as a page for a pull request: the verdict, what users of OperatorHub will see, what is
 * refused and why; the steps folded. No change is one line.
 */
export function renderPlanMarkdown(plan: Plan): string {
  const head = `### olmirror: ${escapeMarkdown(formatVerdict(plan))}`;
  const verified = listVerification(plan).map(escapeMarkdown);
  if (plan.steps.length === 0 && plan.checks.length === 0)
    return `${[head, ...verified].join('\n\n')}\n`;
  const parts = [
    head,
    renderChecks(plan.checks),
    ...plan.catalogs.map(renderCatalog),
    renderCosts(plan),
    ...verified,
    renderRoom(plan),
    renderSteps(plan.steps),
    `<sub>Commit \`${plan.revision}\` · plan \`${plan.hash}\`</sub>`,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const SEVERITY_TITLES = { error: '**Error**', blocked: '**Refused**', warning: 'Warning' } as const;

function renderChecks(checks: readonly Check[]): string {
  const severities = Object.keys(SEVERITY_TITLES);
  const lines = checks
    .toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
    .map(formatCheck);
  return limit(lines, SHOWN_CHECKS, (more) => `- … and ${more} more`).join('\n');
}

function formatCheck(check: Check): string {
  const hint = check.hint === null ? '' : `<br>Hint: ${formatSentence(check.hint)}`;
  return `- ${SEVERITY_TITLES[check.severity]}: ${escapeMarkdown(check.message)}${hint}`;
}

function renderCatalog(catalog: CatalogPlan): string {
  const head = `#### Catalog ${formatCode(catalog.catalog)}${catalog.target === '' ? '' : ` → ${formatCode(catalog.target)}`}\n\nIndex ${escapeMarkdown([formatIds(catalog), ...listRecipeLines(catalog)].join('; '))}`;
  const pinned = catalog.action === 'pinned';
  if (catalog.packages === null)
    return pinned ? head : `${head}\n\nWhat is served today could not be compared.`;
  if (catalog.packages.length === 0) return head;
  const rows = catalog.packages.flatMap(renderPackageRows);
  return [
    head,
    ...(pinned ? ['', 'Held back by the pin:'] : []),
    '',
    '| | Operator | Channel | Head | Bundles |',
    '|---|---|---|---|---|',
    ...limit(rows, SHOWN_ROWS, (more) => `| | … and ${more} more | | | |`),
  ].join('\n');
}

const SYMBOLS = { added: '➕', changed: '🔄', removed: '➖' } as const;

function renderPackageRows(change: PackagePlan): readonly string[] {
  const bundles = [
    ...change.bundlesAdded.map((name) => `+ ${formatCellCode(name)}`),
    ...change.bundlesRemoved.map((name) => `− ${formatCellCode(name)}`),
  ];
  const shown = limit(bundles, SHOWN_BUNDLES, (more) => `and ${more} more`).join('<br>');
  const channels =
    change.channels.length === 0 ? [{ channel: '', old: null, new: null }] : change.channels;
  return channels.map((channel, i) => {
    const first = i === 0 ? [SYMBOLS[change.change], formatCellCode(change.package)] : ['', ''];
    const heads = channel.channel === '' ? '' : escapeMarkdown(formatHeads(channel));
    return `| ${[...first, channel.channel === '' ? '' : formatCellCode(channel.channel), heads, i === 0 ? shown : ''].join(' | ')} |`;
  });
}

function renderCosts(plan: Plan): string {
  if (plan.steps.length === 0) return '';
  const copies = plan.steps.filter((step) => step.kind === 'copy').length;
  const requests = plan.requests === undefined ? '' : ` ${formatRequests(plan.requests)}`;
  return `Copies ${formatCount(copies, 'image')}, ${formatBytes(plan.bytes)} in all; ${formatCount(plan.wantedItems, 'item')} wanted, ${formatCount(plan.settled.filter((outcome) => outcome.kind === 'in-sync').length, 'item')} in sync already.${requests}`;
}

function renderRoom({ bytes, repositories, storage }: Plan): string {
  if (bytes < MUCH) return '';
  const shown = repositories.slice(0, SHOWN_REPOSITORIES);
  const rest = repositories.slice(shown.length);
  const rows = shown.map(
    (entry) =>
      `| ${formatCellCode(entry.repository)} | ${entry.images} | ${formatBytes(entry.bytes)} |`,
  );
  if (rest.length > 0) rows.push(`| … and ${formatRest(rest)} | | |`);
  return [
    '| Repository | Images | To move |',
    '|---|---|---|',
    ...rows,
    ...(storage === null ? [] : ['', escapeMarkdown(formatStorage(storage))]),
  ].join('\n');
}

function renderSteps(steps: readonly Step[]): string {
  if (steps.length === 0) return '';
  const lines = steps.map((step) => cleanLine(formatStep(step)).replace(/^~/, '!'));
  return [
    '<details>',
    `<summary>${formatCount(steps.length, 'step')}</summary>`,
    '',
    '```diff',
    ...limit(lines, SHOWN_STEPS, (more) => `… and ${more} more`),
    '```',
    '',
    '</details>',
  ].join('\n');
}

function limit(
  lines: readonly string[],
  shown: number,
  say: (more: number) => string,
): readonly string[] {
  return lines.length <= shown ? lines : [...lines.slice(0, shown), say(lines.length - shown)];
}
