const LONGEST = 140;

/** The description of a status as every forge takes it: one line, at most 140 characters. */
export function shortenStatus(description: string): string {
  const characters = Array.from(description.replace(/\s+/g, ' ').trim());
  return characters.length <= LONGEST
    ? characters.join('')
    : `${characters.slice(0, LONGEST - 1).join('')}…`;
}
