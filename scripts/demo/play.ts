import { execFile } from 'node:child_process';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { Narrator, PlayedCommand, Running } from './narrator.ts';
import { type Heads, readOperatorHub } from './operator-hub.ts';
import { listLost } from './snapshot.ts';
import type { Stage } from './stage.ts';

export interface StoryDeps {
  readonly stage: Stage;
  readonly narrator: Narrator;
  /** Top folder of this project. */
  readonly root: string;
}

/** Plays a command of olmirror on the state repository. */
export function playOlmirror(world: StoryDeps, args: readonly string[], exit = 0): Promise<void> {
  return world.narrator.play(makeCommand(world, args, exit));
}

/** What a command of olmirror prints, without showing it. */
export async function askOlmirror(world: StoryDeps, args: readonly string[]): Promise<string> {
  const { program, env } = makeCommand(world, args, 0);
  const [file, ...rest] = program;
  const options = { cwd: world.root, env: { ...process.env, ...env }, maxBuffer: 1e9 };
  const { stdout } = await promisify(execFile)(file, rest, options);
  return stdout;
}

/** Lets a command of olmirror run beside the story. */
export function startOlmirror(world: StoryDeps, args: readonly string[]): Running {
  return world.narrator.start(makeCommand(world, args, 0));
}

function makeCommand(
  { stage, root }: StoryDeps,
  args: readonly string[],
  exit: number,
): PlayedCommand {
  const state = relative(root, stage.state);
  return {
    shown: ['npx', 'olmirror', '-C', state, ...args],
    program: [process.execPath, join(root, 'dist/olmirror.js'), '-C', state, ...args],
    // The journal of the demo belongs to the demo's folder, not to the user's.
    env: { XDG_STATE_HOME: join(stage.folder, 'local-state') },
    exit,
  };
}

export function playGit(world: StoryDeps, args: readonly string[]): Promise<void> {
  const command = ['git', '-C', relative(world.root, world.stage.state), ...args] as const;
  const [name, email] = ['olmirror demo', 'demo@example.com'];
  return world.narrator.play({
    shown: command,
    program: [...command],
    env: {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
      // The user's own settings may ask to sign, or run hooks.
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_PAGER: 'cat',
    },
  });
}

export async function commit(world: StoryDeps, message: string): Promise<void> {
  await playGit(world, ['add', '--all']);
  await playGit(world, ['commit', '--quiet', '-m', message]);
}

export async function readHeads(host: string, tag?: string): Promise<Heads> {
  const heads = await readOperatorHub(host, tag);
  if (heads === null) throw new Error(`${host} serves no index`);
  return heads;
}

export function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && listLost(a, b).length === 0;
}
