import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { StatusReport } from '../../src/plan/status-types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { CLI } from '../support/cli.ts';
import { deliver } from '../support/deliver.ts';
import { runAndCommit } from '../support/proxied-site.ts';
import { createSite, readServed, readText, type Site } from '../support/site.ts';

const FILE = 'HANDOVER.md';
const run = promisify(execFile);
const statuses = compileSchema<StatusReport>('status');

interface Stranger {
  /** The lines of a shell, run as they stand in one shell; the exit code of each. */
  type(folder: string, lines: readonly string[]): Promise<readonly (readonly [string, number])[]>;
}

/** Someone at a prompt, with olmirror, git and skopeo on the PATH, and a name for git. */
async function createStranger(site: Site): Promise<Stranger> {
  const bin = join(site.folder, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'olmirror'), `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`);
  await chmod(join(bin, 'olmirror'), 0o755);
  const name = { GIT_AUTHOR_NAME: 'stranger', GIT_COMMITTER_NAME: 'stranger' };
  const mail = { GIT_AUTHOR_EMAIL: 's@example.com', GIT_COMMITTER_EMAIL: 's@example.com' };
  const env: Record<string, string> = { ...site.environment(), ...name, ...mail };
  return {
    async type(cwd, lines) {
      const codes = join(site.folder, 'codes');
      await writeFile(codes, '');
      const script = lines.flatMap((line) => [line, `echo $? >> '${codes}'`]).join('\n');
      const path = `${bin}:${env['PATH'] ?? ''}`;
      await run('bash', ['-c', script], { cwd, env: { ...env, PATH: path } });
      const found = (await readFile(codes, 'utf8')).trim().split('\n').map(Number);
      return lines.map((line, i) => [line, found[i] ?? -1] as const);
    },
  };
}

/** The commands below a heading, block by block. */
function listBlocks(page: string, heading: string): readonly (readonly string[])[] {
  const [, rest = ''] = page.split(`\n## ${heading}\n`);
  const [section = ''] = rest.split('\n## ');
  return [...section.matchAll(/^```sh\n(.*?)\n```$/gms)].map((match) =>
    (match[1] ?? '').split('\n'),
  );
}

/** Production serves a and b, staging has a delivery, and the repository has a remote. */
async function createHandedOver(t: TestContext): Promise<Site> {
  const site = await createSite(t);
  await deliver(site);
  const remote = join(site.folder, 'remote.git');
  await site.git('init', '-q', '--bare', '-b', 'main', remote);
  await site.git('remote', 'add', 'origin', remote);
  await runAndCommit(site, ['init']);
  await site.git('push', '-q', '-u', 'origin', 'main');
  return site;
}

function plan(site: Site, cwd: string): ReturnType<Site['olmirror']> {
  return site.olmirror(['plan'], { cwd });
}

// Seen to fail with the line of `merge`, of `git commit` or of `apply` left out of listNextDelivery.
test('a stranger takes the next delivery by the lines of HANDOVER.md alone', async (t) => {
  const site = await createHandedOver(t);
  const stranger = await createStranger(site);
  const page = await readText(site, FILE);
  const clone = /`(git clone [^`]+)`/.exec(page)?.[1] ?? '';
  await stranger.type(site.folder, [clone]);
  const folder = join(site.folder, 'remote');
  const [lines = []] = listBlocks(page, 'Take the next delivery');
  const ends = await stranger.type(folder, lines);
  assert.ok(lines.length > 10, page);
  assert.deepEqual(
    ends.filter(([, code]) => code !== 0),
    [['olmirror plan', 2]],
  );
  assert.deepEqual(await readServed(site.open(site.production)), [
    'a.v1.0.0',
    'a.v1.1.0',
    'b.v1.0.0',
  ]);
  const after = await readFile(join(folder, FILE), 'utf8');
  assert.match(
    after,
    /- \d{4}-\d\d-\d\d `idx` merged from .*: a a\.v1\.0\.0 → a\.v1\.1\.0; 2 images named/,
  );
  assert.match(after, /Production is in step with Git/);
  assert.match(after, /`idx`: the delivery `[0-9a-f]{12}` is merged and applied/);
  assert.equal((await plan(site, folder)).code, 0);
  const { stdout } = await run('git', ['status', '--porcelain', '--branch'], {
    cwd: folder,
    env: site.environment(),
  });
  assert.equal(stdout, '## main...origin/main\n', 'all is committed and pushed');
});

// Seen to fail with `merge` for all catalogs at once in listMerges: other, which comes first, stopped it.
test('by the lines of HANDOVER.md a catalog that was not delivered keeps no other from being taken in', async (t) => {
  const site = await createSite(t);
  await site.writeManifest({ catalogs: ['other', 'idx'] });
  await deliver(site);
  assert.equal((await site.olmirror(['init', 'idx'])).code, 0);
  await site.commit('init');
  const stranger = await createStranger(site);
  const [lines = []] = listBlocks(await readText(site, FILE), 'Take the next delivery');
  const ends = await stranger.type(site.state, lines);
  assert.deepEqual(
    ends.filter(([, code]) => code !== 0),
    [
      ['olmirror merge other', 1],
      ['olmirror plan', 2],
    ],
  );
  assert.deepEqual(await readServed(site.open(site.production)), [
    'a.v1.0.0',
    'a.v1.1.0',
    'b.v1.0.0',
  ]);
  assert.equal(await site.git('status', '--porcelain'), '');
});

// Seen to fail with `previous` and the commit left out of listRestore.
test('the lines of HANDOVER.md bring the index of before back, and a lost repository', async (t) => {
  const site = await createHandedOver(t);
  const stranger = await createStranger(site);
  await runAndCommit(site, ['merge']);
  assert.equal((await site.olmirror(['apply'])).code, 0);
  assert.equal((await site.olmirror(['status', '--handover'])).code, 0);
  await site.commit('hand-over');
  const page = await readText(site, FILE);
  const blocks = listBlocks(page, 'How to restore');
  const gone = blocks.at(-1) ?? [];
  const fresh = join(site.folder, 'fresh');
  await mkdir(fresh);
  assert.ok(gone.length > 0);
  assert.deepEqual(
    (await stranger.type(fresh, gone)).filter(([, code]) => code !== 0),
    [],
  );
  assert.match(
    await readFile(join(fresh, 'mirror/catalogs/idx/a/catalog.json'), 'utf8'),
    /a\.v1\.1\.0/,
  );
  const [rollback = []] = blocks;
  assert.deepEqual(
    (await stranger.type(site.state, rollback)).filter(([, code]) => code !== 0),
    [],
  );
  assert.deepEqual(await readServed(site.open(site.production)), ['a.v1.0.0', 'b.v1.0.0']);
  const pinned = await site.olmirror(['status', '--handover']);
  assert.equal(pinned.code, 0, pinned.stdout);
  assert.match(
    await readText(site, FILE),
    /- Pinned: `idx` serves `v1-[0-9a-f]{12}`, .*: broken \(/,
  );
});

// Seen to fail with the marked line left out of renderHandover, and with the commit's id in the page.
test('status --handover writes one file, the same bytes for the same state, and keeps what people wrote', async (t) => {
  const site = await createHandedOver(t);
  const first = await site.olmirror(['status', '--handover', '--format', 'json']);
  assert.deepEqual(parseChecked(statuses, first.stdout).handover, {
    file: FILE,
    changed: ['What is where', 'What is pending', 'What may be cleaned'],
    withheld: null,
  });
  assert.equal(await site.git('status', '--porcelain'), `M ${FILE}`);
  const own = `${await readText(site, FILE)}\nThe key to the rack is with Lee.\n`;
  await writeFile(join(site.state, FILE), own);
  await site.commit('hand-over');
  const again = await site.olmirror(['status', '--handover']);
  assert.match(again.stdout, /HANDOVER\.md says all this already\./);
  assert.equal(await readText(site, FILE), own);
  assert.equal(await site.git('status', '--porcelain'), '');
  await writeFile(join(site.state, FILE), '# By hand\n');
  await site.olmirror(['status', '--handover']);
  const joined = await readText(site, FILE);
  assert.ok(joined.endsWith('\n\n# By hand\n') && joined.startsWith('# Hand-over: test\n'), joined);
});

// Seen to fail without findUnclear in status.ts.
test('status --handover leaves the page as it is where a registry does not tell', async (t) => {
  const site = await createHandedOver(t);
  const before = await readText(site, FILE);
  await site.staging.stop();
  const status = await site.olmirror(['status', '--handover']);
  assert.match(status.stdout, /HANDOVER\.md was left as it is, since not all could be told/);
  assert.equal(await readText(site, FILE), before);
});

// Seen to fail with addAttributes that writes its own lines alone.
test('init adds to .gitattributes what git and forges must know, and leaves what is there', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  await writeFile(join(site.state, '.gitattributes'), '*.png binary\nrules/** -text');
  await runAndCommit(site, ['init']);
  const text = await readText(site, '.gitattributes');
  assert.ok(text.startsWith('*.png binary\nrules/** -text\n'), text);
  const asked = ['catalogs/idx/a/catalog.json', 'rules/idx/exclude.yaml', 'deliveries/x.yaml'];
  const attributes = ['text', 'eol', 'linguist-generated', 'gitlab-generated', 'diff'];
  assert.deepEqual((await site.git('check-attr', ...attributes, '--', ...asked)).split('\n'), [
    'catalogs/idx/a/catalog.json: text: set',
    'catalogs/idx/a/catalog.json: eol: lf',
    'catalogs/idx/a/catalog.json: linguist-generated: set',
    'catalogs/idx/a/catalog.json: gitlab-generated: set',
    'catalogs/idx/a/catalog.json: diff: unspecified',
    'rules/idx/exclude.yaml: text: unset',
    'rules/idx/exclude.yaml: eol: unspecified',
    'rules/idx/exclude.yaml: linguist-generated: unspecified',
    'rules/idx/exclude.yaml: gitlab-generated: unspecified',
    'rules/idx/exclude.yaml: diff: unspecified',
    'deliveries/x.yaml: text: set',
    'deliveries/x.yaml: eol: lf',
    'deliveries/x.yaml: linguist-generated: unspecified',
    'deliveries/x.yaml: gitlab-generated: unspecified',
    'deliveries/x.yaml: diff: unspecified',
  ]);
});
