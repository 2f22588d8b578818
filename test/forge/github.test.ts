import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openGithubForge } from '../../src/forge/github.ts';
import { type ForgeSubject, testForgeContract } from '../contracts/forge.ts';
import { createForgeMemory, createHands, startForgeServer } from '../fakes/forge-memory.ts';
import { createGithubServer } from '../fakes/github-server.ts';
import { makeForgeDeps } from '../support/open-forge.ts';

const ends: (() => unknown)[] = [];
after(() => {
  for (const end of ends) end();
});

// Guards against: with `body: null` in a request, with `per_page=many`, and with an answer without `html_url`, the document said no.
testForgeContract('GitHub as its API document has it', () => openSubject('api.github.com', ''));
testForgeContract('GitHub Enterprise Server 3.17 below a path', () =>
  openSubject('ghes-3.17', '/git'),
);

async function openSubject(document: string, prefix: string): Promise<ForgeSubject> {
  const memory = createForgeMemory();
  const token = 'ghp_abcdefghijklmnopqrstuvwxyz';
  const answer = createGithubServer(memory, { document, repository: 'ops/state', token });
  const server = await startForgeServer(`${prefix}/api/v3`, answer);
  ends.push(server.close);
  const hands = createHands(memory);
  await hands.push('main');
  return {
    ...hands,
    url: `${server.origin}${prefix}`,
    token,
    pageSize: 100,
    errorState: 'error',
    open: (url, timeoutMilliseconds) =>
      openGithubForge(
        { kind: 'github', url, path: 'ops/state' },
        { tokenFile: null, caFile: null, timeoutMilliseconds },
        makeForgeDeps({ GITHUB_TOKEN: token }),
      ),
  };
}

test('github.com has its API at another address', async () => {
  const asked: string[] = [];
  const deps = makeForgeDeps({ GITHUB_TOKEN: 'x'.repeat(20) });
  for (const url of ['https://github.com', 'https://git.example.com/hub']) {
    const forge = openGithubForge(
      { kind: 'github', url, path: 'ops/state' },
      { tokenFile: null, caFile: null, timeoutMilliseconds: 50 },
      {
        ...deps,
        connect: async (api) => {
          asked.push(api.href);
          throw new Error('no network');
        },
      },
    );
    await assert.rejects(forge.readPullRequest(1, new AbortController().signal));
    await forge.close();
  }
  assert.deepEqual(
    [...new Set(asked)],
    ['https://api.github.com/', 'https://git.example.com/hub/api/v3'],
  );
});
