import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { isAlone } from '../base/own-bytes.ts';
import type { CatalogAnswers, CatalogTask, CatalogTaskKind } from './catalog-task.ts';
import type { FileSource } from './file-source.ts';

/** This thread and others that read catalogs; this one alone where there is little to read. */
export interface CatalogPool {
  /** The answers in the order of the files. */
  run<K extends CatalogTaskKind>(task: CatalogTask<K>): Promise<readonly CatalogAnswers[K][]>;
  close(): Promise<void>;
}

export interface CatalogPoolOptions {
  /** Bytes that will be read, over all tasks. */
  readonly size: number;
  /** Tasks that there will be, where that is known: more threads than those are not started. */
  readonly tasks?: number;
  /** This thread has other work: it takes no task where there is another thread. */
  readonly isBusy?: boolean;
  /** A thread that runs already, and goes on when the pool is closed: with it no other is started. */
  readonly kept?: CatalogThread | undefined;
  readonly signal: AbortSignal;
}

/** Below this starting a thread takes longer than it saves. */
const WORTH_A_THREAD = 6_000_000;
/** More threads than this wait for memory, not for processors. */
const MOST_THREADS = 4;
/** Tasks that a thread is given at a time. */
const SLOTS = 2;
/** Bytes that one message to a thread asks it to read. */
const BATCH = 2_000_000;

export function openCatalogPool({
  size,
  tasks,
  isBusy = false,
  kept,
  signal,
}: CatalogPoolOptions): CatalogPool {
  const worthwhile = Math.min(tasks ?? MOST_THREADS, Math.floor(size / WORTH_A_THREAD));
  const wanted = Math.min(availableParallelism(), MOST_THREADS, worthwhile);
  // Who keeps a thread goes on after this, and has the room for one heap more, however many processors there are.
  const length = kept === undefined ? Math.max(wanted - 1, 0) : 0;
  const started = Array.from({ length }, startThread);
  const threads = kept === undefined ? started : [kept];
  // A thread finds its next task there when it has done one: it has two places.
  const own = isBusy && threads.length > 0 ? [] : [OWN_THREAD];
  const idle = [...threads, ...threads, ...own];
  const waiting: ((thread: CatalogThread) => void)[] = [];
  // While this thread works nobody is given anything, so it comes after the others; of those, one that has nothing to do comes first.
  function takeIdle(): CatalogThread | undefined {
    const others = idle.filter((thread) => thread !== OWN_THREAD);
    const free = others.find((thread) => others.filter((it) => it === thread).length === SLOTS);
    const chosen = free ?? others[0];
    return idle.splice(chosen === undefined ? 0 : idle.indexOf(chosen), 1)[0];
  }
  async function runOne<K extends CatalogTaskKind>(
    task: CatalogTask<K>,
  ): Promise<readonly CatalogAnswers[K][]> {
    signal.throwIfAborted();
    const thread =
      takeIdle() ?? (await new Promise<CatalogThread>((resolve) => waiting.push(resolve)));
    try {
      return await thread.ask(task);
    } finally {
      const next = waiting.shift();
      if (next === undefined) idle.push(thread);
      else next(thread);
    }
  }
  async function run<K extends CatalogTaskKind>(
    task: CatalogTask<K>,
  ): Promise<readonly CatalogAnswers[K][]> {
    return (await Promise.all(splitTask(task).map(runOne))).flat();
  }
  async function close(): Promise<void> {
    await Promise.all(started.map((thread) => thread.stop()));
  }
  return { run, close };
}

/** Bytes of files altogether. */
export function sumSizes(files: readonly FileSource[]): number {
  return files.reduce((sum, file) => sum + file.size, 0);
}

const READ_AS_ONE: ReadonlySet<CatalogTaskKind> = new Set([
  'judge-group',
  'render-group',
  'build-layer',
  'learn',
]);

// A group is read as one; else each file stands alone, and a batch is large enough for a message.
function splitTask<K extends CatalogTaskKind>(task: CatalogTask<K>): readonly CatalogTask<K>[] {
  if (READ_AS_ONE.has(task.kind)) return [task];
  const batches: FileSource[][] = [];
  let room = 0;
  for (const file of task.files) {
    if (batches.length === 0 || room < file.size) {
      batches.push([]);
      room = BATCH;
    }
    batches.at(-1)?.push(file);
    room -= file.size;
  }
  return batches.map((files) => ({ ...task, files }));
}

/** Answers one task after the other. */
export interface CatalogThread {
  ask<K extends CatalogTaskKind>(task: CatalogTask<K>): Promise<readonly CatalogAnswers[K][]>;
  stop(): Promise<unknown>;
}

// Between its tasks this thread hears of the others and of signals. It loads what reads catalogs
// while the others start.
const OWN_THREAD: CatalogThread = {
  async ask(task) {
    const { runCatalogTask } = await import('./catalog-task.ts');
    await setImmediate();
    return runCatalogTask(task);
  },
  stop: () => Promise.resolve(),
};

// The file beside this one: the bundle has it beside the commands.
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? './catalog-worker.ts' : './catalog-worker.js',
  import.meta.url,
);

/** A thread works through much that is soon garbage: more room for it would only be more memory. */
const YOUNG = { maxYoungGenerationSizeMb: 24 } as const;

function startThread(): CatalogThread {
  const worker = new Worker(WORKER, { resourceLimits: YOUNG });
  // Only a thread that works keeps the program from ending.
  worker.unref();
  let asked = 0;
  let open = 0;
  return {
    ask: (task) =>
      new Promise((resolve, reject) => {
        const id = asked;
        asked += 1;
        open += 1;
        worker.ref();
        function settle(finish: () => void): void {
          worker.off('message', onMessage).off('error', onError);
          open -= 1;
          if (open === 0) worker.unref();
          finish();
        }
        function onMessage(reply: Reply<Parameters<typeof resolve>[0]>): void {
          if (reply.id === id) settle(() => resolve(reply.answer));
        }
        function onError(error: Error): void {
          settle(() => reject(error));
        }
        worker.on('message', onMessage).on('error', onError);
        worker.postMessage({ id, task }, listHandedOver(task));
      }),
    stop: () => worker.terminate(),
  };
}

// What is laid into a layer was rendered, or read, for it and is nobody else's: it need not be there twice.
function listHandedOver(task: CatalogTask): readonly ArrayBuffer[] {
  if (!('options' in task)) return [];
  const texts = task.files.flatMap(({ content }) => (typeof content === 'string' ? [] : [content]));
  const held = task.options.held.flatMap(({ runs }) => runs.map(({ bytes }) => bytes));
  return [...texts, ...held].filter(isAlone).map(({ buffer }) => buffer);
}

/** A thread for whoever builds again and again: it is up when it is asked, and has seen the like. One that failed is replaced. */
export function keepThread(): CatalogThread {
  let thread = startThread();
  return {
    ask: (task) =>
      thread.ask(task).catch((error: unknown) => {
        thread = startThread();
        throw error;
      }),
    stop: () => thread.stop(),
  };
}

interface Reply<T> {
  readonly id: number;
  readonly answer: T;
}
