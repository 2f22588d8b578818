/**
 * The text with its control characters written out, so that a name in a catalog can neither move
 * the cursor nor hide what stands beside it. Line breaks and tabs stay. JSON stays the same JSON:
 * such characters stand in its strings only, where `\u009b` is the character.
 */
export function makePrintable(text: string): string {
  return text.replaceAll(UNPRINTABLE, escapeUnit);
}

// Controls without tab and line feed, and what breaks a line or turns the direction of writing.
const UNPRINTABLE = /(?![\n\t])[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/gu;

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
