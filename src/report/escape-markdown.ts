import { cleanLine } from './clean-line.ts';

// What stands in a report is a name and nothing else: behind a zero-width space no forge takes it for a mention or a reference.
export const ZERO_WIDTH_SPACE = '&#8203;';

/** Text that no forge takes for markup, the end of a table cell, a mention or a reference. */
export function escapeMarkdown(text: string): string {
  return cleanLine(text)
    .replaceAll('&', '&amp;')
    .replace(/[\\`*_{}[\]<>|~]/g, String.raw`\$&`)
    .replace(/(?<!\w)@(?=\w)|#(?=\d)/g, `$&${ZERO_WIDTH_SPACE}`);
}

/** A sentence whose `commands` are code; everything else is text. Not for table cells. */
export function formatSentence(text: string): string {
  return text
    .split(/`([^`]+)`/)
    .map((part, i) => (i % 2 === 1 ? formatCode(part) : escapeMarkdown(part)))
    .join('');
}

/** A code span, whatever backticks the text has; not for table cells. */
export function formatCode(text: string): string {
  const line = cleanLine(text);
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length));
  if (longest === 0) return `\`${line === '' ? ' ' : line}\``;
  const fence = '`'.repeat(longest + 1);
  return `${fence} ${line} ${fence}`;
}

/** A code span in a table cell, where a bar must be escaped even in code. */
export function formatCellCode(text: string): string {
  return formatCode(text).replaceAll('|', String.raw`\|`);
}
