import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { BRANCH, type BranchSite, createBranchSite } from '../support/branch-site.ts';
import { type Gitea, NO_GITEA, startGitea } from '../support/gitea.ts';
import type { CliResult } from '../support/site.ts';

const ROOT = '/repos/robot/state';

interface World {
  readonly site: BranchSite;
  readonly gitea: Gitea;
  /** The robot's command; `args` come last. */
  robot(...args: readonly string[]): Promise<CliResult>;
  listRequests(state: 'open' | 'closed'): Promise<readonly Request[]>;
  change(number: number, fields: Readonly<Record<string, unknown>>): Promise<void>;
}

interface Request {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly updated: string;
}

/** A site whose clone follows a repository at a real Gitea. */
async function createWorld(t: TestContext): Promise<World> {
  const [site, gitea] = await Promise.all([createBranchSite(t), startGitea(t)]);
  const remote = await gitea.createRepository('state');
  await site.git('remote', 'set-url', 'origin', remote);
  await site.git('push', '-q', 'origin', 'main');
  return {
    site,
    gitea,
    robot: (...args) =>
      site.olmirror(
        ['merge', '--branch', '--push', '--pull-request', '--forge', 'gitea', ...args],
        { env: { OLMIRROR_FORGE_TOKEN: gitea.token, OLMIRROR_RETRY_DELAY_MS: '5' } },
      ),
    async listRequests(state) {
      const all = await gitea.list(`${ROOT}/pulls?state=${state}`);
      return all.map(({ number, title, body, updated_at: updated }) => ({
        number: Number(number),
        title: String(title),
        body: String(body),
        updated: String(updated),
      }));
    },
    async change(number, fields) {
      await gitea.ask('PATCH', `${ROOT}/pulls/${number}`, fields);
    },
  };
}

// Guards against: without `findPullRequest` before it the second run was refused by Gitea; without `placeDelivery` the
// person's words were gone; without `isRefused` a closed request came again every night.
test('a robot opens one request for a branch, keeps it up to date, and takes no for an answer', {
  skip: NO_GITEA,
}, async (t) => {
  const world = await createWorld(t);
  const { site } = world;
  await site.deliver({ alpha: ['1.0.0'] });

  await t.test('pushed but not told: the next run opens the request', async () => {
    const pushed = await site.merge();
    assert.equal(pushed.code, 0, pushed.stderr);
    const told = await world.robot();
    assert.equal(told.code, 0, told.stderr);
    assert.match(
      told.stdout,
      /has it already; nothing was pushed\n {2}request 1 opened: http:\S+\/robot\/state\/pulls\/1\n/,
    );
    const [request, ...others] = await world.listRequests('open');
    assert.deepEqual(others, []);
    assert.equal(request?.title, 'Take alpha into idx');
    assert.match(request.body, /\| ➕ \| `alpha` \| {2}\| `alpha\.v1\.0\.0` \| \+1 \|/);
    assert.match(
      request.body,
      /- `idx` ← `127\.0\.0\.1:\d+\/olm\/idx:v1` \(`sha256:\w{12}`, \d{4}-\d\d-\d\d\): 1 package, 2 images named/,
    );
  });

  await t.test('the same delivery once more changes nothing', async () => {
    const [before] = await world.listRequests('open');
    const again = await world.robot('--format', 'json');
    assert.equal(again.code, 0, again.stderr);
    const [branch] = JSON.parse(again.stdout).branches;
    assert.deepEqual(
      [branch.done, branch.request.done, branch.request.number],
      ['same', 'unchanged', 1],
    );
    assert.deepEqual(await world.listRequests('open'), [before]);
  });

  await t.test(
    'a second delivery goes into the same request, beside what people wrote',
    async () => {
      const [before] = await world.listRequests('open');
      await world.change(1, { body: `For Tuesday.\n\n${before?.body}\nSeen by Ann` });
      await site.deliver({ beta: ['1.0.0'] });
      const done = await world.robot();
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /request 1 updated/);
      const [request, ...others] = await world.listRequests('open');
      assert.deepEqual(others, []);
      assert.equal(request?.title, 'Take alpha, beta into idx');
      assert.match(
        request.body,
        /^For Tuesday\.\n\n<!--[^]*`alpha\.v1\.0\.0`[^]*`beta\.v1\.0\.0`[^]*Seen by Ann$/,
      );
    },
  );

  await t.test(
    'closed by a person: said, not repeated, and not under the next delivery',
    async () => {
      await world.change(1, { state: 'closed' });
      const tip = site.git('ls-remote', 'origin', BRANCH);
      for (const deleted of [false, true]) {
        if (deleted) await site.git('push', '-q', 'origin', `:${BRANCH}`);
        const no = await world.robot();
        assert.equal(no.code, 0, no.stderr);
        assert.match(
          no.stdout,
          /a person closed the request with this delivery, so nothing was pushed[^]*request 1 closed: http/,
        );
        assert.deepEqual(await world.listRequests('open'), []);
        if (deleted) assert.equal(await site.git('ls-remote', 'origin', BRANCH), '');
        else assert.equal(await site.git('ls-remote', 'origin', BRANCH), await tip);
      }
      await site.deliver({ gamma: ['1.0.0'] });
      const next = await world.robot();
      assert.equal(next.code, 0, next.stderr);
      assert.match(next.stdout, /request 2 opened/);
      const [request] = await world.listRequests('open');
      assert.equal(request?.title, 'Take gamma into idx');
    },
  );

  await t.test('a protected branch: the words of the forge, nothing changed', async () => {
    const rule = { rule_name: 'olmirror/**', enable_push: false };
    await world.gitea.ask('POST', `${ROOT}/branch_protections`, rule);
    await site.deliver({ delta: ['1.0.0'] });
    const refused = await world.robot();
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /refused the branch olmirror\/idx[^]*protected branch[^]*Nothing there was changed/,
    );
    assert.ok(!`${refused.stdout}${refused.stderr}`.includes(world.gitea.token));
    await world.gitea.ask('DELETE', `${ROOT}/branch_protections/olmirror%2F**`).catch(() => null);
  });
});
