/** A repository at a forge. */
export interface ForgeRepository {
  readonly kind: 'gitea' | 'github' | 'gitlab';
  /** Address of the forge, with path prefix, without a slash at its end: `https://git.example.com/gitea`. */
  readonly url: string;
  /** `owner/name`, or a GitLab path with groups. */
  readonly path: string;
}

/** How a forge is reached. The file is read anew for each command. */
export interface ForgeAccess {
  readonly tokenFile: string | null;
  /** Certificates that are trusted, and no others; null for those of the machine. */
  readonly caFile: string | null;
  /** Milliseconds that one request may take. */
  readonly timeoutMilliseconds: number;
}

export interface PullRequest {
  /** As people call it: GitLab's `iid`. */
  readonly number: number;
  readonly url: string;
  readonly state: 'open' | 'merged' | 'closed';
  /** Branch that is to be merged, and its newest commit. */
  readonly head: string;
  readonly headRevision: string;
  /** Branch it is to be merged into. */
  readonly base: string;
  readonly title: string;
  readonly body: string;
}

export type CommitState = 'pending' | 'success' | 'failure' | 'error';

export interface CommitStatus {
  readonly revision: string;
  /** What tells it from others of the same commit: `olmirror/plan`. */
  readonly context: string;
  readonly state: CommitState;
  /** At most 140 characters are kept. */
  readonly description: string;
  /** Null for none. */
  readonly targetUrl: string | null;
}

/** A comment that is found again by a marker, an HTML comment in its first line. */
export interface MarkedComment {
  readonly marker: string;
  /** Markdown, without the marker. */
  readonly body: string;
}

/** The comment with a marker, as it stands. */
export interface WrittenComment {
  readonly url: string;
  /** Without the marker. */
  readonly body: string;
}

/**
 * Every function throws `FORGE_UNREACHABLE`, `FORGE_UNAUTHORIZED` (401, 403), `FORGE_NOT_FOUND` (404),
 * `FORGE_REFUSED` (422 and the like, with the forge's own words) or `FORGE_BUSY` (429 and 5xx after a few tries);
 * none of them names the token.
 */
export interface ForgePort {
  /** The one comment with this marker; null where there is none. */
  readComment(number: number, marker: string, signal: AbortSignal): Promise<WrittenComment | null>;
  /** Writes the one comment with this marker, anew or in place of what it said. */
  writeComment(
    number: number,
    comment: MarkedComment,
    signal: AbortSignal,
  ): Promise<{ readonly url: string; readonly created: boolean }>;
  setStatus(status: CommitStatus, signal: AbortSignal): Promise<void>;
  readPullRequest(number: number, signal: AbortSignal): Promise<PullRequest>;
  /** The open request from `head` into `base`; null where there is none. */
  findPullRequest(
    branches: Pick<PullRequest, 'head' | 'base'>,
    signal: AbortSignal,
  ): Promise<PullRequest | null>;
  /**
   * The newest request from `head` into `base` that was merged or closed, of the fifty that changed last; null where
   * there is none.
   */
  findEndedPullRequest(
    branches: Pick<PullRequest, 'head' | 'base'>,
    signal: AbortSignal,
  ): Promise<PullRequest | null>;
  openPullRequest(
    request: Pick<PullRequest, 'head' | 'base' | 'title' | 'body'>,
    signal: AbortSignal,
  ): Promise<PullRequest>;
  /** Replaces title and body. */
  updatePullRequest(
    number: number,
    text: Pick<PullRequest, 'title' | 'body'>,
    signal: AbortSignal,
  ): Promise<PullRequest>;
  close(): Promise<void>;
}
