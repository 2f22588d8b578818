import { execa } from 'execa';
import { createByteReader } from './byte-reader.ts';
import type { GitPlace } from './run-git.ts';

/** Objects of one repository, one after the other out of a git that stays a while: starting one takes longer than an answer. */
export interface ObjectReader {
  /**
   * The bytes of the object that git finds under a name. Null where there is none of this type, or no answer: whoever
   * asks then asks by a command of its own, which tells why.
   */
  read(this: void, name: string, type: 'tree' | 'blob'): Promise<Uint8Array | null>;
  /** As `read`, of a commit by any name without line breaks, with its full id. */
  readCommit(
    this: void,
    name: string,
  ): Promise<{ readonly id: string; readonly bytes: Uint8Array } | null>;
  /** Has its git started meanwhile, for whoever asks as soon as something else has answered. */
  start(this: void): void;
}

/** Milliseconds without a question, after which its git ends. */
const IDLE = 5_000;

export function createObjectReader(place: GitPlace): ObjectReader {
  let open: Talk | null = null;
  function start(): Talk {
    const talk = startTalk(place, () => {
      if (open === talk) open = null;
    });
    return talk;
  }
  async function ask(name: string, type: string): Promise<Answer | null> {
    open ??= start();
    const answer = await open.ask(name);
    return answer?.type === type ? answer : null;
  }
  return {
    read: async (name, type) => (await ask(name, type))?.bytes ?? null,
    readCommit: (name) => ask(`${name}^{commit}`, 'commit'),
    start: () => void (open ??= start()),
  };
}

interface Answer {
  readonly id: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

interface Talk {
  /** Null for no such object, and once git has ended. */
  ask(name: string): Promise<Answer | null>;
}

function startTalk(place: GitPlace, onEnd: () => void): Talk {
  const child = execa('git', ['cat-file', '--batch'], {
    cwd: place.folder,
    // What a partial clone lacks, the command fetches that is asked in its stead.
    env: { ...place.environment, GIT_NO_LAZY_FETCH: '1' },
    extendEnv: false,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'ignore',
    buffer: false,
    reject: false,
  });
  const { stdin, stdout } = child;
  const reader = createByteReader(stdout);
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  // A git that waits for questions keeps no program from ending.
  function hold(isHeld: boolean): void {
    for (const handle of [child.nodeChildProcess, stdin, stdout])
      callIfThere(handle, isHeld ? 'ref' : 'unref');
  }
  function end(): void {
    onEnd();
    stdin.end();
  }
  async function readAnswer(): Promise<Answer | null> {
    const [id = '', type = '', size = ''] = (await reader.readLine()).split(' ');
    if (!/^\d+$/.test(size)) return null;
    const bytes = await reader.readBytes(Number(size));
    await reader.readBytes(1);
    return { id, type, bytes };
  }
  function rest(): void {
    hold(false);
    timer = setTimeout(end, IDLE);
    timer.unref();
  }
  stdin.on('error', end);
  child.then(onEnd, onEnd);
  rest();
  return {
    async ask(name) {
      clearTimeout(timer);
      if (waiting === 0) hold(true);
      waiting += 1;
      stdin.write(`${name}\n`);
      const answer = last.then(readAnswer);
      last = answer.catch(end);
      try {
        return await answer;
      } catch {
        return null;
      } finally {
        waiting -= 1;
        if (waiting === 0) rest();
      }
    },
  };
}

// Pipes have it, and their types do not say so.
function callIfThere(handle: object, method: 'ref' | 'unref'): void {
  const found: unknown = Reflect.get(handle, method);
  if (typeof found === 'function') Reflect.apply(found, handle, []);
}
