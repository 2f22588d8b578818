import type { Introduction, IntroductionQuery } from './port.ts';
import { type GitPlace, runGit, trimEnd } from './run-git.ts';
import { cleanPath } from './tree-path.ts';

/** Commits that are looked into: years of deliveries, and well below what one command line takes. */
const MOST_COMMITS = 1_000;

/** Looks through the newest commits that touched the paths for the first one that has the text. */
export async function findIntroduction(
  place: GitPlace,
  query: IntroductionQuery,
  signal?: AbortSignal,
): Promise<Introduction> {
  const most = query.mostCommits ?? MOST_COMMITS;
  const paths = query.paths.map((path) => `:(literal)${cleanPath(path) || '.'}`);
  const run = (...args: readonly string[]): Promise<string> => runGit(place, args, { signal });
  const listed = await run(
    'rev-list',
    '--topo-order',
    `--max-count=${most + 1}`,
    query.revision,
    '--',
    ...paths,
  );
  const commits = listed.split('\n').filter((line) => line !== '');
  const looked = commits.slice(0, most);
  const oldest = looked.at(-1);
  if (oldest === undefined) return { commit: null, message: 'no commit touches these files' };
  if (commits.length > most && (await holds(run, `${oldest}^`, { text: query.text, paths })))
    return { commit: null, message: `it is older than the last ${most} commits that touch it` };
  const answer = await run(
    'log',
    '--no-walk=unsorted',
    '--no-show-signature',
    '--no-renames',
    '--root',
    '--diff-merges=first-parent',
    '--no-patch',
    '--encoding=UTF-8',
    '--format=%H%x00%cI%x00%P%x00%s',
    ...findingOptions(query.text),
    ...looked,
    '--',
    ...paths,
  );
  const [revision = '', time = '', parents = '', subject = ''] =
    answer
      .split('\n')
      .findLast((line) => line !== '')
      ?.split('\0') ?? [];
  if (revision === '') return { commit: null, message: 'no commit adds it' };
  const isCut =
    parents === '' && trimEnd(await run('rev-parse', '--is-shallow-repository')) === 'true';
  return {
    commit: { revision, time: new Date(time).toISOString(), subject },
    message: isCut ? 'this clone is shallow, so it may be older' : null,
  };
}

// A digest ends where it ends; what follows a tag may belong to a longer tag.
function findingOptions(text: string): readonly string[] {
  if (/@sha256:[0-9a-f]{64}$/.test(text)) return [`-S${text}`];
  return [`-S${endsHere(text)}`, '--pickaxe-regex'];
}

function endsHere(text: string): string {
  return `${text.replace(/[.[\]{}()*+?^$|\\]/g, '\\$&')}([^A-Za-z0-9_.-]|$)`;
}

async function holds(
  run: (...args: readonly string[]) => Promise<string>,
  revision: string,
  { text, paths }: { readonly text: string; readonly paths: readonly string[] },
): Promise<boolean> {
  const found = await run(
    'grep',
    '--no-color',
    '-l',
    '-E',
    '-e',
    endsHere(text),
    revision,
    '--',
    ...paths,
  );
  return found !== '';
}
