/**
 * One line of a page or a terminal. Names and messages come from catalogs and registries that
 * somebody else runs: line breaks become spaces; control characters and direction marks, which could
 * rewrite what is shown, characters that nobody sees, and halves of characters become visible escapes.
 */
export function cleanLine(text: string): string {
  return text
    .replace(/\s+/g, (run) => (/[\r\n\t\u2028\u2029]/.test(run) ? ' ' : run))
    .replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/gu, formatEscape)
    .replace(UNSEEN, formatEscape);
}

// Not those that join or vary what stands beside them: scripts and emoji need them.
const UNSEEN =
  /[\u00ad\u115f\u1160\u180e\u200b\u2060-\u2064\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** A text of these lines, each cleaned. */
export function renderLines(lines: readonly string[]): string {
  return `${lines.map(cleanLine).join('\n')}\n`;
}

function formatEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16).padStart(4, '0');
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex}`;
}
