import type { CommitNote, TextQuery, TracedText } from './port.ts';
import { type GitPlace, runGit, trimEnd } from './run-git.ts';
import { cleanPath } from './tree-path.ts';

/** Commits that are looked into: years of deliveries, and well below what one command line takes. */
const MOST_COMMITS = 1_000;

interface Search {
  readonly run: (...args: readonly string[]) => Promise<string>;
  readonly prefix: string;
  readonly text: string;
  readonly paths: readonly string[];
  readonly mostCommits: number;
}

/**
 * Looks through the newest commits that touched the paths for those that brought or took the text. `prefix`: the
 * folder within the repository that paths are relative to, ending in `/`, or empty.
 */
export async function traceText(
  { place, prefix }: { readonly place: GitPlace; readonly prefix: string },
  query: TextQuery,
  signal?: AbortSignal,
): Promise<TracedText> {
  const search: Search = {
    run: (...args) => runGit(place, args, { signal }),
    text: query.text,
    prefix,
    paths: query.paths.map((path) => formatPathspec(prefix + cleanPath(path))),
    mostCommits: query.mostCommits ?? MOST_COMMITS,
  };
  const commits = await listCommits(query.revision, search);
  const looked = commits.slice(0, search.mostCommits);
  const files = await listHolders(query.revision, search);
  const changes = looked.length === 0 ? [] : await listChanges(looked, search);
  const last = changes[0]?.commit ?? null;
  const oldest = commits.length > looked.length ? looked.at(-1) : undefined;
  return { files, last, ...(await judgeFirst(changes.at(-1), oldest, search)) };
}

function formatPathspec(path: string): string {
  return path === '' ? ':(top)' : `:(top,literal)${path}`;
}

/** `oldest`: the last commit that was looked into, where there are older ones. */
async function judgeFirst(
  change: Change | undefined,
  oldest: string | undefined,
  search: Search,
): Promise<Pick<TracedText, 'first' | 'message'>> {
  if (oldest !== undefined && (await listHolders(`${oldest}^`, search)).length > 0)
    return {
      first: null,
      message: `it is older than the last ${search.mostCommits} commits that touch these files`,
    };
  const isCut = (change === undefined || change.isRoot) && (await isShallow(search));
  return {
    first: change?.commit ?? null,
    message: isCut ? 'this clone is shallow, so it may be older' : null,
  };
}

async function listCommits(
  revision: string,
  { run, paths, mostCommits }: Search,
): Promise<readonly string[]> {
  const count = `--max-count=${mostCommits + 1}`;
  const listed = await run('rev-list', '--topo-order', count, revision, '--', ...paths);
  return listed.split('\n').filter((line) => line !== '');
}

async function listHolders(
  revision: string,
  { run, text, paths, prefix }: Search,
): Promise<readonly string[]> {
  const pattern = isDigestText(text) ? ['-F', '-e', text] : ['-E', '-e', standsAlone(text)];
  const found = await run('grep', '-l', '-z', '--full-name', ...pattern, revision, '--', ...paths);
  return found
    .split('\0')
    .filter((name) => name !== '')
    .map((name) => name.slice(revision.length + 1 + prefix.length));
}

interface Change {
  readonly commit: CommitNote;
  readonly isRoot: boolean;
}

/** Commits after which the text stands there more or less often, newest first. */
async function listChanges(
  commits: readonly string[],
  { run, text, paths }: Search,
): Promise<readonly Change[]> {
  const pickaxe = isDigestText(text)
    ? [`-S${text}`]
    : [`-S${standsAlone(text)}`, '--pickaxe-regex'];
  const answer = await run(
    'log',
    '--no-walk=unsorted',
    '--no-show-signature',
    '--no-renames',
    '--root',
    '--diff-merges=combined',
    '--name-only',
    '--encoding=UTF-8',
    '--format=%x00%H%x00%cI%x00%P%x00%s',
    ...pickaxe,
    ...commits,
    '--',
    ...paths,
  );
  return parseChanges(answer);
}

/** What the format and the names of files below it give: four fields a commit, the names at the end of the last. */
function parseChanges(answer: string): readonly Change[] {
  const fields = answer.split('\0').slice(1);
  const changes: Change[] = [];
  for (let i = 0; i < fields.length; i += 4) {
    const [revision = '', time = '', parents = '', rest = ''] = fields.slice(i, i + 4);
    const [subject = '', ...names] = rest.trimEnd().split('\n');
    const commit = { revision, time: new Date(time).toISOString(), subject };
    // A merge that names no file has the text as one of its parents has it.
    if (names.length > 0) changes.push({ commit, isRoot: parents === '' });
  }
  return changes;
}

async function isShallow({ run }: Search): Promise<boolean> {
  return trimEnd(await run('rev-parse', '--is-shallow-repository')) === 'true';
}

// A digest is as long as it is, and so may its beginning be.
function isDigestText(text: string): boolean {
  return /^@?sha256:[0-9a-f]{1,64}$/.test(text);
}

// What comes before a name or after a tag may belong to a longer one.
function standsAlone(text: string): string {
  const start = /^\w/.test(text) ? '(^|[^A-Za-z0-9_.-])' : '';
  return `${start}${text.replace(/[.[\]{}()*+?^$|\\]/g, '\\$&')}([^A-Za-z0-9_.-]|$)`;
}
