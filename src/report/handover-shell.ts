import type { Handover } from '../plan/handover-types.ts';

/** The command as it is to be typed in the folder of the manifest. */
export function nameProgram({ manifestFile }: Pick<Handover, 'manifestFile'>): string {
  return manifestFile === 'mirror.yaml'
    ? 'olmirror'
    : `olmirror --manifest ${quoteShell(manifestFile)}`;
}

/** One word of a shell, whatever stands in it. */
export function quoteShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Lines that are run as they stand. */
export function renderShell(lines: readonly string[]): readonly string[] {
  return ['```sh', ...lines, '```'];
}
