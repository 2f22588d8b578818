import type { GitPort } from './port.ts';
import type { Person } from './sign-off.ts';

export interface ProposalBase {
  /** Null where this clone's HEAD names no branch. */
  readonly branch: string | null;
  readonly revision: string;
}

/** Where a branch stands before anything is proposed. */
export interface ProposalStart {
  readonly branch: string;
  /** Name of a remote, URL or path; null where the branch is one of this clone. */
  readonly remote: string | null;
  readonly base: ProposalBase;
  /** Newest commit of the branch; null for none. */
  readonly tip: string | null;
  /** Whether every commit that the branch has beyond the base was made by `Proposal.commit`, as this committer. */
  readonly isOwn: boolean;
}

/** Files of a branch beside the working tree of whoever runs olmirror. */
export interface Proposal {
  /** The files: those of the branch on those of the base; HEAD is the base. */
  readonly git: GitPort;
  /** Paths that the branch and the base both changed, relative to the manifest's folder: they lie as the base has them. */
  readonly conflicts: readonly string[];
  /** Keeps what was done about the conflicts as the state of the branch before anything is taken in. */
  settle(): Promise<void>;
  /** The branch as the files now are. Nothing is written where that brings nothing. */
  commit(message: ProposalMessage): Promise<ProposedCommit>;
  /** Makes the branch name this commit. Throws `GIT_PUSH_REFUSED`, also where the branch moved since `findBranch`. */
  send(revision: string, signal?: AbortSignal): Promise<void>;
}

export interface ProposalMessage {
  readonly text: string;
  /** `Key: value`. */
  readonly trailers: readonly string[];
  /** Null for whom git is set up for, else olmirror. */
  readonly author: Person | null;
}

export interface ProposedCommit {
  /** `empty`: the base has it all. `same`: the branch has it already. */
  readonly kind: 'empty' | 'same' | 'new';
  /** What the branch should be; the base for `empty`. */
  readonly revision: string;
}

/** Nothing of the clone changes but names below `refs/olmirror/`, and objects. */
export interface ProposalDesk {
  /**
   * The newest commit of a branch, by its name: null for the remote's default branch, and for HEAD where
   * there is no remote.
   */
  findBase(
    remote: string | null,
    branch: string | null,
    signal?: AbortSignal,
  ): Promise<ProposalBase>;
  findBranch(
    at: Pick<ProposalStart, 'remote' | 'branch' | 'base'>,
    signal?: AbortSignal,
  ): Promise<ProposalStart>;
  /**
   * Lays the files into a new folder. `afresh`: those of the base alone, for a branch whose content was refused.
   * Throws `GIT_FAILED` for a branch without common history.
   */
  open(
    start: ProposalStart,
    options: { readonly folder: string; readonly afresh: boolean },
  ): Promise<Proposal>;
  /** Removes a folder that `open` made, whoever did. */
  remove(folder: string): Promise<void>;
}
