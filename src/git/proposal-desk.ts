import { rm } from 'node:fs/promises';
import { join, posix, resolve } from 'node:path';
import { ToolError } from '../base/tool-error.ts';
import { addGitSetting, buildGitEnvironment, type Environment } from './environment.ts';
import { openGitRepository } from './git-repository.ts';
import { descends } from './marks.ts';
import type { RemoteAccess } from './port.ts';
import { combineFiles, showFiles, writeTree } from './proposal-files.ts';
import { BRANCH_TRAILER, type Desk, findBase, findBranch, ROBOT_ADDRESS } from './proposal-find.ts';
import { sendProposal } from './proposal-send.ts';
import type {
  Proposal,
  ProposalDesk,
  ProposalMessage,
  ProposalStart,
  ProposedCommit,
} from './proposal-types.ts';
import { findMergeBase } from './read-commits.ts';
import { PLAIN_ACCESS } from './remote-access.ts';
import { type GitPlace, runGit, trimEnd, tryGit } from './run-git.ts';
import { nameAs, signOff } from './sign-off.ts';

interface DeskOptions {
  /** What git runs with; default: the environment of this process. */
  readonly environment?: Environment;
  readonly access?: RemoteAccess;
}

/** Makes branches of the repository that holds `folder` in linked working trees of their own. Hooks of the clone do not run. */
export function openProposalDesk(folder: string, options: DeskOptions = {}): ProposalDesk {
  // oxlint-disable-next-line node/no-process-env -- as for `openGitRepository`.
  const environment = options.environment ?? process.env;
  const bare = addGitSetting(buildGitEnvironment(environment), 'core.hooksPath', '/dev/null');
  const desk: Desk = {
    // A clone that shows a part of its files would give a working tree that lacks the others.
    place: {
      folder: resolve(folder),
      environment: addGitSetting(bare, 'core.sparseCheckout', 'false'),
    },
    access: options.access ?? PLAIN_ACCESS,
    environment,
  };
  return {
    findBase: (remote, branch, signal) => findBase(desk, { remote, branch, signal }),
    findBranch: (at, signal) => findBranch(desk, at, signal),
    open: (start, choice) => open(desk, start, choice),
    remove: (tree) => remove(desk, tree),
  };
}

async function open(
  desk: Desk,
  start: ProposalStart,
  { folder, afresh }: { readonly folder: string; readonly afresh: boolean },
): Promise<Proposal> {
  const { branch, remote, tip } = start;
  const { revision: base } = start.base;
  const prefix = trimEnd(await runGit(desk.place, ['rev-parse', '--show-prefix']));
  await runGit(desk.place, ['worktree', 'add', '--detach', '--no-checkout', folder, base]);
  const tree: GitPlace = { ...desk.place, folder };
  const baseTree = trimEnd(await runGit(tree, ['rev-parse', `${base}^{tree}`]));
  const laid = await layFiles(tree, { base, baseTree, tip: afresh ? null : tip });
  let before = laid.tree;
  const git = await openGitRepository(join(folder, prefix), {
    environment: desk.environment,
    access: desk.access,
  });
  return {
    git,
    conflicts: laid.conflicts.map((path) => posix.relative(prefix, path)),
    async settle() {
      before = await writeTree(tree);
    },
    async commit(message) {
      const decision = decide({ ...laid, base, baseTree, before, now: await writeTree(tree) });
      const { kind } = decision;
      if (kind === 'new')
        return { kind, revision: await writeCommit(tree, { ...message, ...decision, branch }) };
      return { kind, revision: kind === 'same' && tip !== null ? tip : base };
    },
    send: (revision, signal) =>
      sendProposal(desk.place, { remote, branch, tip, revision, access: desk.access, signal }),
  };
}

interface LaidFiles {
  readonly tree: string;
  readonly conflicts: readonly string[];
  /** What the next commit goes on from; of the base alone where the branch has nothing. */
  readonly parents: readonly string[];
}

async function layFiles(
  tree: GitPlace,
  { base, baseTree, tip }: Record<'base' | 'baseTree', string> & Pick<ProposalStart, 'tip'>,
): Promise<LaidFiles> {
  if (tip === null || (await descends(tree, base, tip)) === true) {
    await showFiles(tree, baseTree);
    return { tree: baseTree, conflicts: [], parents: [base] };
  }
  const fork = await findMergeBase(tree, base, tip);
  if (fork === null)
    throw new ToolError('GIT_FAILED', 'The branch has no commit in common with its base.', {
      hint: 'Give --branch another name, or delete the branch if nobody needs it.',
    });
  const combined = await combineFiles(tree, { fork, base, tip });
  await showFiles(tree, combined.tree);
  return { ...combined, parents: fork === base ? [tip] : [tip, base] };
}

interface TreeFacts extends LaidFiles {
  readonly base: string;
  readonly baseTree: string;
  /** When the conflicts were settled, and nothing was taken in yet. */
  readonly before: string;
  readonly now: string;
}

type Decision = Pick<ProposedCommit, 'kind'> & {
  readonly now: string;
  readonly parents: readonly string[];
};

function decide({ base, baseTree, before, now, conflicts, parents }: TreeFacts): Decision {
  if (now === baseTree) return { kind: 'empty', now, parents: [] };
  // What the branch held is in the base, by a squash perhaps: its history would only be in the way.
  if (before === baseTree) return { kind: 'new', now, parents: [base] };
  const isSame = now === before && conflicts.length === 0;
  return isSame ? { kind: 'same', now, parents: [] } : { kind: 'new', now, parents };
}

async function writeCommit(
  tree: GitPlace,
  wanted: ProposalMessage & Decision & Pick<ProposalStart, 'branch'>,
): Promise<string> {
  const { text, trailers, author, branch } = wanted;
  const signed = await signOff(tree, ROBOT_ADDRESS);
  const place = author === null ? signed : nameAs(signed, ['AUTHOR'], author);
  // `commit-tree` runs no hook, and leaves signing to whoever calls it.
  const signs = await tryGit(tree, ['config', '--type=bool', '--get', 'commit.gpgSign']);
  const answer = await runGit(place, [
    'commit-tree',
    wanted.now,
    ...wanted.parents.flatMap((parent) => ['-p', parent]),
    ...(signs?.trim() === 'true' ? ['-S'] : []),
    '-m',
    text,
    '-m',
    [...trailers, `${BRANCH_TRAILER}: ${branch}`].join('\n'),
  ]);
  return trimEnd(answer);
}

async function remove({ place }: Desk, folder: string): Promise<void> {
  // Twice: once for what was changed there, once for a lock that a killed git left.
  await tryGit(place, ['worktree', 'remove', '--force', '--force', folder]);
  await rm(folder, { recursive: true, force: true });
}
