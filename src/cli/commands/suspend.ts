import { ToolError } from '../../base/tool-error.ts';
import { parseDuration } from '../../manifest/duration.ts';
import type { SuspensionReport } from '../../plan/control-types.ts';
import { formatMoment } from '../../plan/format-moment.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import type { CommandContext } from '../context.ts';
import { openControlFiles } from '../local-control.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';

export interface SuspendOptions {
  readonly reason: string;
  readonly by: string;
  /** A date, a time or a duration, as typed; null for no end. */
  readonly until: string | null;
  readonly format: Format;
}

type Format = 'text' | 'json';

/** Holds the reconciler of this state folder back, until `resume` or a time. */
export async function runSuspend(
  { reason, by, until: typed, format }: SuspendOptions,
  { console }: CommandContext,
  { stateFolder }: Pick<Wiring, 'stateFolder'>,
): Promise<ExitCode> {
  const now = systemClock.now();
  const until = typed === null ? null : readUntil(typed, now);
  if (reason.trim() === '' || by.trim() === '')
    throw new ToolError(
      'CLI_USAGE',
      'A suspension needs a reason and the name of who decided it.',
      {
        hint: 'Write both, such as --reason "registry is moved" --by kim.',
      },
    );
  const control = openControlFiles(stateFolder);
  const before = await control.readSuspension();
  const suspension = {
    reason,
    by,
    since: now.toISOString(),
    until: until?.toISOString() ?? null,
  };
  await control.writeSuspension(suspension);
  if (before !== null && !('fault' in before))
    console.say(`This takes the place of a suspension by ${before.by}: ${before.reason}.`);
  const end = until === null ? '`olmirror resume`' : formatMoment(until);
  const said = `Suspended until ${end}. A running \`olmirror watch\` takes no further step; steps that run are finished.`;
  console.result(format === 'json' ? renderJson(suspension, before) : said);
  return 0;
}

/** Ends a suspension of this state folder; one in the manifest is ended by a commit. */
export async function runResume(
  { format }: { readonly format: Format },
  { console }: CommandContext,
  { stateFolder }: Pick<Wiring, 'stateFolder'>,
): Promise<ExitCode> {
  const control = openControlFiles(stateFolder);
  const before = await control.readSuspension();
  await control.writeSuspension(null);
  console.result(format === 'json' ? renderJson(null, before) : describeEnd(before));
  return 0;
}

function renderJson(
  suspension: SuspensionReport['suspension'],
  before: SuspensionReport['before'],
): string {
  const report: SuspensionReport = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Suspension',
    suspension,
    before,
  };
  return JSON.stringify(report, null, 2);
}

function describeEnd(before: SuspensionReport['before']): string {
  if (before === null)
    return 'Nothing was suspended here. A suspension in the manifest is ended by a commit.';
  const what = 'fault' in before ? 'it could not be read' : `${before.by}: ${before.reason}`;
  return `The suspension has ended (${what}). A running \`olmirror watch\` goes on at once.`;
}

const TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

function readUntil(text: string, now: Date): Date {
  const duration = parseDuration(text);
  const moment = duration === null ? readTime(text) : now.getTime() + duration;
  const until = new Date(moment);
  if (Number.isNaN(until.getTime()))
    throw new ToolError('CLI_USAGE', `--until ${text} is neither a time nor a duration.`, {
      hint: 'Write it as 4h, 2026-12-31 (its first minute, UTC), 2026-12-31T18:00Z or 2026-12-31T18:00+09:00.',
    });
  if (until <= now)
    throw new ToolError('CLI_USAGE', `--until ${text} is over already.`, {
      hint: 'Name a time to come, or leave it out.',
    });
  return until;
}

function readTime(text: string): number {
  return TIME.test(text) ? Date.parse(text) : Number.NaN;
}
