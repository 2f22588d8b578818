/**
 * The words of each simple command in a line of shell, as far as pages use it: quotes, `&&`, `|`, `;`, comments. A
 * redirection ends the words.
 */
export function splitWords(line: string): readonly (readonly string[])[] {
  const commands: string[][] = [[]];
  const token =
    /\s*(?:(#.*)|(&&|\|\|?|;)|([<>]+.*?)(?=\s(?:&&|\|)|$)|((?:"[^"]*"|'[^']*'|[^\s"'|;&<>])+))/gy;
  for (const match of line.matchAll(token)) {
    const [, comment, operator, , word] = match;
    if (comment !== undefined) break;
    if (operator !== undefined) commands.push([]);
    if (word !== undefined) commands.at(-1)?.push(word.replaceAll(/["']/g, ''));
  }
  return commands.filter((words) => words.length > 0);
}
