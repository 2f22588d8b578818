import type { Clock } from '../base/clock.ts';
import { isToolError, messageOf } from '../base/tool-error.ts';
import type { NotificationPort, NotificationTarget } from '../forge/port.ts';
import type { NotifierEntry } from '../manifest/types.ts';
import type { PassRecord } from '../plan/history-types.ts';
import {
  type BookManifest,
  EMPTY_BOOK,
  enterPass,
  listNotices,
  noteTold,
} from '../plan/trouble-book.ts';
import type { Notice, TroubleBook } from '../plan/trouble-types.ts';
import { renderNotices } from '../report/render-notices.ts';
import type { WatchSink } from './watch-types.ts';

/** Where the book is kept between runs. */
export interface BookStore {
  /** Null where there is none, or none that can be used. Never throws. */
  read(): Promise<TroubleBook | null>;
  /** Throws a `ToolError`. */
  write(book: TroubleBook): Promise<void>;
}

export interface NotificationDeps {
  readonly port: NotificationPort;
  readonly store: BookStore;
  readonly clock: Clock;
  /** Path of the manifest, where one process serves several; left out for the only one. */
  readonly manifest?: string;
  /** Paths of the manifest are relative to its folder. */
  readonly findFile: (path: string) => string;
  readonly count: (notifier: string, result: 'sent' | 'failed') => void;
  readonly warn: (message: string, hint: string | null) => void;
}

interface Ended {
  readonly record: PassRecord;
  readonly manifest: BookManifest;
}

interface State extends NotificationDeps {
  book: TroubleBook | null;
  /** Passes that ended while somebody was being told. */
  readonly waiting: Ended[];
  /** Notifiers whose failure is in the log. */
  readonly failing: Set<string>;
  storeFails: boolean;
  readonly controller: AbortController;
}

/** Milliseconds that the end of the loop waits for what is being told. */
const LAST_WORDS = 5_000;
const SHORTEST_FIRING = 3_600_000;

/**
 * Tells notifiers of trouble, once, again after a long time, and when it has healed; who could not be told
 * is told at a later pass. Runs beside the loop and never holds it up.
 */
export function createNotifications(deps: NotificationDeps): WatchSink {
  const state: State = {
    ...deps,
    book: null,
    waiting: [],
    failing: new Set(),
    storeFails: false,
    controller: new AbortController(),
  };
  let running: Promise<void> | null = null;
  async function work(): Promise<void> {
    try {
      while (state.waiting.length > 0 && !state.controller.signal.aborted) await tellAll(state);
    } catch (error) {
      // A fault of our own in telling must not end the loop.
      state.warn(`This is a bug in olmirror's notifications: ${messageOf(error)}`, null);
    }
    running = null;
  }
  return {
    onPass: () => undefined,
    onWatch(event) {
      if (event.kind !== 'pass-ended') return;
      const manifest = event.view?.manifest ?? null;
      state.waiting.push({ record: event.record, manifest });
      running ??= work();
    },
    async close() {
      const timer = setTimeout(() => state.controller.abort(), LAST_WORDS);
      await running;
      clearTimeout(timer);
    },
  };
}

async function tellAll(state: State): Promise<void> {
  state.book ??= (await state.store.read()) ?? EMPTY_BOOK;
  const ended = state.waiting.splice(0);
  for (const { record, manifest } of ended) state.book = enterPass(state.book, record, manifest);
  const { record } = ended.at(-1) ?? {};
  if (record === undefined) return;
  const { book } = state;
  const now = state.clock.now();
  const told = await Promise.all(
    book.notifiers.map(async (notifier) => {
      const notices = listNotices(book, notifier, now);
      const isTold = notices.length > 0 && (await tell({ notifier, notices, record, now }, state));
      return { notifier, notices: isTold ? notices : [] };
    }),
  );
  for (const { notifier, notices } of told)
    state.book = noteTold(state.book, notifier, { notices, now });
  await keep(state, state.book);
}

interface Telling {
  readonly notifier: NotifierEntry;
  readonly notices: readonly Notice[];
  readonly record: PassRecord;
  readonly now: Date;
}

async function tell({ notifier, notices, record, now }: Telling, state: State): Promise<boolean> {
  const { name } = notifier;
  const { mirror, intervalMilliseconds } = state.book ?? EMPTY_BOOK;
  const firing = Math.max(SHORTEST_FIRING, 4 * intervalMilliseconds);
  const firingUntil = new Date(now.getTime() + firing);
  const body = renderNotices(notifier.kind, notices, {
    mirror,
    manifest: state.manifest ?? null,
    pass: record,
    now,
    firingUntil,
  });
  try {
    await state.port.send(findTarget(notifier, state), body, state.controller.signal);
  } catch (error) {
    if (state.controller.signal.aborted) return false;
    if (!isToolError(error)) throw error;
    state.count(name, 'failed');
    if (!state.failing.has(name)) state.warn(error.message, error.hint ?? null);
    state.failing.add(name);
    return false;
  }
  state.count(name, 'sent');
  state.failing.delete(name);
  return true;
}

function findTarget(notifier: NotifierEntry, { findFile }: State): NotificationTarget {
  const { name, kind, url } = notifier;
  function find(file: string | null): string | null {
    return file === null ? null : findFile(file);
  }
  return {
    name,
    url,
    urlFile: find(notifier.urlFile),
    secretFile: find(notifier.secretFile),
    caFile: find(notifier.caFile),
    path: kind === 'alertmanager' ? '/api/v2/alerts' : '',
  };
}

async function keep(state: State, book: TroubleBook): Promise<void> {
  try {
    await state.store.write(book);
    state.storeFails = false;
  } catch (error) {
    if (!isToolError(error)) throw error;
    if (!state.storeFails)
      state.warn(
        `${error.message} After a restart the same trouble is told again.`,
        error.hint ?? null,
      );
    state.storeFails = true;
  }
}
