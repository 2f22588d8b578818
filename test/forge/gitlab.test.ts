import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openGitlabForge } from '../../src/forge/gitlab.ts';
import type { ForgePort } from '../../src/forge/review-port.ts';
import { type ForgeSubject, testForgeContract } from '../contracts/forge.ts';
import { createForgeMemory, createHands, startForgeServer } from '../fakes/forge-memory.ts';
import { createGitlabServer } from '../fakes/gitlab-server.ts';
import { makeForgeDeps } from '../support/open-forge.ts';

const ends: (() => unknown)[] = [];
after(() => {
  for (const end of ends) end();
});

const PROJECT = 'mirrors/openshift/state';
const TOKEN = 'glpat-abcdefghijklmnopqrst';

testForgeContract('GitLab below a path, in a group of a group', openSubject);

async function openSubject(): Promise<ForgeSubject> {
  const memory = createForgeMemory();
  const answer = createGitlabServer(memory, { project: PROJECT, token: TOKEN });
  const server = await startForgeServer('/gitlab/api/v4', answer);
  ends.push(server.close);
  const hands = createHands(memory);
  await hands.push('main');
  return {
    ...hands,
    url: `${server.origin}/gitlab`,
    token: TOKEN,
    pageSize: 100,
    errorState: 'failure',
    open: openForge,
  };
}

function openForge(url: string, timeoutMilliseconds: number): ForgePort {
  return openGitlabForge(
    { kind: 'gitlab', url, path: PROJECT },
    { tokenFile: null, caFile: null, timeoutMilliseconds },
    makeForgeDeps({ GITLAB_TOKEN: TOKEN }),
  );
}

// Guards against: without the look at "Cannot transition" a repeated run of a pipeline failed.
test('GitLab: a status that is pending already is left so; another refusal is told', async (t) => {
  const subject = await openSubject();
  const forge = subject.open(subject.url, 10_000);
  t.after(() => forge.close());
  const revision = await subject.push('change');
  const status = { revision, context: 'olmirror/plan', description: 'd', targetUrl: null } as const;
  const { signal } = new AbortController();
  await forge.setStatus({ ...status, state: 'pending' }, signal);
  await forge.setStatus({ ...status, state: 'pending' }, signal);
  assert.deepEqual(
    (await subject.readStatuses(revision)).map(({ state }) => state),
    ['pending'],
  );
  await assert.rejects(
    forge.setStatus({ ...status, revision: '0'.repeat(40), state: 'pending' }, signal),
    /does not have the status of commit 0{40} of mirrors\/openshift\/state/,
  );
});
