import { isToolError, ToolError } from '../base/tool-error.ts';
import type { GitPort, Signers } from '../git/port.ts';
import type { SourceEvent } from './watch-types.ts';

/** What a commit must be, said from outside the repository: a rule in it could be changed by the commit that it judges. */
export interface CommitRules {
  /** Null where signatures are not asked for. */
  readonly signers: Signers | null;
  /** Take no commit that does not descend from the one taken before. */
  readonly refuseRewrites: boolean;
}

export interface CommitSourceDeps {
  readonly git: Pick<GitPort, 'descends' | 'readMark' | 'writeMark' | 'verifyCommit'>;
  /** The commit that the branch or tag has now. */
  readonly look: () => Promise<string>;
  readonly rules: CommitRules;
  /** Under which the commit taken last is remembered; null where nothing is, as without rules in a clone of the user's. */
  readonly mark: string | null;
  readonly tell: (event: SourceEvent) => void;
}

/** Where the loop gets its commit from. */
export interface CommitSource {
  /**
   * Looks for a commit and judges it. Where there is none to be had, or the rules refuse it, the last good
   * one is returned and `readTrouble` says why; throws where there is no good one yet.
   */
  readRevision(): Promise<string>;
  /** What was in the way the last time; null for nothing. */
  readTrouble(): ToolError | null;
}

export function createCommitSource(deps: CommitSourceDeps): CommitSource {
  const { git, rules, mark } = deps;
  const verified = new Set<string>();
  let trouble: ToolError | null = null;
  let last: Promise<unknown> = Promise.resolve();
  async function verify(revision: string): Promise<void> {
    if (rules.signers === null || verified.has(revision)) return;
    await git.verifyCommit(revision, rules.signers);
    verified.add(revision);
  }
  // Signers may have changed since it was taken: who is none any more has no last good commit either.
  async function readTaken(): Promise<string | null> {
    const taken = mark === null ? null : await git.readMark(mark);
    if (taken === null) return null;
    try {
      await verify(taken);
      return taken;
    } catch (error) {
      if (isToolError(error, 'GIT_UNTRUSTED_COMMIT')) return null;
      throw error;
    }
  }
  async function take(taken: string | null): Promise<string> {
    const revision = await deps.look();
    await verify(revision);
    if (revision === taken) return revision;
    if (taken !== null) await judgeSuccession(taken, revision, deps);
    if (mark !== null) await git.writeMark(mark, revision);
    return revision;
  }
  async function look(): Promise<string> {
    let taken: string | null = null;
    try {
      taken = await readTaken();
      const revision = await take(taken);
      if (trouble !== null) deps.tell({ kind: 'source-healed', revision });
      trouble = null;
      return revision;
    } catch (error) {
      if (!isToolError(error)) throw error;
      if (trouble?.message !== error.message) deps.tell({ kind: 'source-failed', error });
      trouble = error;
      if (taken === null) throw error;
      return taken;
    }
  }
  return {
    // One after the other: whoever asks after a push must not get the answer to an earlier question.
    readRevision() {
      const answer = last.then(look);
      last = answer.catch(ignore);
      return answer;
    },
    readTrouble: () => trouble,
  };
}

async function judgeSuccession(
  taken: string,
  revision: string,
  { git, rules, tell }: CommitSourceDeps,
): Promise<void> {
  const follows = await git.descends(revision, taken);
  if (follows === true) return;
  if (rules.refuseRewrites) throw rewritten(taken, revision, follows);
  tell({ kind: 'source-rewritten', from: taken, to: revision });
}

function rewritten(taken: string, revision: string, follows: false | null): ToolError {
  const why =
    follows === null
      ? 'whether it descends from that cannot be told, as the history here is too short'
      : 'it does not descend from that: the history was rewritten, or the tag moved back';
  return new ToolError(
    'GIT_REWRITTEN',
    `Commit ${revision.slice(0, 12)} is not taken after ${taken.slice(0, 12)}: ${why}.`,
    {
      hint:
        follows === null
          ? 'Fetch the whole history: git fetch --unshallow.'
          : 'Find out who did it. Push the earlier history back; or, where it is meant, start watch once without --refuse-rewrites.',
    },
  );
}

function ignore(): void {}
