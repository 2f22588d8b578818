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
  /** Bytes in the order asked for. They belong to who asked: read again, they are others. */
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
  /** Paths of submodules, and of other repositories within, at, below or above a path: their files are not in the snapshot. */
  listSubmodules(path: string): Promise<readonly string[]>;
}

/** What a commit says of itself. */
export type CommitHead = Pick<Snapshot, 'subject' | 'time'>;

/** How a Git server is reached, besides what git itself is set up with. Files are read anew at every fetch. */
export interface RemoteAccess {
  /** `TOKEN` or `USER:TOKEN` in its first line; null for git's own credential helpers. */
  readonly tokenFile: string | null;
  /** Private key for SSH; null for what ssh finds by itself. */
  readonly sshKeyFile: string | null;
  /** Host keys that are trusted, and no others; null for those of the user and the machine. */
  readonly knownHostsFile: string | null;
  /** Certificates that are trusted over HTTPS, and no others; null for those of the machine. */
  readonly caFile: string | null;
  /** Milliseconds that one fetch or push may take. */
  readonly timeoutMilliseconds: number;
}

/** Whose signatures count. A signature of a kind without a file counts as none. */
export interface Signers {
  /** Allowed signers of `ssh-keygen`. */
  readonly sshFile: string | null;
  /** OpenPGP public keys, as `gpg --export` writes them, armoured or not. */
  readonly gpgFile: string | null;
}

/** What keys say of a message that is signed within itself. */
export type MessageVerdict =
  | { readonly fault: null; readonly text: string; readonly fingerprint: string }
  | { readonly fault: string };

/**
 * Lets gpg verify signed OpenPGP messages by these public keys and no others. Throws `GIT_BAD_CREDENTIALS` for keys that
 * cannot be read, `GIT_NO_VERIFIER`.
 */
export type VerifyMessages = (
  messages: readonly Uint8Array[],
  keys: readonly Uint8Array[],
) => Promise<readonly MessageVerdict[]>;

/** A line that is kept beside a commit. */
export interface PassNote {
  readonly revision: string;
  /** One line. */
  readonly text: string;
}

/** A text whose way through the history is asked for. */
export interface TextQuery {
  /** Where to start looking back. */
  readonly revision: string;
  /** `sha256:…`, a digest or its beginning, `@` before it or not; or a name that stands alone: `a:1` is not found in `a:1.2`. */
  readonly text: string;
  /** Files or folders that are looked into. */
  readonly paths: readonly string[];
  /** Commits that are looked into; default 1000. */
  readonly mostCommits?: number;
}

export interface CommitNote {
  /** Full commit id. */
  readonly revision: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly subject: string;
}

export interface TracedText {
  /** Files that have the text at the revision. */
  readonly files: readonly string[];
  /** The commit that first had it; null where none did, or where that is not known. */
  readonly first: CommitNote | null;
  /** The newest commit that changed how often it is there: what took it out where no file has it. */
  readonly last: CommitNote | null;
  /** Why `first` is not known, or may be too young; a sentence part, null for nothing. */
  readonly message: string | null;
}

/** What a copy of a repository needs to know of the history of a commit. */
export interface History {
  /** Folder of the manifest within the repository, ending in `/`, or empty. */
  readonly prefix: string;
  /** Branch that is followed; null where HEAD names none. */
  readonly branch: string | null;
  /** Commits that can be reached, the commit itself counted. */
  readonly commits: number;
  /** Of the commits before it the last 1000, newest first. */
  readonly before: readonly string[];
  /** Commits whose parents a shallow clone lacks, sorted; empty for a whole history. */
  readonly shallow: readonly string[];
}

export interface BundleRequest {
  /** Full commit id. */
  readonly revision: string;
  /** Name that the commit gets in the bundle, beside HEAD. */
  readonly branch: string;
  /** A commit before it, whose history is left out; null for all of it. */
  readonly since: string | null;
  /** File to write. */
  readonly file: string;
}

export interface ObtainedRevision {
  /** Full commit id. */
  readonly revision: string;
  /** It was not there and came from `origin`. */
  readonly fetched: boolean;
}

export interface FetchHooks {
  readonly signal?: AbortSignal | undefined;
  /** Called where the remote has another commit than at the last time, before that is transferred. */
  readonly onMoved?: (() => void) | undefined;
}

/** The files of a commit that may not be here. */
export type CommitFiles = Pick<Snapshot, 'revision' | 'listFiles' | 'readFiles' | 'readFile'>;

export interface GitPort {
  /** Folder of the manifest, absolute. */
  readonly folder: string;
  /** The same within the repository, ending in `/`, or empty. */
  readonly prefix: string;
  /** The repository as another folder of it sees it, which need not lie in the working tree. `/`-separated, from the top. */
  enter(folder: string): GitPort;
  /** A commit; throws `GIT_NO_COMMIT` for HEAD of an empty repository, `GIT_UNKNOWN_REVISION` for another unknown one. */
  openCommit(revision: string): Promise<Snapshot>;
  /** The same for a full commit id whose head is known, without asking git; what is read of a commit that is not there throws `GIT_FAILED`. */
  openKnown(revision: string, head: CommitHead): Snapshot;
  /**
   * The files of a commit by its full id, as far as they are here: git is asked when a file is. What lists or reads them
   * throws `GIT_FAILED` where something is missing. Throws `GIT_UNKNOWN_REVISION` for what is no full id.
   */
  openFiles(commit: string): CommitFiles;
  openWorkingTree(): Promise<Snapshot>;
  /** Commit id of a revision, or null where it does not exist (an empty repository has no HEAD). */
  resolveRevision(revision: string): Promise<string | null>;
  /** Paths with uncommitted changes at or below these paths, untracked files included, relative to `folder`. */
  listUncommitted(paths: readonly string[]): Promise<readonly string[]>;
  /** Which commits brought a text into the files at or below some paths, and took it out. */
  traceText(query: TextQuery, signal?: AbortSignal): Promise<TracedText>;
  describeHistory(revision: string): Promise<History>;
  /** Writes a commit with its history, and nothing else of the repository, as a git bundle. The repository itself is not written to. */
  writeBundle(request: BundleRequest, signal?: AbortSignal): Promise<void>;
  /** URL of `origin` without credentials, or null. */
  readRemoteUrl(): Promise<string | null>;
  /**
   * Fetches branch or tag `ref` from `remote`; returns the commit id it has now. Throws `GIT_UNKNOWN_REVISION`
   * where it has none, `GIT_UNREACHABLE`, `GIT_UNAUTHORIZED`, `GIT_UNTRUSTED_HOST`, `GIT_TIMEOUT`, `GIT_BAD_CREDENTIALS`.
   */
  fetchRevision(remote: string, ref: string, hooks?: FetchHooks): Promise<string>;
  /**
   * The commit of a revision. What a shallow or single-branch clone lacks comes from `origin`: one commit by its id,
   * the parent of one that is there (`HEAD~1`), a branch or a tag. Throws `GIT_UNKNOWN_REVISION` where that does not
   * give it, and what `fetchRevision` throws.
   */
  obtainRevision(revision: string, signal?: AbortSignal): Promise<ObtainedRevision>;
  /** Newest common ancestor of two commits; null where there is none, or the clone is too shallow to tell. */
  findMergeBase(a: string, b: string): Promise<string | null>;
  /** Whether `older` is `newer` or an ancestor of it; null where the clone is too shallow to tell, or lacks one of them. */
  descends(newer: string, older: string): Promise<boolean | null>;
  /** A commit that `writeMark` named; null for none. */
  readMark(name: string): Promise<string | null>;
  /** Remembers a commit below `refs/olmirror/`, so that later processes find it and git keeps it. */
  writeMark(name: string, revision: string): Promise<void>;
  /** Throws `GIT_UNTRUSTED_COMMIT` unless one of the signers signed the commit, `GIT_NO_VERIFIER` where the program for it is missing. */
  verifyCommit(revision: string, signers: Signers): Promise<void>;
  /** Lines of the notes below `refs/notes/olmirror` of a commit. */
  readNotes(revision: string): Promise<readonly string[]>;
  addNote(note: PassNote): Promise<void>;
  /** Unites the notes with those of `remote`, which others may write too, and sends them there. */
  pushNotes(remote: string, signal?: AbortSignal): Promise<void>;
  /**
   * Calls back (debounced) when HEAD or the branch it names may have moved, and `onHint` at the first sign of it.
   * The returned function stops it.
   */
  watchHead(onChange: () => void, onHint?: () => void): Promise<() => Promise<void>>;
}
