import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCi, findEventFile } from '../../src/forge/find-ci.ts';
import { parseForgeRemote } from '../../src/forge/parse-remote.ts';

const EVENT = { pull_request: { number: 7, base: { sha: 'b' }, head: { sha: 'h' } } };
const ACTIONS = {
  GITHUB_ACTIONS: 'true',
  GITHUB_EVENT_PATH: '/event.json',
  GITHUB_SERVER_URL: 'https://github.example.com/',
  GITHUB_REPOSITORY: 'ops/state',
  GITHUB_RUN_ID: '5',
  GITHUB_REF: 'refs/pull/7/merge',
  GITHUB_SHA: 'merge-commit',
};

test('findCi reads what Actions of GitHub and Gitea say of a pull request', () => {
  const said = {
    kind: 'github',
    url: 'https://github.example.com',
    repository: 'ops/state',
    pull: 7,
    base: 'b',
    head: 'h',
    runUrl: 'https://github.example.com/ops/state/actions/runs/5',
  };
  assert.equal(findEventFile(ACTIONS), '/event.json');
  assert.deepEqual(findCi(ACTIONS, EVENT), said);
  // Gitea and Forgejo set GitHub's names too.
  for (const name of ['GITEA_ACTIONS', 'FORGEJO_ACTIONS'])
    assert.equal(findCi({ ...ACTIONS, [name]: 'true' }, EVENT).kind, 'gitea');
  // The merge that GitHub made up gets no status.
  const unread = findCi(ACTIONS, undefined);
  assert.deepEqual([unread.pull, unread.head, unread.base], [7, null, null]);
  const push = findCi({ ...ACTIONS, GITHUB_REF: 'refs/heads/main', GITHUB_SHA: 'abc' }, {});
  assert.deepEqual([push.pull, push.head], [null, 'abc']);
});

test('findCi reads what GitLab says of a merge request, of a fork and below a path too', () => {
  const environment = {
    GITLAB_CI: 'true',
    CI_API_V4_URL: 'https://host.example.com/gitlab/api/v4',
    CI_PROJECT_PATH: 'fork/state',
    CI_MERGE_REQUEST_PROJECT_PATH: 'group/sub/state',
    CI_MERGE_REQUEST_IID: '12',
    CI_MERGE_REQUEST_DIFF_BASE_SHA: 'b',
    CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: '',
    CI_COMMIT_SHA: 'h',
    CI_JOB_URL: 'https://host.example.com/gitlab/job/1',
  };
  const said = {
    kind: 'gitlab',
    url: 'https://host.example.com/gitlab',
    repository: 'group/sub/state',
    pull: 12,
    base: 'b',
    head: 'h',
    runUrl: 'https://host.example.com/gitlab/job/1',
  };
  assert.deepEqual(findCi(environment, undefined), said);
  const merged = { ...environment, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: 's' };
  assert.equal(findCi(merged, undefined).head, 's');
  assert.equal(findCi({ HOME: '/root' }, EVENT).kind, null);
});

test('parseForgeRemote finds the forge of every form of address', () => {
  const cases = [
    ['https://git.example.com/ops/state.git', null, 'https://git.example.com', 'ops/state'],
    ['https://git.example.com/gitea/ops/state', null, 'https://git.example.com/gitea', 'ops/state'],
    ['http://gitea.lan:3000/ops/state/', 'gitea', 'http://gitea.lan:3000', 'ops/state'],
    ['git@github.com:ops/state.git', 'github', 'https://github.com', 'ops/state'],
    ['ssh://git@forgejo.lan:2222/ops/state.git', 'gitea', 'https://forgejo.lan', 'ops/state'],
    ['gitlab.lan:a/b/c/state.git', 'gitlab', 'https://gitlab.lan', 'a/b/c/state'],
    ['https://codeberg.org/ops/state', 'gitea', 'https://codeberg.org', 'ops/state'],
  ] as const;
  for (const [remote, kind, url, repository] of cases)
    assert.deepEqual(parseForgeRemote(remote), { kind, url, repository }, remote);
  for (const remote of ['/srv/git/state.git', '../state', 'file:///srv/a/b', 'https://host/one'])
    assert.equal(parseForgeRemote(remote), null, remote);
});
