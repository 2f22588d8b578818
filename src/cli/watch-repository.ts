import { openMirrorClone } from '../git/mirror-clone.ts';
import type { GitPort } from '../git/port.ts';
import type { ExitCode } from '../plan/sum-outcomes.ts';
import { limitRunner } from '../reconcile/limit-runner.ts';
import { createPrepareTurns, type PrepareTurns } from '../reconcile/prepare-turns.ts';
import { type SharedSource, shareSource } from '../reconcile/shared-source.ts';
import { type LoopFeed, type ManifestList, watchMany } from '../reconcile/watch-many.ts';
import { runLoop, type WatchOptions } from './commands/watch.ts';
import type { CommandContext } from './context.ts';
import { noteFollowed } from './followed-remotes.ts';
import { queueNotes } from './queue-notes.ts';
import {
  type ManifestTree,
  matchManifests,
  noManifest,
  openLocalTree,
  readRemotePatterns,
  splitPath,
} from './select-manifests.ts';
import { findRemoteFolder, findStateFolder } from './state-folder.ts';
import { systemClock } from './system-clock.ts';
import { createManyTelling, type ManyTelling } from './telling-many.ts';
import { createWatchLog, type WatchLog } from './watch-log.ts';
import { createSource, watchSource } from './watch-source.ts';
import { createWiring } from './wire.ts';

/** Passes that are prepared at a time: as many as small machines have cores. */
const PREPARED_AT_ONCE = 2;
/** Far more than reading large catalogs takes; a registry that does not answer takes longer. */
const PREPARE_GRACE = 20_000;

/** One `watch` for all manifests of a repository that fit the patterns, each with a loop of its own. */
export async function runWatchMany(
  options: WatchOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { signal } = context;
  const log = createWatchLog(options.logFormat, context);
  const tree = await openTree(options, context.patterns ?? []);
  // A pattern that makes no sense is told before anything is waited for.
  matchManifests([], tree.patterns);
  const { git, patterns } = tree;
  const source = shareSource(createSource(options, { git, signal, tell: log.onWatch, onHint }));
  const telling = await createManyTelling(options, { clock: systemClock, log, signal });
  const turns = createPrepareTurns({
    atOnce: PREPARED_AT_ONCE,
    graceMilliseconds: PREPARE_GRACE,
    signal,
  });
  const shared: Shared = { options, context, log, git, source, telling, turns };
  try {
    await watchMany({
      source,
      isRemote: options.remote !== null,
      listManifests: (revision) => listManifests(tree, revision),
      noManifest: () => noManifest(patterns, `the commit at ${options.ref}`),
      runLoop: (manifest, feed, end) => runOne({ manifest, feed, signal: end }, shared),
      triggers: [watchSource(source, git, { options, signal, onHint }), ...telling.triggers],
      tell(event) {
        log.onMany(event);
        telling.onMany(event);
      },
      clock: systemClock,
      signal,
    });
  } finally {
    await telling.close();
  }
  return 0;
}

async function openTree(
  { remote, ref, access }: WatchOptions,
  typed: readonly string[],
): Promise<ManifestTree> {
  if (remote === null) {
    const { openGitRepository } = await import('../git/git-repository.ts');
    const tree = await openLocalTree(typed, (folder) => openGitRepository(folder, { access }));
    return { ...tree, git: queueNotes(tree.git) };
  }
  const patterns = readRemotePatterns(typed);
  const folder = findRemoteFolder(remote, null);
  return { patterns, git: queueNotes(await openMirrorClone({ url: remote, ref, folder, access })) };
}

async function listManifests(
  { git, patterns }: ManifestTree,
  revision: string,
): Promise<ManifestList> {
  const files = await (await git.openCommit(revision)).listFiles('');
  return matchManifests(
    files.map(({ path }) => path),
    patterns,
  );
}

interface Shared {
  readonly options: WatchOptions;
  readonly context: CommandContext;
  readonly log: WatchLog;
  readonly git: GitPort;
  readonly source: SharedSource;
  readonly telling: ManyTelling;
  readonly turns: PrepareTurns;
}

interface Loop {
  readonly manifest: string;
  readonly feed: LoopFeed;
  readonly signal: AbortSignal;
}

async function runOne({ manifest, feed, signal }: Loop, shared: Shared): Promise<void> {
  const { options, git, telling, turns } = shared;
  const { remote } = options;
  const { patterns: _, ...outer } = shared.context;
  const place = splitPath(remote === null ? git.folder : process.cwd(), manifest);
  const stateFolder = remote === null ? findStateFolder(place) : findRemoteFolder(remote, manifest);
  if (remote !== null)
    await noteFollowed(place, { remote, state: stateFolder, now: systemClock.now() });
  const log = shared.log.forManifest(manifest);
  const context: CommandContext = {
    ...outer,
    ...place,
    stateFolder,
    manifestPath: manifest,
    signal,
    progress: { ...outer.progress, emit: log.onPass },
  };
  const wiring = createWiring(context, git);
  try {
    await runLoop(options, {
      context,
      wiring,
      log,
      openGit: () => wiring.openGit(),
      openTelling: (deps) => Promise.resolve(telling.openLoop(manifest, deps)),
      openFeed: () => feed,
      top: remote === null ? git.folder : findRemoteFolder(remote, null),
      limit: (open, emit) => limitRunner(open, { key: manifest, turns, emit }),
    });
  } finally {
    await wiring.close();
  }
}

// A process for each manifest at each sign of a commit would be many.
function onHint(): void {}
