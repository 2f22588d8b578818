import { writeFileAtomic } from '../../files/write-atomic.ts';
import type { RelocateCheck } from '../../plan/relocate-check-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { checkRelocate } from '../../reconcile/check-relocate.ts';
import { renderRelocateMarkdown, renderRelocateText } from '../../report/render-relocate-check.ts';
import type { CommandContext } from '../context.ts';
import { formatOfFile, type ReportFormat } from '../format-of-file.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';

export interface RelocateCheckOptions {
  readonly format: ReportFormat;
  /** File that gets the report too; null for none. */
  readonly output: string | null;
}

/** Says whether production may be wiped, by the commit alone. Exit 4 where that is not proved. */
export async function runRelocateCheck(
  { format, output }: RelocateCheckOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const git = await wiring.openGit();
  const check = await checkRelocate({
    snapshot: await git.openCommit('HEAD'),
    manifestFile: context.manifestFile,
    openRegistries: wiring.openRegistries,
    clock: systemClock,
    signal: context.signal,
  });
  context.progress.clear();
  if (output !== null) await writeFileAtomic(output, render(check, formatOfFile(output, format)));
  context.console.result(render(check, format));
  if (output !== null) context.console.say(`Written to ${output}: ${check.hash}`);
  return check.exitCode;
}

function render(check: RelocateCheck, format: ReportFormat): string {
  switch (format) {
    case 'text':
      return renderRelocateText(check);
    case 'markdown':
      return renderRelocateMarkdown(check);
    case 'json':
      return `${JSON.stringify(check, null, 2)}\n`;
  }
}
