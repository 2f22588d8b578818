import type { MirrorManifest, NotifierEntry } from '../manifest/types.ts';
import type { PassRecord } from './history-types.ts';
import { listTroubles } from './list-troubles.ts';
import type { KeptTrouble, Notice, Severity, Trouble, TroubleBook } from './trouble-types.ts';

export const EMPTY_BOOK: TroubleBook = {
  version: 1,
  troubles: [],
  notifiers: [],
  mirror: null,
  intervalMilliseconds: 0,
};

/** What of the manifest the book keeps; null where the pass could not read it. */
export type BookManifest = Pick<MirrorManifest, 'name' | 'notifications' | 'reconcile'> | null;

/**
 * Enters a pass. What it met again stays one trouble, what it looked for and did not meet has healed, and
 * what it did not get to see stays as it was.
 */
export function enterPass(
  book: TroubleBook,
  record: PassRecord,
  manifest: BookManifest,
): TroubleBook {
  const known =
    manifest === null
      ? book
      : {
          ...book,
          notifiers: manifest.notifications,
          mirror: manifest.name,
          intervalMilliseconds: manifest.reconcile.intervalMilliseconds,
        };
  if (record.result === 'interrupted') return known;
  const { failure, holds, items } = listTroubles(record);
  const met = new Map(
    [...failure, ...(holds ?? []), ...(items ?? [])].map((trouble) => [trouble.key, trouble]),
  );
  function wasLookedFor({ key }: KeptTrouble): boolean {
    if (key.startsWith('failure/')) return true;
    return key.startsWith('hold/') ? holds !== null : items !== null;
  }
  const old = book.troubles.map((kept) =>
    wasLookedFor(kept) || met.has(kept.key)
      ? renew(kept, met.get(kept.key) ?? null, record.finished)
      : kept,
  );
  const keys = new Set(book.troubles.map(({ key }) => key));
  const fresh = [...met.values()].filter(({ key }) => !keys.has(key));
  return prune({ ...known, troubles: [...old, ...fresh.map((it) => begin(it, record.finished))] });
}

function begin(trouble: Trouble, now: string): KeptTrouble {
  return { ...trouble, since: now, passes: 1, healed: null, told: {} };
}

function renew(kept: KeptTrouble, met: Trouble | null, now: string): KeptTrouble {
  if (met === null) return { ...kept, passes: 0, healed: kept.healed ?? now };
  return { ...kept, ...met, passes: kept.passes + 1, healed: null };
}

/** What a notifier is to be told now. Alertmanager is told everything at every pass, as it forgets what it is not. */
export function listNotices(
  { troubles }: TroubleBook,
  notifier: NotifierEntry,
  now: Date,
): readonly Notice[] {
  return troubles.flatMap((trouble): readonly Notice[] => {
    const told = trouble.told[notifier.name];
    if (trouble.healed !== null) return told === undefined ? [] : [{ status: 'resolved', trouble }];
    if (told === undefined)
      return isWorthTelling(trouble, notifier) ? [{ status: 'firing', trouble }] : [];
    if (notifier.kind === 'alertmanager') return [{ status: 'firing', trouble }];
    const isOld = now.getTime() - Date.parse(told) >= notifier.remindAfterMilliseconds;
    return isOld ? [{ status: 'reminder', trouble }] : [];
  });
}

const RANKS: Readonly<Record<Severity, number>> = { info: 0, warning: 1, error: 2 };

function isWorthTelling(trouble: KeptTrouble, { severity }: NotifierEntry): boolean {
  return RANKS[trouble.severity] >= RANKS[severity] && (!trouble.passing || trouble.passes > 1);
}

/** Notes what a notifier has been told. */
export function noteTold(
  book: TroubleBook,
  { name }: Pick<NotifierEntry, 'name'>,
  { notices, now }: { readonly notices: readonly Notice[]; readonly now: Date },
): TroubleBook {
  const statuses = new Map(notices.map(({ status, trouble }) => [trouble.key, status]));
  const troubles = book.troubles.map((trouble) => {
    const status = statuses.get(trouble.key);
    if (status === undefined) return trouble;
    const { [name]: _, ...others } = trouble.told;
    const told = status === 'resolved' ? others : { ...others, [name]: now.toISOString() };
    return { ...trouble, told };
  });
  return prune({ ...book, troubles });
}

// A healed trouble is kept until everybody knows who was told of it.
function prune(book: TroubleBook): TroubleBook {
  const names = new Set(book.notifiers.map(({ name }) => name));
  const troubles = book.troubles.filter(
    ({ healed, told }) => healed === null || Object.keys(told).some((name) => names.has(name)),
  );
  return { ...book, troubles };
}
