const MEANINGS = [
  ['+', 'added'],
  ['~', 'changed'],
  ['-', 'removed'],
] as const;

/** What the symbols at the beginning of these lines mean: only of those that are there; none for none. */
export function listLegend(lines: readonly string[]): readonly string[] {
  const used = MEANINGS.filter(([symbol]) =>
    lines.some((line) => line.trimStart().startsWith(`${symbol} `)),
  );
  return used.length === 0
    ? []
    : [`Legend: ${used.map(([symbol, meaning]) => `${symbol} ${meaning}`).join(', ')}`];
}
