import { capitalize } from '../base/text.ts';
import { formatHtml, type Html, html } from './html-template.ts';
import { PAGE_STYLE } from './page-style.ts';
import type { Block, Item, Page, Row, Section, Tone } from './page-types.ts';
import type { Inline, Mark, Rich } from './rich-text.ts';

const TONES: Readonly<Record<Tone, string>> = {
  quiet: 'nothing to do',
  change: 'changes',
  attention: 'changes, look closely',
  blocked: 'needs a person',
};

/** What is shown, and what is said where that is no word. */
const MARKS: Readonly<Record<Mark, { readonly shown: string; readonly said: string | null }>> = {
  ok: { shown: '✓', said: 'passed' },
  warning: { shown: '!', said: 'warning' },
  blocked: { shown: '✕', said: 'refused' },
  error: { shown: '✕', said: 'error' },
  unasked: { shown: '–', said: 'not checked' },
  added: { shown: 'new', said: null },
  changed: { shown: 'changed', said: null },
  removed: { shown: 'gone', said: null },
};

// Nothing is fetched, nothing runs, nothing is sent, whatever a name smuggles in.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** A page as one file for mail and browser: it fetches nothing, runs nothing, and shows every name as text. */
export function renderPageHtml(page: Page): string {
  return formatHtml(html`<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="format-detection" content="telephone=no">
<title>olmirror ${page.mirror}: ${page.verdict}</title>
${PAGE_STYLE}
</head>
<body>
<header class="${page.tone}">
<p class="eyebrow">olmirror: ${TONES[page.tone]}</p>
<h1>${capitalize(page.verdict)}</h1>
${page.about.length === 0 ? '' : html`<p class="about">${renderRich(page.about)}</p>`}
</header>
<main>
${page.sections.map(renderSection)}</main>
${page.footer.length === 0 ? '' : html`<footer>${page.footer.map((text) => html`<p>${renderRich(text)}</p>`)}</footer>`}
</body>
</html>
`);
}

function renderSection({ title, blocks }: Section, i: number): Html {
  return html`<section aria-labelledby="s${i}">
<h2 id="s${i}">${renderRich(title)}</h2>
${blocks.map(renderBlock)}</section>
`;
}

function renderBlock(block: Block): Html {
  switch (block.kind) {
    case 'paragraph':
      return html`<p>${renderRich(block.text)}</p>\n`;
    case 'subtitle':
      return html`<h3>${renderRich(block.text)}</h3>\n`;
    case 'list':
      return renderList(block.items, block.items.some(isFinding) ? 'findings' : 'plain');
    case 'table':
      return renderTable(block.columns, block.rows);
    case 'diff':
      return html`<pre>${block.lines.map(renderDiffLine)}</pre>\n`;
    case 'fold':
      return html`<details>
<summary>${block.summary}</summary>
${block.blocks.map(renderBlock)}</details>
`;
  }
}

function isFinding({ text: [first] }: Item): boolean {
  return typeof first === 'object' && 'mark' in first;
}

function renderList(items: readonly Item[], kind: 'findings' | 'plain'): Html {
  return html`<ul class="${kind}">
${items.map(renderItem)}</ul>
`;
}

function renderItem({ text, hint, items }: Item): Html {
  const next =
    hint === undefined
      ? ''
      : html`<span class="hint"><b>What to do:</b> ${renderRich(hint)}</span>`;
  const nested = items === undefined || items.length === 0 ? '' : renderList(items, 'plain');
  return html`<li>${renderRich(text)}${next}${nested}</li>\n`;
}

// The roles say what the style of a phone, which stacks the cells, would take from a table.
function renderTable(columns: readonly string[], rows: readonly Row[]): Html {
  return html`<table role="table">
<thead role="rowgroup"><tr role="row">${columns.map((title) => html`<th scope="col" role="columnheader">${title}</th>`)}</tr></thead>
<tbody role="rowgroup">
${rows.map((row) => renderRow(row, columns))}</tbody>
</table>
`;
}

function renderRow(row: Row, columns: readonly string[]): Html {
  const cells = row.map((text, i) =>
    i === 0
      ? html`<th scope="row" role="rowheader">${renderRich(text)}</th>`
      : html`<td role="cell" data-label="${columns[i] ?? ''}"><span>${renderRich(text)}</span></td>`,
  );
  return html`<tr role="row">${cells}</tr>\n`;
}

const DIFF_CLASSES: Readonly<Record<string, string>> = { '+': 'plus', '-': 'minus', '!': 'move' };

function renderDiffLine(line: string): Html {
  return html`<span class="${DIFF_CLASSES[line.charAt(0)] ?? 'rest'}">${line}</span>\n`;
}

// Letters that would draw what stands beside them to their other side.
const RIGHT_TO_LEFT =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

function renderRich(text: Rich): readonly Html[] {
  return text.map(renderInline);
}

function renderInline(part: Inline): Html {
  if (typeof part === 'string')
    return RIGHT_TO_LEFT.test(part) ? html`<bdi>${part}</bdi>` : html`${part}`;
  if ('code' in part) return html`<code>${part.code}</code>`;
  if ('mark' in part) return renderMark(part.mark);
  return html`<strong>${renderRich(part.strong)}</strong>`;
}

function renderMark(mark: Mark): Html {
  const { shown, said } = MARKS[mark];
  return said === null
    ? html`<span class="mark ${mark}">${shown}</span>`
    : html`<span class="mark sign ${mark}" role="img" aria-label="${said}">${shown}</span>`;
}
