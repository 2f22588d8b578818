import { cleanLine } from './clean-line.ts';

// A name is text and nothing else: a zero-width space keeps the forges from taking it for a mention or a reference.
const ZERO_WIDTH_SPACE = '&#8203;';

/** Text that no forge takes for markup, a table cell's end, a mention or a reference. */
export function escapeMarkdown(text: string): string {
  return cleanLine(text)
    .replaceAll('&', '&amp;')
    .replace(/[\\`*_{}[\]<>|~]/g, String.raw`\$&`)
    .replace(/@(?=\w)|#(?=\d)/g, `$&${ZERO_WIDTH_SPACE}`);
}

/** A code span, whatever backticks the text has; not for table cells. */
export function formatCode(text: string): string {
  const line = cleanLine(text);
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length));
  if (longest === 0) return `\`${line}\``;
  const fence = '`'.repeat(longest + 1);
  return `${fence} ${line} ${fence}`;
}

/** A code span in a table cell, where a bar must be escaped even in code. */
export function formatCellCode(text: string): string {
  return formatCode(text).replaceAll('|', String.raw`\|`);
}
