export type ReportFormat = 'text' | 'markdown' | 'json';

/** The format of a report that goes into a file: as its name ends, else as on the screen. */
export function formatOfFile(file: string, otherwise: ReportFormat): ReportFormat {
  if (file.endsWith('.json')) return 'json';
  return file.endsWith('.md') ? 'markdown' : otherwise;
}
