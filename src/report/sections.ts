import { alignRows } from './align-rows.ts';
import { renderLines } from './clean-line.ts';
import { escapeMarkdown, formatCode, formatSentence } from './escape-markdown.ts';

export type SectionForm = 'text' | 'markdown';

export type Part =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'items'; readonly items: readonly string[] }
  | { readonly kind: 'commands'; readonly lines: readonly string[] }
  | {
      readonly kind: 'table';
      readonly head: readonly string[];
      /** Leading columns of text; the others hold numbers. */
      readonly texts: number;
      readonly rows: readonly (readonly string[])[];
    };

export interface Section {
  readonly title: string;
  readonly parts: readonly Part[];
}

/** A document for people out of parts that know no form. */
export interface SectionedPage {
  readonly title: string;
  readonly opening: readonly string[];
  readonly sections: readonly Section[];
}

export function line(text: string): Part {
  return { kind: 'line', text };
}

export function renderSections(page: SectionedPage, form: SectionForm): string {
  return form === 'text' ? renderText(page) : renderMarkdown(page);
}

function renderText({ title, opening, sections }: SectionedPage): string {
  return renderLines([
    title,
    ...opening,
    ...sections.flatMap((section) => [
      '',
      section.title,
      ...section.parts.flatMap((part) => renderTextPart(part)),
    ]),
  ]);
}

function renderTextPart(part: Part): readonly string[] {
  switch (part.kind) {
    case 'line':
      return [`  ${part.text}`];
    case 'items':
      return part.items.map((item) => `    ${item}`);
    case 'commands':
      return part.lines.map((command) => `  ${command}`);
    case 'table':
      return alignRows([part.head, ...part.rows]).map((row) => `  ${row}`);
  }
}

function renderMarkdown({ title, opening, sections }: SectionedPage): string {
  const lines = sections.flatMap((section) => [
    '',
    `## ${escapeMarkdown(section.title)}`,
    '',
    ...section.parts.flatMap((part) => renderMarkdownPart(part)),
  ]);
  return `${[`# ${escapeMarkdown(title)}`, '', ...opening.map(escapeMarkdown), ...lines]
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}

function renderMarkdownPart(part: Part): readonly string[] {
  switch (part.kind) {
    case 'line':
      return [formatSentence(part.text), ''];
    case 'items':
      return [...part.items.map((item) => `- ${formatSentence(item)}`), ''];
    case 'commands':
      return [...part.lines.map((command) => `- ${formatCode(command)}`), ''];
    case 'table':
      return [
        renderRow(part.head),
        renderRow(part.head.map((_, i) => (i < part.texts ? '---' : '---:'))),
        ...part.rows.map(renderRow),
        '',
      ];
  }
}

function renderRow(cells: readonly string[]): string {
  return `| ${cells.map(escapeMarkdown).join(' | ')} |`;
}
