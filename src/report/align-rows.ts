import { cleanLine } from './clean-line.ts';

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/gu;

/** A line for each row, its cells cleaned and below each other. */
export function alignRows(rows: readonly (readonly string[])[]): readonly string[] {
  const cells = rows.map((row) => row.map(cleanLine));
  const widths = (cells[0] ?? []).map((_, i) =>
    Math.max(...cells.map((row) => measure(row[i] ?? ''))),
  );
  return cells.map((row) =>
    row
      .map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - measure(cell)))
      .join('  ')
      .trimEnd(),
  );
}

/** Columns of a terminal: Hangul and other wide letters take two. */
function measure(text: string): number {
  return text.length + (text.match(WIDE)?.length ?? 0);
}
