/**
 * One line of a page or a terminal. Names and messages come from catalogs and registries that
 * somebody else runs: line breaks become spaces, and control characters and direction marks, which
 * could rewrite what is shown, become visible escapes.
 */
export function cleanLine(text: string): string {
  return text
    .replace(/\s*[\r\n\t\u2028\u2029]\s*/g, ' ')
    .replace(/[\p{Cc}\p{Bidi_Control}]/gu, formatEscape);
}

/** A text of these lines, each cleaned. */
export function renderLines(lines: readonly string[]): string {
  return `${lines.map(cleanLine).join('\n')}\n`;
}

function formatEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
