import { join, relative, resolve, sep } from 'node:path';
import { watch } from 'chokidar';
import { messageOf, ToolError } from '../base/tool-error.ts';
import { type GitPlace, runGit, trimEnd } from './run-git.ts';

const SETTLE = 300;

/**
 * Calls back when HEAD, a branch or the packed branches changed and 300 ms passed quietly; `onHint` at the
 * first sign of it. The returned function stops it.
 */
export async function watchHead(
  place: GitPlace,
  onChange: () => void,
  onHint: () => void = () => undefined,
): Promise<() => Promise<void>> {
  const [gitFolder, sharedFolder] = [
    await readFolder(place, '--absolute-git-dir'),
    await readFolder(place, '--git-common-dir'),
  ];
  let timer: ReturnType<typeof setTimeout> | undefined;
  function ring(): void {
    onHint();
    clearTimeout(timer);
    timer = setTimeout(onChange, SETTLE);
  }
  const watcher = watch([...new Set([gitFolder, sharedFolder])], {
    ignoreInitial: true,
    ignored: (path) => !isWatched(path, gitFolder, sharedFolder),
  });
  watcher.on('all', ring);
  await new Promise<void>((done, fail) => {
    watcher.once('ready', done);
    watcher.on('error', (error) => fail(cannotWatch(gitFolder, error)));
  });
  return async () => {
    clearTimeout(timer);
    await watcher.close();
  };
}

// A linked worktree has a HEAD of its own and shares the branches.
function isWatched(path: string, gitFolder: string, sharedFolder: string): boolean {
  const place = resolve(path);
  if (place === gitFolder || place === sharedFolder || place === join(gitFolder, 'HEAD'))
    return true;
  const [first, second] = relative(sharedFolder, place).split(sep);
  if (place.endsWith('.lock')) return false;
  if (first === 'packed-refs' || first === 'reftable') return true;
  return first === 'refs' && (second === undefined || second === 'heads');
}

async function readFolder(place: GitPlace, flag: string): Promise<string> {
  return resolve(place.folder, trimEnd(await runGit(place, ['rev-parse', flag])));
}

function cannotWatch(folder: string, cause: unknown): ToolError {
  return new ToolError(
    'GIT_FAILED',
    `The folder ${folder} cannot be watched: ${messageOf(cause)}.`,
    {
      hint: 'The system may have run out of file watches: raise fs.inotify.max_user_watches.',
      disposition: 'retry',
      cause,
    },
  );
}
