import type { RoleName } from '../manifest/types.ts';
import type {
  Advice,
  AdviceReason,
  DiskForecast,
  DiskRoom,
  StrategyAdvice,
} from './advice-types.ts';

export interface Choice {
  readonly append: StrategyAdvice;
  readonly relocate: StrategyAdvice;
  readonly room: Advice['room'];
  /** Of the manifest. */
  readonly strategy: Advice['strategy'];
  /** Catalogs with a delivery in staging that is not in Git. */
  readonly pending: readonly string[];
  /** What makes clusters pull from staging now. */
  readonly split: readonly string[];
}

/**
 * Recommends append, save where it does not fit and relocate is known to, or where a site goes that way already and has
 * left behind what append asks for: what only grows cannot lose an image, and a forgotten one is an outage.
 */
export function recommend(choice: Choice): Advice['recommendation'] {
  const { append, relocate } = choice;
  const isFull = append.disk.production.fits === false;
  const canRelocate = relocate.blockers.length === 0 && relocate.disk.staging.fits === true;
  const first = [
    ...(choice.pending.length === 0 ? [] : [reason('pending-first', null, choice.pending)]),
    ...(choice.split.length === 0 ? [] : [reason('split', null, choice.split)]),
  ];
  if (goesAlready(choice))
    return {
      strategy: 'relocate',
      reasons: [
        reason('goes-already'),
        ...append.blockers,
        ...describeUse(relocate),
        ...describeRoom(relocate.disk.staging, choice.room.staging, 'staging'),
        ...first,
      ],
    };
  if (isFull && canRelocate)
    return {
      strategy: 'relocate',
      reasons: [
        describeFull(choice),
        ...describeUse(relocate),
        ...describeSaving(choice),
        ...first,
      ],
    };
  return {
    strategy: 'append',
    reasons: [
      reason('no-outage'),
      ...append.blockers,
      ...(isFull
        ? [describeFull(choice)]
        : describeRoom(append.disk.production, choice.room.production, 'production')),
      ...(isFull && relocate.disk.staging.fits === false ? [reason('both-full')] : []),
      ...compareCopies(choice),
      ...describeUse(relocate),
      ...describeSaving(choice),
      ...first,
    ],
  };
}

function goesAlready({ strategy, append, relocate }: Choice): boolean {
  return (
    strategy === 'relocate' &&
    append.blockers.length > 0 &&
    relocate.blockers.length === 0 &&
    relocate.disk.staging.fits !== false
  );
}

function reason(
  kind: AdviceReason['kind'],
  number: number | null = null,
  names: readonly string[] = [],
): AdviceReason {
  return { kind, number, names };
}

function describeFull({ append, room }: Choice): AdviceReason {
  const { now, after } = append.disk.production;
  const grows = (after.bytes ?? 0) - (now.bytes ?? 0);
  return reason('full', grows - (room.production.freeBytes ?? 0));
}

function describeRoom(
  { fits, fitsLater }: DiskForecast,
  { freeBytes }: DiskRoom,
  role: RoleName,
): readonly AdviceReason[] {
  if (freeBytes === null || fits === null) return [reason('room-unknown', null, [role])];
  return [
    reason('fits', freeBytes, [role]),
    ...(fitsLater === true ? [reason('fits-later')] : []),
    ...(fitsLater === false ? [reason('full-later')] : []),
  ];
}

function compareCopies({ append, relocate }: Choice): readonly AdviceReason[] {
  const [less, more] = [append.copies.bytes.bytes, relocate.copies.bytes.bytes];
  return less !== null && more !== null && less < more ? [reason('copies-less', more - less)] : [];
}

function describeUse({ blockers }: StrategyAdvice): readonly AdviceReason[] {
  return blockers.length > 0 ? blockers : [reason('use-known')];
}

/** What relocate would leave on both disks less than append, once each was cleaned. */
function describeSaving({ append, relocate }: Choice): readonly AdviceReason[] {
  const [grown, small] = [
    append.disk.production.cleaned.bytes,
    relocate.disk.staging.cleaned.bytes,
  ];
  if (grown === null || small === null) return [];
  return grown > small ? [reason('saves', grown - small)] : [reason('saves-nothing')];
}
