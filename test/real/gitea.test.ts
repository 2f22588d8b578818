import assert from 'node:assert/strict';
import { after } from 'node:test';
import { openGiteaForge } from '../../src/forge/gitea.ts';
import { type ForgeSubject, testForgeContract } from '../contracts/forge.ts';
import { NO_GITEA, startGitea } from '../support/gitea.ts';
import { makeForgeDeps } from '../support/open-forge.ts';

// `after` within a test would end Gitea with that test.
const ends: (() => unknown)[] = [];
after(async () => {
  for (const end of ends) await end();
});

testForgeContract('Gitea', openSubject, { skip: NO_GITEA });

async function openSubject(): Promise<ForgeSubject> {
  const gitea = await startGitea({ after: (end) => void ends.push(end) });
  const { url, token } = gitea;
  await gitea.createRepository('state');
  const root = '/repos/robot/state';
  const stranger = await gitea.createUser('stranger');
  let count = 0;
  async function push(branch: string): Promise<string> {
    count += 1;
    const branches = await gitea.list(`${root}/branches`);
    const isThere = branches.some((entry) => entry['name'] === branch);
    const made = await gitea.ask('POST', `${root}/contents/file-${count}`, {
      content: Buffer.from(`${count}`).toString('base64'),
      message: `Change ${count}`,
      ...(isThere ? { branch } : { branch: 'main', new_branch: branch }),
    });
    const { commit } = made;
    assert.ok(typeof commit === 'object' && commit !== null && 'sha' in commit);
    return String(commit.sha);
  }
  await push('main');
  return {
    url,
    token,
    // Gitea gives all of them.
    pageSize: 5,
    errorState: 'error',
    push,
    open: (address, timeoutMilliseconds) =>
      openGiteaForge(
        { kind: 'gitea', url: address, path: 'robot/state' },
        { tokenFile: null, caFile: null, timeoutMilliseconds },
        makeForgeDeps({ GITEA_TOKEN: token }),
      ),
    async readComments(number) {
      const comments = await gitea.list(`${root}/issues/${number}/comments`);
      return comments.map(({ body }) => String(body));
    },
    async addComment(number, body) {
      await gitea.ask('POST', `${root}/issues/${number}/comments`, { body }, stranger);
    },
    async readStatuses(revision) {
      const statuses = await gitea.list(`${root}/statuses/${revision}?sort=leastindex`);
      const newest = new Map(statuses.toReversed().map((entry) => [entry['context'], entry]));
      return [...newest.values()].map((entry) => ({
        context: String(entry['context']),
        state: String(entry['status']),
        description: String(entry['description']),
        targetUrl: entry['target_url'] === '' ? null : String(entry['target_url']),
      }));
    },
    async merge(number) {
      await gitea.ask('POST', `${root}/pulls/${number}/merge`, { Do: 'merge' });
    },
    async close(number) {
      await gitea.ask('PATCH', `${root}/pulls/${number}`, { state: 'closed' });
    },
    async deleteBranch(branch) {
      await gitea.ask('DELETE', `${root}/branches/${branch}`);
    },
  };
}
