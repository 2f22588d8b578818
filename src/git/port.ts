/** One file of a snapshot. Equal object ids mean equal bytes. */
export interface TreeFile {
  /** `/`-separated, relative to the folder that holds the manifest. */
  readonly path: string;
  /** Git blob id; in a working tree the id that `git hash-object` would give. */
  readonly objectId: string;
}

/** One file of a snapshot, not read yet. */
export interface LocatedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Where it lies on the disk; its bytes where it does not. */
  readonly content: string | Uint8Array;
}

/** The files of one commit, or of the working tree. */
export interface Snapshot {
  /** Full commit id; `working-tree` for the files as they lie. */
  readonly revision: string;
  /** First line of the commit message; empty for the working tree. */
  readonly subject: string;
  /** Commit time, ISO 8601; null for the working tree. */
  readonly time: string | null;
  /** Files at or below a path, byte order, symlinks and submodules left out; none where the path does not exist. */
  listFiles(path: string): Promise<readonly TreeFile[]>;
  /** The same files, for whoever reads them elsewhere; no object ids are computed. */
  locateFiles(path: string): Promise<readonly LocatedFile[]>;
  /** Bytes in the order asked for. */
  readFiles(
    files: readonly TreeFile[],
  ): AsyncIterable<{ readonly file: TreeFile; readonly bytes: Uint8Array }>;
  /**
   * Bytes of one file, this thread waiting for them: for what is rarely asked for. Absent in the
   * working tree, whose files may be others by then.
   */
  readonly readFileNow?: (file: TreeFile) => Uint8Array;
  /** Null where there is no such file. */
  readFile(path: string): Promise<Uint8Array | null>;
}

/** A text that came into the repository some day. */
export interface IntroductionQuery {
  /** Where to start looking back. */
  readonly revision: string;
  /** An image reference, or another text that ends where it stops: `a:1` is not found in `a:1.2`. */
  readonly text: string;
  /** Files or folders that are looked into. */
  readonly paths: readonly string[];
  /** Commits that are looked into; default 1000. */
  readonly mostCommits?: number;
}

export interface Introduction {
  /** The commit that first had the text; null where that is not known. */
  readonly commit: {
    readonly revision: string;
    /** ISO 8601. */
    readonly time: string;
    readonly subject: string;
  } | null;
  /** Why it is not known, or why it may be older; a sentence part, null for nothing. */
  readonly message: string | null;
}

export interface GitPort {
  /** Folder of the manifest, absolute. */
  readonly folder: string;
  /** A commit; throws `GIT_NO_COMMIT` for HEAD of an empty repository, `GIT_UNKNOWN_REVISION` for another unknown one. */
  openCommit(revision: string): Promise<Snapshot>;
  openWorkingTree(): Promise<Snapshot>;
  /** Commit id of a revision, or null where it does not exist (an empty repository has no HEAD). */
  resolveRevision(revision: string): Promise<string | null>;
  /** Paths with uncommitted changes at or below these paths, untracked files included, relative to `folder`. */
  listUncommitted(paths: readonly string[]): Promise<readonly string[]>;
  /** When a text first came into the files at or below some paths. */
  findIntroduction(query: IntroductionQuery, signal?: AbortSignal): Promise<Introduction>;
  /** URL of `origin` without credentials, or null. */
  readRemoteUrl(): Promise<string | null>;
  /** Fetches branch or tag `ref` from `remote`; returns the commit id it has now. */
  fetchRevision(remote: string, ref: string, signal?: AbortSignal): Promise<string>;
  /** Calls back (debounced) when HEAD or the branch it names may have moved. The returned function stops it. */
  watchHead(onChange: () => void): Promise<() => Promise<void>>;
}
