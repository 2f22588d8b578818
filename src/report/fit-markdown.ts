/**
 * A Markdown text that is at most `limit` characters long: cut between two lines, folds and fences that are open there
 * closed, and `note` below. A text that fits comes back as it is.
 */
export function fitMarkdown(text: string, limit: number, note: string): string {
  if (text.length <= limit) return text;
  const kept: string[] = [];
  let length = note.length + 2;
  let open: readonly string[] = [];
  for (const line of text.split('\n')) {
    const after = follow(open, line);
    const closing = formatClosing(after);
    if (length + line.length + 1 + closing.length > limit) break;
    kept.push(line);
    length += line.length + 1;
    open = after;
  }
  return `${kept.join('\n')}\n${formatClosing(open)}\n${note}`;
}

const FENCE = /^(`{3,}|~{3,})/;

/** What is open after a line, innermost last: fences by their sign, folds as tags. */
function follow(open: readonly string[], line: string): readonly string[] {
  const inner = open.at(-1) ?? '';
  const [, fence = ''] = FENCE.exec(line) ?? [];
  if (FENCE.test(inner)) return fence.startsWith(inner) ? open.slice(0, -1) : open;
  if (fence !== '') return [...open, fence];
  if (line.startsWith('<details>')) return [...open, '</details>'];
  return line.startsWith('</details>') ? open.slice(0, -1) : open;
}

function formatClosing(open: readonly string[]): string {
  return open
    .toReversed()
    .flatMap((close) => [close, ''])
    .join('\n');
}
