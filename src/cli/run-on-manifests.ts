import { join, posix, relative } from 'node:path';
import { isGlob } from '../base/glob.ts';
import { compareBytes, joinNames } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import type { ExitCode } from '../plan/sum-outcomes.ts';
import type { Command, Scope } from './command-options.ts';
import type { CommandContext, ManifestPlace, Surroundings } from './context.ts';
import { findPlace } from './context.ts';
import { findMeantState } from './followed-remotes.ts';
import {
  type ManifestChoice,
  type ManifestTree,
  matchManifests,
  noManifest,
  openLocalTree,
  splitPath,
} from './select-manifests.ts';
import { findRemoteFolder } from './state-folder.ts';

export interface ManifestRun {
  readonly command: Command;
  readonly choice: ManifestChoice;
  readonly scope: Scope;
  readonly format: string | undefined;
  readonly workingTree: boolean;
}

/** Runs a command on the manifest that was named, or on each that fits a pattern. */
export async function runOnManifests(run: ManifestRun, context: Surroundings): Promise<ExitCode> {
  const { choice, scope } = run;
  if (choice.kind === 'one') return runOnOne(run, await findOne(choice.path, scope), context);
  const { several = 'none' } = scope;
  if (several === 'itself') {
    const { patterns } = choice;
    return runOnOne(run, { folder: process.cwd(), manifestFile: '', patterns }, context);
  }
  const { openGitRepository } = await import('../git/git-repository.ts');
  const tree = await openLocalTree(choice.patterns, (folder) => openGitRepository(folder));
  const paths = await listManifests(tree, run);
  const places = await Promise.all(paths.map((path) => findInTree(tree, path, scope)));
  const [only] = places;
  if (only === undefined) throw noManifest(choice.patterns, 'the repository');
  const why = several === 'none' ? 'This command' : (scope.single ?? null);
  if (several !== 'none' && why === null) {
    const { runEach } = await import('./run-each.ts');
    const sections = paths.flatMap((path, index) => {
      const place = places[index];
      return place === undefined ? [] : [{ name: path, place }];
    });
    return runEach(sections, { ...run, together: several === 'together', runOnOne }, context);
  }
  if (places.length > 1) throw takesOne(why ?? '', tree.git.folder, paths);
  return runOnOne(run, only, context);
}

type Place = ManifestPlace & Pick<CommandContext, 'patterns'>;

async function runOnOne(
  { command }: Pick<ManifestRun, 'command'>,
  place: Place,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const context: CommandContext = { ...place, ...surroundings };
  const { createWiring } = await import('./wire.ts');
  const wiring = createWiring(context);
  try {
    return await command(context, wiring);
  } finally {
    await wiring.close();
  }
}

async function findOne(path: string, scope: Scope): Promise<Place> {
  const place = findPlace(path);
  const { remote = null, reconciler } = scope;
  const inRemote = posix.normalize(path);
  if (remote !== null)
    return { ...place, manifestPath: inRemote, stateFolder: findRemoteFolder(remote, inRemote) };
  return { ...place, ...(await findState(place, inRemote, reconciler)) };
}

async function findInTree(
  { git }: ManifestTree,
  path: string,
  { reconciler }: Scope,
): Promise<Place> {
  const place = splitPath(git.folder, path);
  return { ...place, ...(await findState(place, path, reconciler)) };
}

async function findState(
  place: Pick<CommandContext, 'folder' | 'manifestFile'>,
  manifest: string,
  reconciler: Scope['reconciler'],
): Promise<Pick<CommandContext, 'stateFolder'>> {
  if (reconciler === undefined) return {};
  return { stateFolder: await findMeantState(place, { named: reconciler.remote, manifest }) };
}

// What is named without a wildcard is meant, be it there or not: the command says what is wrong with it.
async function listManifests(
  { git, patterns }: ManifestTree,
  { workingTree }: Pick<ManifestRun, 'workingTree'>,
): Promise<readonly string[]> {
  const snapshot = workingTree ? await git.openWorkingTree() : await git.openCommit('HEAD');
  const files = workingTree ? await snapshot.locateFiles('') : await snapshot.listFiles('');
  const { paths, idle } = matchManifests(
    files.map(({ path }) => path),
    patterns,
  );
  return [...paths, ...idle.filter((pattern) => !isGlob(pattern))].toSorted(compareBytes);
}

function takesOne(what: string, top: string, paths: readonly string[]): ToolError {
  const names = paths.map((path) => relative(process.cwd(), join(top, path)));
  return new ToolError(
    'CLI_ONE_MANIFEST',
    `${what} takes one manifest, and --manifest names ${names.length}: ${joinNames(names)}.`,
    { hint: `Name one of them, such as --manifest ${names[0] ?? ''}.` },
  );
}
