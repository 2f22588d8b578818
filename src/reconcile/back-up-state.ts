import type { Applier, ApplyRequest, StatePush } from '../apply/port.ts';
import { formatStateTag, isStateTag } from '../base/state-tag.ts';
import { isToolError } from '../base/tool-error.ts';
import type { GitPort, History, Snapshot } from '../git/port.ts';
import { joinPath } from '../images/map-path.ts';
import { mayBuildOn, readStateImage, type StateFacts } from '../index/state-image.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import { estimateBackup } from '../plan/estimate-requests.ts';
import type { PassReport, StateBackupResult } from '../plan/report-types.ts';
import type { RegistryPort } from '../registry/port.ts';

export interface BackupDeps {
  readonly git: GitPort;
  readonly applier: Pick<Applier, 'pushState'>;
  /** Told how many requests skopeo is thought to have sent there. */
  readonly count: (requests: number) => void;
  readonly signal: AbortSignal;
}

export interface BackupSubject {
  readonly manifest: MirrorManifest;
  /** Name of the manifest in its folder. */
  readonly manifestFile: string;
  /** What the pass ran with. */
  readonly request: ApplyRequest;
  readonly snapshot: Pick<Snapshot, 'revision' | 'subject' | 'time'>;
}

/** Repository of the backups in the serving registry, path prefix included. */
export function stateRepository(
  { repository }: NonNullable<MirrorManifest['stateBackup']>,
  manifest: Pick<MirrorManifest, 'strategy' | 'registries'>,
): string {
  return joinPath(manifest.registries[servingRole(manifest)].pathPrefix, repository);
}

/** Whether the serving registry is what the commit says after a pass, at least in one index. */
export function isPublished({
  outcomes,
  interrupted,
  exitCode,
}: Pick<PassReport, 'outcomes' | 'interrupted' | 'exitCode'>): boolean {
  if (interrupted) return false;
  if (outcomes.some(({ item, kind }) => item.startsWith('index ') && kind === 'copied'))
    return true;
  return exitCode === 0 && outcomes.every(({ kind }) => kind !== 'deferred');
}

/**
 * Puts the history of the commit that was applied beside what it describes, so that it survives its
 * server. A commit that is there is not pushed again, and no tag moves. Never throws for what a registry,
 * git or the disk does: the result says it.
 */
export async function backUpState(
  subject: BackupSubject,
  deps: BackupDeps,
): Promise<StateBackupResult | null> {
  const { manifest, snapshot } = subject;
  const serving = manifest.registries[servingRole(manifest)];
  if (manifest.stateBackup === null || serving.writePolicy === 'deny') return null;
  if (snapshot.time === null) return null;
  const repository = stateRepository(manifest.stateBackup, manifest);
  const tag = formatStateTag(snapshot.revision);
  const reference = `${serving.host}/${repository}:${tag}`;
  try {
    const registry = subject.request.registries[subject.request.servingRole];
    const there = await registry.headManifest(repository, tag, deps.signal);
    if (there.state === 'unknown') return failed(reference, there.message);
    if (there.state === 'present') return { kind: 'present', reference, bytes: 0, message: null };
    const push = await preparePush(subject, { ...deps, registry, repository, tag });
    // One that fails was sent, too.
    deps.count(estimateBackup(push.before?.layers.length ?? 0));
    const { bytes } = await deps.applier.pushState(subject.request, push, deps.signal);
    return { kind: 'pushed', reference, bytes, message: null };
  } catch (error) {
    if (!isToolError(error) && !deps.signal.aborted) throw error;
    return failed(reference, isToolError(error) ? error.message : 'it was interrupted');
  }
}

function failed(reference: string, message: string): StateBackupResult {
  return { kind: 'failed', reference, bytes: 0, message };
}

interface PushPlace extends BackupDeps {
  readonly registry: RegistryPort;
  readonly repository: string;
  readonly tag: string;
}

async function preparePush(
  { manifest, manifestFile, snapshot }: BackupSubject,
  place: PushPlace,
): Promise<StatePush> {
  const { git, repository, tag } = place;
  const { revision, subject, time } = snapshot;
  const [history, source] = await Promise.all([git.describeHistory(revision), git.readRemoteUrl()]);
  const branch = history.branch ?? 'main';
  const facts: StateFacts = {
    revision,
    time: time ?? '',
    subject,
    mirror: manifest.name,
    manifest: `${history.prefix}${manifestFile}`,
    branch,
    commits: history.commits,
    shallow: history.shallow,
    source,
  };
  return {
    repository,
    tag,
    facts,
    before: await findBefore(history, branch, place),
    writeBundle: (file, since, signal) =>
      git.writeBundle({ revision, branch, since, file }, signal),
  };
}

/** The newest backup of a commit before, where its layers may be built on; none is no harm, only larger. */
async function findBefore(
  { before, shallow }: History,
  branch: string,
  { registry, repository, signal }: PushPlace,
): Promise<StatePush['before']> {
  try {
    const tags = new Set((await registry.listTags(repository, signal)).filter(isStateTag));
    const newest = before.find((commit) => tags.has(formatStateTag(commit)));
    if (newest === undefined) return null;
    const image = readStateImage(await registry.getManifest(repository, formatStateTag(newest)));
    const { facts, layers } = image;
    if (facts.revision !== newest || facts.branch !== branch) return null;
    return mayBuildOn(image, shallow) ? { revision: newest, layers } : null;
  } catch (error) {
    if (!isToolError(error)) throw error;
    return null;
  }
}
