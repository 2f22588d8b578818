import type { Digest } from '../base/digest.ts';
import { isToolError } from '../base/tool-error.ts';
import type { GitPort } from '../git/port.ts';
import type { DeliveryRecord, ListedMissing, MirrorManifest } from '../manifest/types.ts';
import { readKnownMissing } from './read-rules.ts';

/** An index that production serves. */
export interface ServedFrom {
  readonly digest: Digest;
  /** Commit that olmirror built it of; null for one that it took in. */
  readonly revision: string | null;
}

/** What Git listed as known missing when an index was held against production. */
export interface MissingThen {
  /** Full id of the commit. */
  readonly revision: string;
  readonly listed: readonly ListedMissing[];
}

export interface ThenContext {
  readonly manifest: Pick<MirrorManifest, 'catalogs'>;
  readonly records: readonly DeliveryRecord[];
  readonly signal: AbortSignal;
}

/** Null where that was never done, or Git cannot tell. */
export type ReadMissingThen = (
  served: ServedFrom,
  context: ThenContext,
) => Promise<MissingThen | null>;

type History = Pick<GitPort, 'openCommit' | 'traceText'>;

/**
 * Reads the lists as they were when all that an index names was seen in production: in the commit that olmirror built
 * it of, or in the one that brought the record of `init`, which measures what production lacks. What was found is
 * remembered, since commits do not change.
 */
export function createMissingReader(git: History): ReadMissingThen {
  const found = new Map<string, MissingThen>();
  return async (served, context) => {
    const names = context.manifest.catalogs.map(({ name }) => name);
    const key = JSON.stringify([served.revision ?? served.digest, ...names]);
    const then = found.get(key) ?? (await readThen(served, context, git));
    if (then !== null) found.set(key, then);
    return then;
  };
}

async function readThen(
  served: ServedFrom,
  { manifest, records, signal }: ThenContext,
  git: History,
): Promise<MissingThen | null> {
  const revision = served.revision ?? (await findTakenIn(served.digest, { git, records, signal }));
  if (revision === null) return null;
  try {
    const snapshot = await git.openCommit(revision);
    return { revision: snapshot.revision, listed: await readKnownMissing(snapshot, manifest) };
  } catch (error) {
    if (!isToolError(error) || signal.aborted) throw error;
    return null;
  }
}

async function findTakenIn(
  digest: Digest,
  {
    git,
    records,
    signal,
  }: Pick<ThenContext, 'records' | 'signal'> & { git: Pick<GitPort, 'traceText'> },
): Promise<string | null> {
  const measured = records.some(
    (record) => record.digest === digest && record.command === 'init' && record.role !== null,
  );
  if (!measured) return null;
  const query = { revision: 'HEAD', text: digest, paths: ['deliveries'] };
  const { first } = await git.traceText(query, signal);
  return first?.revision ?? null;
}
