import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface as createLines } from 'node:readline';
import { createInterface } from 'node:readline/promises';

/** Tells the story: explains a step, plays a command as a user would type it, checks what it did. */
export interface Narrator {
  /** Begins a chapter; waits for Enter before it where a person is watching. */
  begin(title: string, text: string): Promise<void>;
  say(text: string): void;
  /** Prints a command and runs it; throws unless it ends with `exit` (default 0). */
  play(command: PlayedCommand): Promise<void>;
  /** Prints a command and lets it run beside the story, each line of its output behind a bar. */
  start(command: PlayedCommand): Running;
  /** Prints what was checked; throws where it does not hold. */
  check(claim: string, holds: boolean): void;
}

export interface PlayedCommand {
  /** As a user types it. */
  readonly shown: readonly string[];
  /** What is run for it. */
  readonly program: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly exit?: number;
}

/** A command that runs beside the story. */
export interface Running {
  /** Tells it to stop, as a service manager does; throws unless it ends with the exit code that it was played for. */
  stop(): Promise<void>;
}

export interface NarratorOptions {
  readonly folder: string;
  /** Ends what runs and waits. */
  readonly signal: AbortSignal;
  readonly wait: boolean;
}

/** The step of the story did not do what the story says. */
export class StoryError extends Error {}

export function createNarrator(options: NarratorOptions): Narrator {
  const bold = process.stdout.isTTY ? (text: string) => `\u001b[1m${text}\u001b[0m` : String;
  let chapter = 0;
  return {
    async begin(title, text) {
      if (options.wait && chapter > 0) await waitForEnter(options.signal);
      chapter += 1;
      console.log(`\n${bold(`${chapter}. ${title}`)}\n${text}`);
    },
    say(text) {
      console.log(text);
    },
    async play(command) {
      console.log(`\n${bold(`$ ${command.shown.map(quote).join(' ')}`)}`);
      const code = await run(command, options);
      const expected = command.exit ?? 0;
      if (code !== expected) throw new StoryError(`That ended with exit ${code}, not ${expected}.`);
    },
    start(command) {
      console.log(`\n${bold(`$ ${command.shown.map(quote).join(' ')} &`)}`);
      return runBeside(command, options);
    },
    check(claim, holds) {
      if (!holds) throw new StoryError(`This does not hold: ${claim}`);
      console.log(`  ✔ ${claim}`);
    },
  };
}

async function run(command: PlayedCommand, options: NarratorOptions): Promise<number | null> {
  const [program, ...args] = command.program;
  const child = spawn(program, args, {
    cwd: options.folder,
    env: { ...process.env, ...command.env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  function end(): void {
    child.kill('SIGTERM');
  }
  options.signal.addEventListener('abort', end);
  await once(child, 'exit');
  options.signal.removeEventListener('abort', end);
  options.signal.throwIfAborted();
  return child.exitCode;
}

function runBeside(command: PlayedCommand, options: NarratorOptions): Running {
  const [program, ...args] = command.program;
  const child = spawn(program, args, {
    cwd: options.folder,
    env: { ...process.env, ...command.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    createLines({ input: stream }).on('line', (line) => console.log(`  │ ${line}`));
  function end(): void {
    child.kill('SIGTERM');
  }
  const ended = once(child, 'close');
  options.signal.addEventListener('abort', end);
  return {
    async stop() {
      end();
      await ended;
      options.signal.removeEventListener('abort', end);
      const expected = command.exit ?? 0;
      if (child.exitCode !== expected && !options.signal.aborted)
        throw new StoryError(`It ended with exit ${child.exitCode}, not ${expected}.`);
    },
  };
}

async function waitForEnter(signal: AbortSignal): Promise<void> {
  const input = createInterface({ input: process.stdin, output: process.stdout });
  // The terminal is in raw mode now: Ctrl-C is a key, not a signal.
  input.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    await input.question('\n[Enter] ', { signal });
  } finally {
    input.close();
  }
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
