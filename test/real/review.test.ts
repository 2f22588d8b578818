import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Fault, startFaultProxy } from '../../scripts/lib/fault-proxy.ts';
import { type Gitea, NO_GITEA, startGitea } from '../support/gitea.ts';
import { startWatching } from '../support/listening.ts';
import { createSettledSite, type SettledSite } from '../support/settled-site.ts';
import { type CliResult, pushIndex, pushOperator, readServed } from '../support/site.ts';
import { waitFor } from '../support/wait-for.ts';

const ROOT = '/repos/robot/state';
const SECRET = 'a long random secret';

/** A settled site whose repository lies at a Gitea, and a CI of it. */
interface ForgeSite {
  readonly site: SettledSite;
  readonly gitea: Gitea;
  /** What git pushes to, token included. */
  readonly remote: string;
  /** What staging delivers next, merged, committed and pushed as a branch; its commit. */
  deliver(branch: string, version: string): Promise<string>;
  push(branch: string, message: string): Promise<string>;
  openRequest(branch: string): Promise<number>;
  /** `olmirror review` as Gitea Actions would run it for a commit of a pull request: in a shallow clone. */
  review(about: ReviewedPush, ...args: readonly string[]): Promise<CliResult>;
  readComments(number: number): Promise<readonly string[]>;
  readStatus(revision: string): Promise<Readonly<Record<'status' | 'description', string>>>;
}

interface ReviewedPush {
  readonly branch: string;
  readonly number: number;
  readonly revision: string;
}

async function createForgeSite(t: TestContext): Promise<ForgeSite> {
  const [site, gitea] = await Promise.all([createSettledSite(t), startGitea(t)]);
  const remote = await gitea.createRepository('state');
  await site.git('remote', 'add', 'origin', remote);
  await site.git('push', '-q', 'origin', 'main');
  const versions = ['1.0.0', '1.1.0'];
  async function push(branch: string, message: string): Promise<string> {
    const revision = await site.commit(message);
    await site.git('push', '-q', 'origin', branch);
    return revision;
  }
  return {
    site,
    gitea,
    remote,
    push,
    async deliver(branch, version) {
      versions.push(version);
      const a = await pushOperator(site.staging.host, { name: 'a', versions });
      await pushIndex(site.staging.host, { a });
      await site.expect(['merge']);
      return push(branch, `Merge a ${version}`);
    },
    async openRequest(branch) {
      const asked = { head: branch, base: 'main', title: branch };
      // What was pushed just now it may not know yet.
      let opened: number | null = null;
      await waitFor('the request', async () => {
        const made = await gitea.ask('POST', `${ROOT}/pulls`, asked).catch(() => null);
        opened = made === null ? null : Number(made['number']);
        return made !== null;
      });
      assert.ok(opened !== null);
      return opened;
    },
    async review({ branch, number, revision }, ...args) {
      // A run begins while its commit is the newest of the branch.
      const clone = join(site.folder, `ci-${revision}`);
      const tip = await site.git('ls-remote', remote, branch);
      if (!existsSync(clone) && tip.startsWith(revision))
        await site.git('clone', '-q', '--depth', '1', '--branch', branch, remote, clone);
      const event = join(site.folder, `event-${revision}.json`);
      const base = { sha: await site.git('rev-parse', 'main') };
      const head = { sha: revision };
      await writeFile(event, JSON.stringify({ pull_request: { number, head, base } }));
      return site.olmirror(['review', ...args], {
        cwd: clone,
        env: {
          GITHUB_ACTIONS: 'true',
          GITEA_ACTIONS: 'true',
          GITHUB_EVENT_PATH: event,
          GITHUB_SERVER_URL: `${gitea.url}/`,
          GITHUB_REPOSITORY: 'robot/state',
          GITHUB_RUN_ID: '5',
          GITEA_TOKEN: gitea.token,
          OLMIRROR_RETRY_DELAY_MS: '5',
        },
      });
    },
    async readComments(number) {
      return (await gitea.list(`${ROOT}/issues/${number}/comments`)).map(({ body }) =>
        String(body),
      );
    },
    async readStatus(revision) {
      // By their numbers: the times of two that follow each other may be the same second.
      const statuses = await gitea.list(`${ROOT}/statuses/${revision}`);
      const newest = statuses.toSorted((a, b) => Number(b['id']) - Number(a['id']))[0];
      return { status: String(newest?.['status']), description: String(newest?.['description']) };
    },
  };
}

// The road of a delivery through a forge. Guards against: without `previous` in `renderReviewComment` no earlier plan was
// kept; with `create` always called there were two comments; without the look at `headRevision` the outdated run overwrote
// the newer plan.
test('a delivery goes by branch, pull request, review and merge to production', {
  skip: NO_GITEA,
}, async (t) => {
  const forge = await createForgeSite(t);
  const { site, gitea } = forge;
  const branch = 'robot/delivery';
  await site.git('switch', '-qc', branch);
  const first = await forge.deliver(branch, '1.2.0');
  const number = await forge.openRequest(branch);
  const pushed = { branch, number };

  await t.test('bad answers of the forge: the plan still comes out', async () => {
    for (const [fault, message] of BAD_ANSWERS) {
      const target = new URL(gitea.url).host;
      const proxy = await startFaultProxy({ target, rules: () => fault });
      const url = ['--url', `http://${proxy.host}`, '--forge', 'gitea'];
      const { code, stdout, stderr } = await forge.review({ ...pushed, revision: first }, ...url);
      await proxy.stop();
      assert.equal(code, 1, stdout);
      assert.match(stdout, /a\.v1\.1\.0 → a\.v1\.2\.0/);
      assert.match(stderr, message);
      assert.match(stderr, /\nHint: .{20}/);
      assert.ok(!`${stdout}${stderr}`.includes(gitea.token));
    }
    assert.deepEqual(await forge.readComments(number), []);
  });

  await t.test('comment and status', async () => {
    const { code, stdout, stderr } = await forge.review({ ...pushed, revision: first });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /a\.v1\.1\.0 → a\.v1\.2\.0/);
    assert.match(stdout, /Comment: http:\/\/127\.0\.0\.1:\d+\/robot\/state\/pulls\/1#/);
    assert.ok(!`${stdout}${stderr}`.includes(gitea.token));
    const [comment = '', ...others] = await forge.readComments(number);
    assert.deepEqual(others, []);
    assert.match(comment, /^<!-- olmirror:review olmirror\/plan -->\n/);
    assert.match(comment, /### olmirror: 1 operator updated \(a\); 2 images to copy/);
    assert.match(comment, /`a\.v1\.1\.0` \| \*\*`a\.v1\.2\.0`\*\*/);
    assert.doesNotMatch(comment, /Earlier plans/);
    const { status, description } = await forge.readStatus(first);
    assert.equal(status, 'success');
    assert.match(description, /^1 operator updated \(a\); 2 images to copy/);
  });

  await t.test('a plan that is refused', async () => {
    const file = join(site.state, 'catalogs/idx/a/catalog.json');
    const text = await readFile(file, 'utf8');
    const ours = text.slice(text.indexOf('"name": "a.v1.2.0"'));
    const [digest = ''] = /sha256:[0-9a-f]{64}/.exec(ours) ?? [];
    assert.notEqual(digest, '');
    await writeFile(file, text.replaceAll(digest, `sha256:${'e'.repeat(64)}`));
    const revision = await forge.push(branch, 'Name an image that is nowhere');
    const attach = join(site.folder, 'review.md');
    const refused = await forge.review({ ...pushed, revision }, '--attach', attach);
    assert.equal(refused.code, 4, `${refused.stdout}${refused.stderr}`);
    const { status, description } = await forge.readStatus(revision);
    assert.equal(status, 'failure');
    assert.match(description, /refusal/);
    const [comment = ''] = await forge.readComments(number);
    assert.match(comment, /\*\*Refused:\*\*/);
    assert.match(await readFile(attach, 'utf8'), /\*\*Refused:\*\*/);
    await writeFile(file, text);
  });

  await t.test('no plan at all', async () => {
    await writeFile(join(site.state, 'mirror.yaml'), 'kind: Mirror\n');
    const revision = await forge.push(branch, 'Break the manifest');
    const { code, stderr } = await forge.review({ ...pushed, revision });
    assert.equal(code, 1);
    assert.match(stderr, /mirror\.yaml/);
    assert.equal((await forge.readStatus(revision)).status, 'error');
    const [comment = '', ...others] = await forge.readComments(number);
    assert.deepEqual(others, []);
    assert.match(comment, /no plan could be made\n\n\*\*Error\*\*: .*mirror\.yaml/);
    assert.match(comment, /Earlier plans \(2\)/);
    await site.writeManifest();
  });

  const second = await forge.deliver(branch, '1.3.0');
  await t.test(
    'a push updates the same comment; what was said before is folded, newest first',
    async () => {
      const { code, stderr } = await forge.review({ ...pushed, revision: second });
      assert.equal(code, 0, stderr);
      const [comment = '', ...others] = await forge.readComments(number);
      assert.deepEqual(others, []);
      assert.match(
        comment,
        /### olmirror: 1 operator [^]*`a\.v1\.1\.0` \| \*\*`a\.v1\.3\.0`\*\*[^]*Earlier plans \(3\)/,
      );
      const folded = comment.slice(comment.indexOf('Earlier plans'));
      const order = ['no plan could be made', '**Refused:**', '`a.v1.1.0` | **`a.v1.2.0`**'];
      const places = order.map((text) => folded.lastIndexOf(text));
      assert.deepEqual(
        places,
        places.toSorted((a, b) => a - b),
      );
      assert.ok(folded.includes(`<code>${first.slice(0, 12)}</code>`) && !places.includes(-1));
    },
  );

  await t.test('a run whose commit is outdated leaves the comment alone', async () => {
    const before = await forge.readComments(number);
    await writeFile(join(site.state, 'NOTES.md'), 'a note\n');
    const newest = await forge.push(branch, 'Add a note');
    const { code, stdout, stderr } = await forge.review({ ...pushed, revision: first });
    assert.equal(code, 0, stderr);
    assert.ok(stdout.includes(`has moved on to ${newest.slice(0, 12)}`), stdout);
    assert.deepEqual(await forge.readComments(number), before);
  });

  await t.test('once merged, the webhook makes production serve it', () => merge(t, forge, number));
});

// The contract of the adapters has the others.
const BAD_ANSWERS: readonly (readonly [Fault, RegExp])[] = [
  [{ kind: 'status', status: 401 }, /does not know the token of the variable GITEA_TOKEN \(401\)/],
  [{ kind: 'status', status: 500 }, /failed with 500/],
  [{ kind: 'html' }, /with a web page/],
];

async function merge(t: TestContext, { site, gitea }: ForgeSite, number: number): Promise<void> {
  const [secretFile, tokenFile] = [join(site.folder, 'secret'), join(site.folder, 'git-token')];
  await writeFile(secretFile, SECRET);
  await writeFile(tokenFile, `robot:${gitea.token}\n`);
  const source = `--remote ${gitea.url}/robot/state.git --ref main --git-token-file ${tokenFile}`;
  const rest = `--webhook-secret-file ${secretFile} --interval 1h --fetch-interval 1h`;
  const args = `${source} ${rest}`.split(' ');
  const watching = await startWatching(t, site, { cwd: site.folder, args });
  await watching.logged(/"msg":"sleeps/);
  await gitea.addWebhook('robot/state', { url: `${watching.url}/hook`, secret: SECRET });
  const production = site.open(site.production);
  assert.ok(!(await readServed(production)).includes('a.v1.3.0'));
  await gitea.ask('POST', `${ROOT}/pulls/${number}/merge`, { Do: 'merge' });
  await waitFor('production serves what was merged', async () =>
    (await readServed(production)).includes('a.v1.3.0'),
  );
  assert.equal((await watching.stop()).code, 0);
}
