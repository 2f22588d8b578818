import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseCommit } from '../../src/git/parse-commit.ts';
import type { CommitHead } from '../../src/git/port.ts';

interface Commits {
  /** Writes a commit with exactly this message and returns its id. */
  commit(message: string | Buffer, settings?: readonly string[], date?: string): string;
  read(id: string): Buffer;
  /** What git itself says of it. */
  log(id: string): CommitHead;
  write(object: string | Buffer): string;
}

async function createCommits(t: TestContext): Promise<Commits> {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-commits-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  function git(args: readonly string[], input: string | Buffer = '', date = '1700000000 +0900') {
    const who = { GIT_COMMITTER_NAME: 'Min <Lee', GIT_COMMITTER_EMAIL: 'm@example.com' };
    const author = { GIT_AUTHOR_NAME: 'A', GIT_AUTHOR_EMAIL: 'a@example.com' };
    return execFileSync('git', ['-C', folder, ...args], {
      input,
      env: { ...process.env, ...who, ...author, GIT_COMMITTER_DATE: date },
    });
  }
  git(['init', '-q']);
  const tree = git(['mktree']).toString().trim();
  return {
    commit: (message, settings = [], date?: string) =>
      git([...settings, 'commit-tree', tree], message, date)
        .toString()
        .trim(),
    read: (id) => git(['cat-file', 'commit', id]),
    log(id) {
      const text = git(['log', '-1', '--encoding=UTF-8', '--format=%cI%x00%s', id]).toString();
      const [time = '', subject = ''] = text.replace(/\n$/, '').split('\0');
      return { time: new Date(time).toISOString(), subject };
    },
    write: (object) =>
      git(['hash-object', '-t', 'commit', '-w', '--stdin', '--literally'], object)
        .toString()
        .trim(),
  };
}

const MESSAGES = [
  'A subject\n',
  'A subject without a line break',
  'Over\ntwo lines\n\nand a body\n',
  '\n\n  \n  indented, after blank lines \t\n next\r\n\r\nbody\n',
  '',
  '\n',
  '한국어 제목 \u2014 “quoted”\n',
  '\uFEFFwith a byte order mark\n',
  'form feed \f\n\v\nand more\n',
  'committer Nobody <n@example.com> 1 +0000\n',
];

test('parseCommit says what git says of a commit, whatever its message', async (t) => {
  const commits = await createCommits(t);
  for (const message of MESSAGES) {
    const id = commits.commit(message);
    assert.deepEqual(parseCommit(commits.read(id)), commits.log(id), JSON.stringify(message));
  }
  for (const date of ['@0 +0000', '@100000 -1200', '@253402200000 +0100']) {
    const id = commits.commit('dated', [], date);
    assert.deepEqual(parseCommit(commits.read(id)), commits.log(id), date);
  }
});

test('parseCommit is not misled by a signature, nor by tags that a merge carries', async (t) => {
  const commits = await createCommits(t);
  const plain = commits.read(commits.commit('signed\n')).toString();
  const id = commits.write(
    plain.replace(
      '\n\n',
      '\nmergetag object 1\n encoding x\n committer N <n@example.com> 5 +0000\n \n text\ngpgsig -----BEGIN\n \n abc\n -----END\n\n',
    ),
  );
  assert.deepEqual(parseCommit(commits.read(id)), commits.log(id));
  assert.equal(commits.log(id).subject, 'signed');
});

test('parseCommit leaves to git what is not in UTF-8, and what has no time', async (t) => {
  const commits = await createCommits(t);
  const latin = ['-c', 'i18n.commitEncoding=ISO-8859-1'];
  const foreign = commits.commit(Buffer.from('gr\xfcn\n', 'latin1'), latin);
  assert.equal(parseCommit(commits.read(foreign)), null);
  assert.equal(commits.log(foreign).subject, 'grün');
  const text = commits.read(commits.commit('x\n')).toString();
  for (const [name, broken] of Object.entries({
    'not UTF-8': Buffer.from(text.replace('x\n', '\xfc\n'), 'latin1'),
    'no committer': Buffer.from(text.replace(/^committer .*\n/m, '')),
    'a time that is none': Buffer.from(text.replace('1700000000', '99999999999999')),
    'a zero byte': Buffer.from(text.replace('x\n', 'x\0y\n')),
    'cut off': Buffer.from(text.slice(0, 60)),
  }))
    assert.equal(parseCommit(broken), null, name);
});
