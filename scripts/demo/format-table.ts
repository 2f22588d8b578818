import type { Heads } from './operator-hub.ts';

export interface Column {
  readonly title: string;
  readonly heads: Heads | null;
}

/** A table of channel heads: one row per operator and channel, one column per moment. */
export function formatHeadsTable(columns: readonly Column[]): string {
  const keys = new Set(columns.flatMap((column) => [...(column.heads?.keys() ?? [])]));
  const rows = [...keys].toSorted((a, b) => (a < b ? -1 : 1)).map((key) => toRow(key, columns));
  const header = ['operator', 'channel', ...columns.map((column) => column.title)];
  const widths = header.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)),
  );
  const line = widths.map((width) => '-'.repeat(width));
  return [header, line, ...rows]
    .map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '))
    .map((text) => `  ${text.trimEnd()}`)
    .join('\n');
}

function toRow(key: string, columns: readonly Column[]): readonly string[] {
  return [...key.split(' '), ...columns.map((column) => column.heads?.get(key) ?? '—')];
}
