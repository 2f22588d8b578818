import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { isToolError } from '../base/tool-error.ts';
import { FETCH, ownRefs } from './fetch-revision.ts';
import type { PassNote, RemoteAccess } from './port.ts';
import { openRemote, type RemotePlace, withinTime } from './remote-access.ts';
import { type GitPlace, runGit, tryGit } from './run-git.ts';
import { signOff } from './sign-off.ts';

const NAME = 'olmirror';
const REF = `refs/notes/${NAME}`;
/** Others push notes too; each time they were faster theirs are united with ours first. */
const PUSHES = 5;

/** Lines of a commit's notes; none where it has no notes. */
export async function readNotes(place: GitPlace, revision: string): Promise<readonly string[]> {
  const text = (await tryGit(place, ['notes', `--ref=${NAME}`, 'show', revision])) ?? '';
  return text.split('\n').filter((line) => line !== '');
}

export async function addNote(place: GitPlace, { revision, text }: PassNote): Promise<void> {
  const signed = await signOff(place, machineAddress());
  await runGit(signed, ['notes', `--ref=${NAME}`, 'append', '-m', text, revision]);
}

/** Unites the notes with those of the remote line by line, and sends them. */
export async function pushNotes(
  place: GitPlace,
  options: {
    readonly remote: string;
    readonly access: RemoteAccess;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const signed = await signOff(place, machineAddress());
  const target = await openRemote(signed, options.remote, options.access);
  await withinTime(options.access, options.signal, async (signal) => {
    for (let left = PUSHES; left > 0; left -= 1) {
      await takeTheirs(target, signal);
      if (await send(target, { signal, isLast: left === 1 })) return;
    }
  });
}

async function takeTheirs({ place, remote }: RemotePlace, signal: AbortSignal): Promise<void> {
  const options = { signal, isRemote: true };
  const answer = await runGit(place, ['ls-remote', remote, REF], options);
  if (!answer.includes(REF)) return;
  // A name for each process: two of them may unite at the same time.
  const unique = createHash('sha256').update(`${process.pid}`).digest('hex').slice(0, 8);
  const theirs = `refs/notes/${NAME}-theirs/${ownRefs(remote).slice(-12)}-${unique}`;
  await runGit(place, [...FETCH, remote, `+${REF}:${theirs}`], options);
  try {
    await runGit(place, ['notes', `--ref=${NAME}`, 'merge', '-q', '-s', 'cat_sort_uniq', theirs]);
  } finally {
    await tryGit(place, ['update-ref', '-d', theirs]);
  }
}

/** False where somebody else was faster. */
async function send(
  { place, remote }: RemotePlace,
  { signal, isLast }: { readonly signal: AbortSignal; readonly isLast: boolean },
): Promise<boolean> {
  try {
    await runGit(place, ['push', '--quiet', remote, `${REF}:${REF}`], { signal, isRemote: true });
    return true;
  } catch (error) {
    const wasSlower =
      isToolError(error, 'GIT_FAILED') &&
      /fetch first|non-fast-forward|rejected|failed to lock|cannot lock|reference already exists/.test(
        String(error.cause),
      );
    if (isLast || !wasSlower) throw error;
    return false;
  }
}

function machineAddress(): string {
  return `olmirror@${hostname()}`;
}
