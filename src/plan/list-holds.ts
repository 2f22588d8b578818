import type { ReconcileSettings, Window } from '../manifest/types.ts';
import type { LocalControl } from './control-types.ts';
import { formatMoment } from './format-moment.ts';
import type { Hold } from './history-types.ts';
import { judgeWindow } from './judge-window.ts';
import { isApproved } from './outline-plan.ts';
import type { Plan } from './types.ts';

export interface HoldInput {
  readonly settings: Pick<ReconcileSettings, 'suspend' | 'dryRun' | 'approval' | 'windows'>;
  readonly local: LocalControl;
  readonly now: Date;
}

/** What keeps a plan, or a part of it, from being carried out now: the strongest first. */
export function listHolds(plan: Plan, input: HoldInput): readonly Hold[] {
  const approval = findApprovalHold(plan, input);
  return [...listPresentHolds(input), ...(approval === null ? [] : [approval])];
}

/** The same without approval, which hangs on the plan: what may begin to count while one is carried out. */
export function listPresentHolds({ settings, local, now }: HoldInput): readonly Hold[] {
  const { suspend, dryRun, windows } = settings;
  return [
    findLocalSuspension(local.suspension, now),
    findSuspension(suspend, now),
    dryRun ? DRY_RUN : null,
    findClosed('copy-window', windows.copy, now),
    findClosed('publish-window', windows.publish, now),
  ].filter((hold) => hold !== null);
}

const DRY_RUN: Hold = {
  kind: 'dry-run',
  message: 'spec.reconcile.dryRun is set; nothing is written until a commit ends it',
  until: null,
};

// What cannot be read may have been a suspension, and is never taken for none.
function findLocalSuspension(suspension: LocalControl['suspension'], now: Date): Hold | null {
  if (suspension === null) return null;
  if (!('fault' in suspension)) return describeSuspension(suspension, now, '`olmirror resume`');
  const message = `suspended, as far as can be told: ${suspension.fault}; nothing is written until \`olmirror resume\`, or \`olmirror suspend\` anew`;
  return { kind: 'suspended', message, until: null };
}

function findSuspension(suspend: ReconcileSettings['suspend'], now: Date): Hold | null {
  return suspend === null ? null : describeSuspension(suspend, now, 'a commit ends it');
}

function describeSuspension(
  { reason, by, until }: NonNullable<ReconcileSettings['suspend']>,
  now: Date,
  otherwise: string,
): Hold | null {
  if (until !== null && now.getTime() >= Date.parse(until)) return null;
  const end = until === null ? otherwise : formatMoment(new Date(until));
  return {
    kind: 'suspended',
    message: `suspended by ${by}: ${reason}; nothing is written until ${end}`,
    until: until === null ? null : new Date(until).toISOString(),
  };
}

const WAITING = {
  'copy-window': 'images are copied',
  'publish-window': 'indexes are published',
} as const;

function findClosed(kind: keyof typeof WAITING, window: Window, now: Date): Hold | null {
  const { open, until } = judgeWindow(window, now);
  if (open) return null;
  const zone = window === 'always' ? undefined : window[0]?.timeZone;
  const when =
    until === null
      ? 'it does not open within a year'
      : `${WAITING[kind]} from ${formatMoment(until, zone)} on`;
  const message = `outside of the ${kind.replace('-', ' ')}: ${when}`;
  return { kind, message, until: until?.toISOString() ?? null };
}

function findApprovalHold(plan: Plan, { settings, local }: HoldInput): Hold | null {
  if (settings.approval === 'none' || plan.steps.length === 0) return null;
  const { approval } = local;
  const fault = approval !== null && 'fault' in approval ? approval.fault : null;
  if (
    fault === null &&
    isApproved(plan, approval === null || 'fault' in approval ? null : approval)
  )
    return null;
  const why = fault === null ? '' : ` (${fault})`;
  const message = `plan ${plan.hash} is not approved${why}; \`olmirror approve ${plan.hash}\` lets it be carried out`;
  return { kind: 'approval', message, until: null };
}
