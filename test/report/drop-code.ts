/** Markdown without its code spans, found as CommonMark finds them: a run of backticks ends at the next run as long. */
export function dropCode(text: string): string {
  let out = '';
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const run = /^`+/.exec(rest)?.[0] ?? '';
    const span = run === '' ? null : findSpan(rest, run.length);
    const taken = rest.startsWith('\\') ? 2 : Math.max(1, run.length);
    if (span === null) out += rest.slice(0, taken);
    at += span ?? taken;
  }
  return out;
}

function findSpan(text: string, length: number): number | null {
  for (const match of text.slice(length).matchAll(/`+/g))
    if (match[0].length === length) return length + match.index + length;
  return null;
}
