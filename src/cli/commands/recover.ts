import { posix, resolve } from 'node:path';
import { formatJson } from '../../base/format-json.ts';
import { parseImageRef } from '../../base/image-ref.ts';
import { ToolError } from '../../base/tool-error.ts';
import { withTemporaryFolder } from '../../files/temporary-folder.ts';
import { assertRestorable, restoreRepository } from '../../git/restore-repository.ts';
import type { Recovery } from '../../plan/recovery-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import {
  type FoundState,
  type FoundStates,
  findStates,
  readState,
} from '../../reconcile/find-state.ts';
import { renderRecoveryText } from '../../report/render-recovery-text.ts';
import type { CommandContext } from '../context.ts';
import { type ImagePlace, locateImage, locateLayout } from '../locate-image.ts';
import { buildSourceContext, findManifest } from '../source-context.ts';
import { unpackBundles } from '../unpack-bundles.ts';
import type { Wiring } from '../wire.ts';

export interface RecoverOptions {
  /** `HOST/REPOSITORY[:TAG]`, or `oci:LAYOUT[:TAG]`. */
  readonly backup: string;
  /** Null: a folder named after the repository. */
  readonly into: string | null;
  readonly insecure: boolean;
  readonly format: 'text' | 'json';
}

/** Brings the state repository back out of production, where neither it nor a manifest is left. */
export async function runRecover(
  options: RecoverOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const place = await locate(options, context, wiring);
  const folder = resolve(options.into ?? posix.basename(place.repository));
  await assertRestorable(folder);
  const found = await find(place, options, context);
  await restore({ place, found, folder }, context);
  const { facts, tag, digest } = found.newest;
  const { revision, subject, time, commits, branch, mirror, manifest, source } = facts;
  const recovery: Recovery = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Recovery',
    reference:
      place.registry === null ? place.name : `${place.registry.host}/${place.repository}:${tag}`,
    digest,
    folder,
    branch,
    revision,
    subject,
    time,
    commits,
    shallow: facts.shallow.length > 0,
    mirror,
    manifest,
    source,
    ignored: found.ignored,
    exitCode: 0,
  };
  context.progress.clear();
  context.console.result(
    options.format === 'json' ? formatJson(recovery) : renderRecoveryText(recovery),
  );
  return recovery.exitCode;
}

async function locate(
  { backup, insecure }: RecoverOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ImagePlace> {
  const manifest = await findManifest(context);
  const source = buildSourceContext(wiring, manifest, insecure);
  if (backup.startsWith('oci:')) return locateLayout(backup, source);
  const place = locateImage(backup, source);
  if (place !== null) return place;
  throw new ToolError('CLI_USAGE', `"${backup}" is not a repository with its host.`, {
    hint: 'Name it as HOST/REPOSITORY or HOST/REPOSITORY:TAG, such as mirror.example.com:5000/olm/olmirror-state.',
  });
}

async function find(
  { registry, reader, repository, reference }: ImagePlace,
  { backup }: RecoverOptions,
  { signal }: CommandContext,
): Promise<FoundStates> {
  const ref = registry === null ? null : parseImageRef(backup);
  if (registry !== null && ref?.tag === null && ref.digest === null)
    return findStates(registry, repository, signal);
  return { newest: await readState(reader, repository, reference), others: [], ignored: [] };
}

interface RestoreWork {
  readonly place: ImagePlace;
  readonly found: FoundStates;
  readonly folder: string;
}

async function restore(
  { place, found, folder }: RestoreWork,
  { signal }: CommandContext,
): Promise<void> {
  const { newest } = found;
  const { facts, layers } = newest;
  const { repository } = place;
  const others = listComparable(found);
  const foreign = await withTemporaryFolder('olmirror-recover-', async (temporary) => {
    const bundles = await unpackBundles(place.reader, { repository, layers }, temporary);
    const { revision, branch, shallow } = facts;
    const wanted = { folder, bundles, revision, branch, shallow };
    return restoreRepository({ ...wanted, others: others.map(revisionOf) }, signal);
  });
  if (foreign.length === 0) return;
  const apart = others.filter((other) => foreign.includes(other.facts.revision));
  throw severalHistories(place, [newest, ...apart]);
}

// A cut-off history lacks commits that are older than it; they say nothing.
function listComparable({ newest, others }: FoundStates): readonly FoundState[] {
  if (newest.facts.shallow.length === 0) return others;
  return others.filter(({ facts }) => Date.parse(facts.time) > Date.parse(newest.facts.time));
}

function revisionOf({ facts }: FoundState): string {
  return facts.revision;
}

const SHOWN = 10;

function severalHistories(place: ImagePlace, states: readonly FoundState[]): ToolError {
  const name = `${place.registry?.host ?? ''}/${place.repository}`;
  const lines = states
    .slice(0, SHOWN)
    .map(({ tag, facts }) => `${tag}  ${facts.time}  ${facts.mirror}  ${facts.subject}`);
  const rest = states.length > SHOWN ? [`… and ${states.length - SHOWN} more`] : [];
  return new ToolError(
    'INDEX_MANY_STATES',
    `${name} holds backups of more than one history, and which one is meant cannot be told:\n${[...lines, ...rest].join('\n')}\nNothing was restored.`,
    { hint: `Name one: olmirror recover ${name}:${states[0]?.tag ?? 'TAG'}` },
  );
}
