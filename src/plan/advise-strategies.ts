import type { PerRole, RoleName } from '../manifest/types.ts';
import type {
  AdviceReason,
  AdviceStep,
  Amount,
  CopyRate,
  DiskForecast,
  DiskRoom,
  StrategyAdvice,
} from './advice-types.ts';
import { checkCapacity } from './capacity.ts';
import { type Coming, forecast } from './forecast.ts';
import { addAmounts, createAmount, type HeldBooks, scaleAmount, sumBlobs } from './held.ts';
import type { Plan } from './types.ts';

export interface StrategyFacts {
  readonly held: HeldBooks;
  readonly room: PerRole<DiskRoom>;
  /** Both registries keep their blobs on one disk. */
  readonly sharesDisk: boolean;
  /** What a delivery brings. */
  readonly pace: Amount;
  /** How many further deliveries are reckoned with. */
  readonly ahead: number;
  readonly rate: CopyRate | null;
  /** A delivery in staging is not in Git yet. */
  readonly isWaiting: boolean;
}

export interface AppendFacts extends StrategyFacts {
  readonly plan: Pick<Plan, 'checks' | 'repositories'>;
  /** What the plan brings, and what deliveries that are not merged will. */
  readonly coming: Coming;
}

/** What production becomes where it only grows. */
export function adviseAppend(facts: AppendFacts): StrategyAdvice {
  const { held, pace, ahead, coming, plan, rate } = facts;
  const { copied, now, after } = forecast(coming, held);
  const staged = nowOf('staging', held);
  return {
    strategy: 'append',
    blockers: listStops(plan, 'held-up'),
    copies: { images: coming.images, bytes: copied, repositories: plan.repositories },
    perDelivery: pace,
    disk: judgeRooms(
      {
        production: {
          now,
          after,
          cleaned: after,
          later: addAmounts([after, scaleAmount(pace, ahead)]),
        },
        // Emptied once its delivery is in production; the next one lands there.
        staging: { now: staged, after: staged, cleaned: createAmount(0), later: pace },
      },
      facts,
    ),
    seconds: takeTime(copied, rate),
    steps: listAppendSteps(facts),
  };
}

/** What keeps a plan from being carried out wholly. */
export function listStops(
  { checks }: Pick<Plan, 'checks'>,
  kind: 'held-up' | 'not-planned',
): readonly AdviceReason[] {
  const stops = checks.filter(({ severity }) => severity !== 'warning');
  if (stops.length === 0) return [];
  return [{ kind, number: stops.length, names: stops.map(({ message }) => message) }];
}

/** What relocate would do; null where nobody knows what is in use. */
export interface Relocation {
  readonly plan: Pick<Plan, 'repositories'>;
  readonly coming: Coming;
  /** Everything that is taken along, whichever registry has it. */
  readonly kept: Amount;
}

export interface RelocateFacts extends StrategyFacts {
  readonly relocation: Relocation | null;
  readonly blockers: readonly AdviceReason[];
}

/** What both registries become where only what is in use is taken along. */
export function adviseRelocate(facts: RelocateFacts): StrategyAdvice {
  const { relocation, blockers, rate } = facts;
  const steps = listRelocateSteps(facts);
  if (relocation === null) return { ...UNKNOWN, blockers, disk: forgetDisk(facts), steps };
  const { held, pace, ahead } = facts;
  const { plan, coming, kept } = relocation;
  const { copied, now, after } = forecast(coming, held);
  const old = nowOf('production', held);
  return {
    strategy: 'relocate',
    blockers,
    copies: { images: coming.images, bytes: copied, repositories: plan.repositories },
    // The registries change places each time, so that all that is kept moves again.
    perDelivery: addAmounts([kept, pace]),
    disk: judgeRooms(
      {
        production: { now: old, after: old, cleaned: createAmount(0), later: pace },
        staging: {
          now,
          after,
          cleaned: after,
          later: addAmounts([after, scaleAmount(pace, ahead)]),
        },
      },
      facts,
    ),
    seconds: takeTime(copied, rate),
    steps,
  };
}

const NOTHING_KNOWN = createAmount(null, ['no-use']);
const UNKNOWN: Omit<StrategyAdvice, 'blockers' | 'disk' | 'steps'> = {
  strategy: 'relocate',
  copies: { images: null, bytes: NOTHING_KNOWN, repositories: [] },
  perDelivery: NOTHING_KNOWN,
  seconds: null,
};

function forgetDisk({ held }: StrategyFacts): PerRole<DiskForecast> {
  function forget(role: RoleName): DiskForecast {
    const now = nowOf(role, held);
    return {
      now,
      after: NOTHING_KNOWN,
      cleaned: NOTHING_KNOWN,
      later: NOTHING_KNOWN,
      fits: null,
      fitsLater: null,
    };
  }
  return { production: forget('production'), staging: forget('staging') };
}

function nowOf(role: RoleName, held: HeldBooks): Amount {
  return createAmount(sumBlobs(held[role].blobs), held[role].doubts);
}

type Content = Omit<DiskForecast, 'fits' | 'fitsLater'>;

function judgeRooms(content: PerRole<Content>, facts: StrategyFacts): PerRole<DiskForecast> {
  const { production, staging } = content;
  return {
    production: { ...production, ...judgeRoom('production', content, facts) },
    staging: { ...staging, ...judgeRoom('staging', content, facts) },
  };
}

// Of one disk for both, what one registry takes the other lacks.
function judgeRoom(
  role: RoleName,
  content: PerRole<Content>,
  { room, sharesDisk }: StrategyFacts,
): Pick<DiskForecast, 'fits' | 'fitsLater'> {
  const { production, staging } = content;
  const disks = sharesDisk ? [production, staging] : [content[role]];
  function sum(moment: 'now' | 'after' | 'later'): Amount {
    return addAmounts(disks.map((disk) => disk[moment]));
  }
  return {
    fits: hasRoom(role, grow(sum('now'), sum('after')), room[role]),
    // What is cleaned on the way makes room.
    fitsLater: hasRoom(role, grow(sum('now'), sum('later')), room[role]),
  };
}

function grow(before: Amount, after: Amount): Amount {
  const isKnown = before.bytes !== null && after.bytes !== null;
  const doubts = after.doubts.filter((doubt) => !before.doubts.includes(doubt));
  return createAmount(
    isKnown ? Math.max(0, (after.bytes ?? 0) - (before.bytes ?? 0)) : null,
    doubts,
  );
}

/** Null where nobody knows: of what is only known to be at least so much, too little room is known, and enough is not. */
function hasRoom(
  role: RoleName,
  { bytes, doubts }: Amount,
  { freeBytes }: DiskRoom,
): boolean | null {
  if (bytes === null || freeBytes === null) return null;
  const checks = checkCapacity({ bytes, role, storage: { path: '', freeBytes }, fault: null });
  if (checks.length > 0) return false;
  return doubts.length === 0 ? true : null;
}

function takeTime({ bytes }: Amount, rate: CopyRate | null): number | null {
  if (bytes === 0) return 0;
  return bytes === null || rate === null ? null : Math.ceil(bytes / rate.bytesPerSecond);
}

function step(kind: AdviceStep['kind'], disturbs = false): AdviceStep {
  return { kind, disturbs };
}

function listAppendSteps({ isWaiting }: StrategyFacts): readonly AdviceStep[] {
  return [
    ...(isWaiting ? [step('merge')] : []),
    step('apply'),
    step('status'),
    step('staging-check'),
    step('empty-staging'),
  ];
}

function listRelocateSteps({ isWaiting }: StrategyFacts): readonly AdviceStep[] {
  return [
    step('look'),
    ...(isWaiting ? [step('merge')] : []),
    step('apply'),
    step('rules-staging-first', true),
    step('pools', true),
    step('restart', true),
    step('rules-staging-only', true),
    step('relocate-check'),
    step('swap'),
    step('wipe-production'),
  ];
}
