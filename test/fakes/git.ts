import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path/posix';
import { compareBytes } from '../../src/base/text.ts';
import { ToolError } from '../../src/base/tool-error.ts';
import type { CommitFiles, CommitNote, GitPort, Snapshot } from '../../src/git/port.ts';

type Files = ReadonlyMap<string, Uint8Array>;

/** A state repository in memory. Its one branch is `main`. */
export interface FakeGit extends GitPort {
  write(path: string, text: string): void;
  remove(path: string): void;
  /** Commits everything that lies in the working tree; returns the commit id. */
  commit(message: string): string;
}

export function createFakeGit(folder = '/fake'): FakeGit {
  const working = new Map<string, Uint8Array>();
  const commits = new Map<string, Snapshot & { readonly files: Files }>();
  const watchers = new Set<() => void>();
  const marks = new Map<string, string>();
  const notes = new Map<string, readonly string[]>();
  let head: string | null = null;

  function resolve(revision: string): string | null {
    if (revision === 'HEAD' || revision === 'main') return head;
    if (revision.length < 4) return null;
    return [...commits.keys()].find((id) => id.startsWith(revision)) ?? null;
  }

  return {
    folder,
    prefix: '',
    enter(path) {
      if (path === '') return this;
      const inner = { ...this, folder: `${folder}/${path}`, prefix: `${path}/` };
      return {
        ...inner,
        openCommit: async (revision) => enterSnapshot(await this.openCommit(revision), path),
        openKnown: (revision, known) => enterSnapshot(this.openKnown(revision, known), path),
        openFiles: (commit) => enterFiles(this.openFiles(commit), path),
        openWorkingTree: async () => enterSnapshot(await this.openWorkingTree(), path),
      };
    },
    write: (path, text) => void working.set(path, Buffer.from(text)),
    remove: (path) => void working.delete(path),
    commit(message) {
      const files = new Map(working);
      const id = hash(`${commits.size} ${message} ${[...files.keys()].join('\0')}`);
      const snapshot = createSnapshot(files, {
        revision: id,
        subject: message.split('\n')[0] ?? '',
        time: new Date(commits.size * 1000).toISOString(),
      });
      commits.set(id, { ...snapshot, files });
      head = id;
      for (const onChange of watchers) onChange();
      return id;
    },
    async openCommit(revision) {
      const found = commits.get(resolve(revision) ?? '');
      const code = revision === 'HEAD' ? 'GIT_NO_COMMIT' : 'GIT_UNKNOWN_REVISION';
      if (found === undefined) throw new ToolError(code, `There is no ${revision}.`);
      return found;
    },
    openKnown(revision, known) {
      const files = commits.get(revision)?.files ?? new Map();
      return createSnapshot(files, { revision, ...known });
    },
    openFiles(commit) {
      if (!/^[0-9a-f]{40}$/.test(commit))
        throw new ToolError('GIT_UNKNOWN_REVISION', `${commit} is no id.`);
      const missing = { listFiles: refuse, readFile: refuse, readFiles: refuse };
      return commits.get(commit) ?? { revision: commit, ...missing };
    },
    openWorkingTree: async () =>
      createSnapshot(working, { revision: 'working-tree', subject: '', time: null }),
    resolveRevision: async (revision) => resolve(revision),
    async listUncommitted(paths) {
      const committed: Files = commits.get(head ?? '')?.files ?? new Map();
      const all = [...new Set([...working.keys(), ...committed.keys()])].toSorted(compareBytes);
      const changed = all.filter((path) => hashAt(working, path) !== hashAt(committed, path));
      return changed.filter((path) => paths.some((at) => isBelow(path, at)));
    },
    async traceText({ revision, text, paths }) {
      function holders({ files }: { readonly files: Files }): readonly string[] {
        return [...files.keys()].filter(
          (file) =>
            paths.some((path) => isBelow(file, path)) && countText(files.get(file), text) > 0,
        );
      }
      const last = [...commits.keys()].indexOf(resolve(revision) ?? '');
      const reachable = [...commits.values()].slice(0, last + 1);
      const changes = reachable.filter((commit, i) => {
        const before = reachable[i - 1]?.files ?? new Map();
        const both = [...new Set([...commit.files.keys(), ...before.keys()])];
        return both.some(
          (file) =>
            paths.some((path) => isBelow(file, path)) &&
            countText(commit.files.get(file), text) !== countText(before.get(file), text),
        );
      });
      const newest = reachable.at(-1);
      return {
        files: newest === undefined ? [] : holders(newest).toSorted(compareBytes),
        first: noteOf(changes[0]),
        last: noteOf(changes.at(-1)),
        message: null,
      };
    },
    async describeHistory(revision) {
      const ids = [...commits.keys()];
      const at = ids.indexOf(resolve(revision) ?? '');
      const before = ids.slice(0, at).toReversed();
      return { prefix: '', branch: 'main', commits: at + 1, before, shallow: [] };
    },
    async writeBundle({ revision, branch, since, file }) {
      await writeFile(file, `# bundle of ${branch} ${since ?? ''}..${resolve(revision) ?? ''}\n`);
    },
    readRemoteUrl: async () => null,
    async fetchRevision(_remote, ref) {
      const commit = resolve(ref);
      if (commit === null) throw new ToolError('GIT_UNKNOWN_REVISION', `There is no ${ref}.`);
      return commit;
    },
    async obtainRevision(revision) {
      const found = resolve(revision);
      if (found === null) throw new ToolError('GIT_UNKNOWN_REVISION', `There is no ${revision}.`);
      return { revision: found, fetched: false };
    },
    async findMergeBase(a, b) {
      const order = [...commits.keys()];
      return order[Math.min(order.indexOf(a), order.indexOf(b))] ?? null;
    },
    async descends(newer, older) {
      const ids = [...commits.keys()];
      const [at, before] = [ids.indexOf(newer), ids.indexOf(older)];
      return at < 0 || before < 0 ? null : before <= at;
    },
    readMark: async (name) => marks.get(name) ?? null,
    writeMark: async (name, revision) => void marks.set(name, revision),
    async verifyCommit(revision) {
      throw new ToolError('GIT_UNTRUSTED_COMMIT', `Commit ${revision} is not signed.`);
    },
    readNotes: async (revision) => notes.get(revision) ?? [],
    addNote: async ({ revision, text }) =>
      void notes.set(revision, [...(notes.get(revision) ?? []), text]),
    pushNotes: async () => undefined,
    async watchHead(onChange) {
      watchers.add(onChange);
      return async () => void watchers.delete(onChange);
    },
  };
}

function createSnapshot(
  files: Files,
  about: Pick<Snapshot, 'revision' | 'subject' | 'time'>,
): Snapshot {
  return {
    ...about,
    async listFiles(path) {
      const paths = [...files.keys()].filter((file) => isBelow(file, path)).toSorted(compareBytes);
      return paths.map((file) => ({ path: file, objectId: hashAt(files, file) }));
    },
    async locateFiles(path) {
      const paths = [...files.keys()].filter((file) => isBelow(file, path)).toSorted(compareBytes);
      return paths.map((file) => {
        const content = files.get(file) ?? new Uint8Array();
        return { path: file, size: content.length, content };
      });
    },
    async *readFiles(wanted) {
      for (const file of wanted) yield { file, bytes: Buffer.from(files.get(file.path) ?? []) };
    },
    ...(about.revision === 'working-tree'
      ? {}
      : { readFileNow: ({ path }) => files.get(path) ?? new Uint8Array() }),
    readFile: async (path) => files.get(path) ?? null,
    listSubmodules: async () => [],
  };
}

function refuse(): never {
  throw new ToolError('GIT_FAILED', 'There is no such commit.');
}

function enterSnapshot(snapshot: Snapshot, folder: string): Snapshot {
  return { ...snapshot, ...enterFiles(snapshot, folder) };
}

function enterFiles(snapshot: CommitFiles, folder: string): CommitFiles {
  return {
    revision: snapshot.revision,
    listFiles: async (path) =>
      (await snapshot.listFiles(join(folder, path))).map((file) => ({
        ...file,
        path: relative(folder, file.path),
      })),
    async *readFiles(files) {
      const outer = files.map((file) => ({ ...file, path: join(folder, file.path) }));
      for await (const { file, bytes } of snapshot.readFiles(outer))
        yield { file: { ...file, path: relative(folder, file.path) }, bytes };
    },
    readFile: (path) => snapshot.readFile(join(folder, path)),
  };
}

function isBelow(file: string, path: string): boolean {
  return path === '' || file === path || file.startsWith(`${path}/`);
}

function countText(bytes: Uint8Array | undefined, text: string): number {
  const parts = Buffer.from(bytes ?? [])
    .toString()
    .split(text);
  if (/^@?sha256:/.test(text)) return parts.length - 1;
  return parts.slice(1).filter((rest, i) => {
    const before = parts[i] ?? '';
    return !/^[\w.-]/.test(rest) && !(/^\w/.test(text) && /[\w.-]$/.test(before));
  }).length;
}

function noteOf(snapshot: Snapshot | undefined): CommitNote | null {
  if (snapshot === undefined) return null;
  const { revision, subject, time } = snapshot;
  return { revision, subject, time: time ?? '' };
}

function hashAt(files: Files, path: string): string {
  return files.has(path) ? hash(files.get(path) ?? '') : '';
}

function hash(bytes: Uint8Array | string): string {
  return createHash('sha1').update(bytes).digest('hex');
}
