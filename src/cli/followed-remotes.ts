import { redactRemote } from '../base/redact.ts';
import { ToolError } from '../base/tool-error.ts';
import { openStateFiles } from '../files/state-files.ts';
import { findReconciler } from './find-reconciler.ts';
import { findRemoteFolder, findStateFolder, type StateOwner } from './state-folder.ts';

const FILE = 'remotes.json';
const KEPT = 20;

/** A `watch --remote` that was started from a folder. */
interface Followed {
  /** Without credentials. */
  readonly remote: string;
  /** ISO 8601. */
  readonly started: string;
  /** State folder. */
  readonly state: string;
}

/**
 * Notes that a remote is followed from a folder, so that who says `suspend` or `status` there need not say which. What
 * the disk refuses costs them that much, and no more.
 */
export async function noteFollowed(
  owner: StateOwner,
  followed: { readonly remote: string; readonly state: string; readonly now: Date },
): Promise<void> {
  const { state, now } = followed;
  const files = openStateFiles(findStateFolder(owner));
  try {
    const others = (await readFollowed(owner)).filter((other) => other.state !== state);
    const own: Followed = {
      remote: redactRemote(followed.remote),
      started: now.toISOString(),
      state,
    };
    await files.write(FILE, `${JSON.stringify([own, ...others].slice(0, KEPT), null, 2)}\n`);
  } catch {
    // As said above.
  }
}

/**
 * The state folder that a word to the reconciler is meant for: that of the remote that is named; else that of
 * the `watch` that runs here, or ran here last. Throws `CLI_USAGE` where several run.
 */
export async function findMeantState(owner: StateOwner, remote: RemoteChoice): Promise<string> {
  if (remote.named !== null) return findRemoteFolder(remote.named, remote.manifest);
  const own = findStateFolder(owner);
  const followed = await readFollowed(owner);
  if (followed.length === 0) return own;
  const local = await findReconciler(own);
  const known = [
    ...followed,
    ...(local === null ? [] : [{ remote: null, started: local.process.started, state: own }]),
  ].toSorted((a, b) => (a.started < b.started ? 1 : -1));
  const lives = await Promise.all(known.map(({ state }) => findReconciler(state)));
  const running = known.filter((_, index) => lives[index]?.life === 'running');
  if (running.length > 1) throw severalRun(running);
  return running[0]?.state ?? known[0]?.state ?? own;
}

export interface RemoteChoice {
  /** As typed with --remote; null where nothing was. */
  readonly named: string | null;
  /** Path of the manifest in the remote. */
  readonly manifest: string;
}

async function readFollowed(owner: StateOwner): Promise<readonly Followed[]> {
  try {
    const value: unknown = JSON.parse(
      (await openStateFiles(findStateFolder(owner)).read(FILE)) ?? '[]',
    );
    return Array.isArray(value) ? value.filter(isFollowed) : [];
  } catch {
    return [];
  }
}

function isFollowed(value: unknown): value is Followed {
  if (typeof value !== 'object' || value === null) return false;
  const entry: Partial<Record<keyof Followed, unknown>> = value;
  return [entry.remote, entry.started, entry.state].every((field) => typeof field === 'string');
}

function severalRun(running: readonly { readonly remote: string | null }[]): ToolError {
  const names = running.map(({ remote }) => remote ?? 'the clone in this folder');
  return new ToolError(
    'CLI_USAGE',
    `Several \`watch\` run from this folder, and which one is meant cannot be told: ${names.join(', ')}.`,
    { hint: 'Name one with --remote, as it was given to `watch`.' },
  );
}
