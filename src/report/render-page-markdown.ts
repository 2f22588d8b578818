import { cleanLine } from './clean-line.ts';
import { escapeMarkdown, formatCellCode, formatCode, ZERO_WIDTH_SPACE } from './escape-markdown.ts';
import { escapeHtml } from './html-template.ts';
import type { Block, Item, Page } from './page-types.ts';
import type { Inline, Mark, Rich } from './rich-text.ts';

const MARKS: Readonly<Record<Mark, string>> = {
  ok: '✅',
  warning: '⚠️',
  blocked: '⛔',
  error: '❌',
  unasked: '▫️',
  added: '➕',
  changed: '🔄',
  removed: '➖',
};

/** A page for a forge: the verdict as its heading, what is long folded. */
export function renderPageMarkdown(page: Page): string {
  const parts = [
    `### olmirror: ${escapeMarkdown(page.verdict)}`,
    formatSmall(page.about),
    ...page.sections.flatMap(({ title, blocks }) => [
      `#### ${formatLine(title)}`,
      ...blocks.map(renderBlock),
    ]),
    ...page.footer.map(formatSmall),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function formatSmall(text: Rich): string {
  return text.length === 0 ? '' : `<sub>${formatLine(text)}</sub>`;
}

function renderBlock(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return formatLine(block.text);
    case 'subtitle':
      return `**${formatLine(block.text)}**`;
    case 'list':
      return block.items.flatMap((item) => renderItem(item, '')).join('\n');
    case 'table':
      return [
        `| ${block.columns.join(' | ')} |`,
        `|${block.columns.map(() => '---|').join('')}`,
        ...block.rows.map((row) => `| ${row.map(formatCell).join(' | ')} |`),
      ].join('\n');
    case 'diff':
      return ['```diff', ...block.lines.map(formatRaw), '```'].join('\n');
    case 'fold':
      return [
        `<details>\n<summary>${formatSummary(block.summary)}</summary>`,
        ...block.blocks.map(renderBlock),
        '</details>',
      ].join('\n\n');
  }
}

function renderItem({ text, hint, items }: Item, indent: string): readonly string[] {
  const next = hint === undefined ? '' : `<br>→ ${formatLine(hint)}`;
  return [
    `${indent}- ${formatLine(text)}${next}`,
    ...(items ?? []).flatMap((item) => renderItem(item, `${indent}  `)),
  ];
}

function formatLine(text: Rich): string {
  return text.map((part) => formatInline(part, formatCode)).join('');
}

function formatCell(text: Rich): string {
  return text.map((part) => formatInline(part, formatCellCode)).join('');
}

function formatInline(part: Inline, formatName: (text: string) => string): string {
  if (typeof part === 'string') return escapeMarkdown(part);
  if ('code' in part) return formatName(part.code);
  if ('mark' in part) return MARKS[part.mark];
  return `**${part.strong.map((own) => formatInline(own, formatName)).join('')}**`;
}

/** A line inside a fence: nothing in it ends the fence, as it never begins with a backtick. */
function formatRaw(line: string): string {
  return cleanLine(line).replace(/^[`~\s]/, ' $&');
}

/** Inside a tag a forge reads HTML, not Markdown. */
function formatSummary(text: string): string {
  return escapeHtml(cleanLine(text)).replaceAll('@', `@${ZERO_WIDTH_SPACE}`);
}
