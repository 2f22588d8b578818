import assert from 'node:assert/strict';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startFaultProxy } from '../../scripts/lib/fault-proxy.ts';
import { type PushedImage, pushImage } from '../../scripts/lib/push-image.ts';
import type { Audit } from '../../src/plan/audit-types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { deliver } from '../support/deliver.ts';
import { runAndCommit } from '../support/proxied-site.ts';
import { createSite, type Site } from '../support/site.ts';

const audits = compileSchema<Audit>('audit');

async function audit(site: Site, ...args: readonly string[]): Promise<Audit> {
  const result = await site.olmirror(['audit', '--format', 'json', ...args]);
  const found = parseChecked(audits, result.stdout);
  assert.equal(result.code, found.exitCode, result.stdout + result.stderr);
  return found;
}

/** A site in step: what production holds is what Git asks for, with indexes of before and protected digests. */
async function createSteadySite(t: TestContext, spec = ''): Promise<Site> {
  const site = await createSite(t);
  await site.writeManifest({ spec });
  await deliver(site);
  await runAndCommit(site, ['init', 'merge']);
  const applied = await site.olmirror(['apply']);
  assert.equal(applied.code, 0, applied.stdout + applied.stderr);
  return site;
}

interface Extras {
  readonly tool: PushedImage;
  readonly signature: PushedImage;
  readonly old: PushedImage;
}

async function pushExtras({ production: { host } }: Site): Promise<Extras> {
  const tool = await pushImage(host, {
    repository: 'team/tool',
    files: { bin: 'tool' },
    tags: ['v1', 'latest'],
    platforms: ['linux/amd64', 'linux/arm64'],
  });
  const signature = await pushImage(host, {
    repository: 'team/tool',
    files: { sig: 'of the tool' },
    tags: [`${tool.digest.replace(':', '-')}.sig`],
  });
  const old = await pushImage(host, {
    repository: 'vendor/a-operand',
    files: { bin: 'nobody asks for it' },
    tags: ['old'],
  });
  return { tool, signature, old };
}

function listKeys({ extras }: Audit): readonly string[] {
  return extras.map(({ repository, digest }) => `${repository}@${digest}`);
}

// Seen to fail with indexes not known by isNeverMoving, without the digests of wanted images, and without
// `explainsContent`: then the backup of the index that the first move left is an extra.
test('audit explains all of a production in step, children and signatures of wanted images included', async (t) => {
  const site = await createSteadySite(t, '  policy: { protect: all }\n');
  const { host } = site.production;
  const production = site.open(site.production);
  const [wanted] = (await production.listTags('vendor/a-operand')).filter((tag) =>
    tag.startsWith('sha256-'),
  );
  assert.ok(wanted !== undefined);
  await pushImage(host, {
    repository: 'vendor/a-operand',
    files: { sig: 'of the operand' },
    tags: [`${wanted}.sig`],
  });
  const found = await audit(site);
  assert.deepEqual(
    [found.listing, found.extras, found.unclear, found.bytes],
    ['catalog', [], [], 0],
  );
  assert.ok(found.tags >= 8 && found.repositories === 5, JSON.stringify(found));
  const { stdout } = await site.olmirror(['audit']);
  assert.match(
    stdout,
    /^Git explains everything that 127\.0\.0\.1:\d+ was seen to hold: \d+ tags in 5 repositories\.\n$/,
  );
});

// Seen to fail with sizes summed image by image, and with attachedTo always null.
test('audit lists what nobody asks for with tags, size and what belongs together, and deletes nothing', async (t) => {
  const site = await createSteadySite(t);
  const { tool, signature, old } = await pushExtras(site);
  const found = await audit(site);
  const expected = [`team/tool@${tool.digest}`, `team/tool@${signature.digest}`].toSorted();
  assert.deepEqual(listKeys(found), [...expected, `vendor/a-operand@${old.digest}`]);
  const byDigest = new Map(found.extras.map((extra) => [extra.digest as string, extra]));
  assert.deepEqual(byDigest.get(tool.digest)?.tags, ['latest', 'v1']);
  assert.equal(byDigest.get(signature.digest)?.attachedTo, tool.digest);
  assert.equal(byDigest.get(old.digest)?.attachedTo, null);
  const each = found.extras.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  assert.ok(found.bytes > 0 && found.bytes === each);
  await pushImage(site.production.host, {
    repository: 'team/copy',
    files: { bin: 'nobody asks for it' },
    labels: { copy: 'of old' },
    tags: ['v1'],
  });
  const shared = await audit(site);
  const copy = shared.extras.find(({ repository }) => repository === 'team/copy');
  assert.ok(shared.bytes > each && shared.bytes < each + (copy?.bytes ?? 0));
  const text = await site.olmirror(['audit']);
  assert.equal(text.code, 0);
  assert.match(text.stdout, /holds 4 images that Git does not explain/);
  assert.match(text.stdout, /\nteam\/tool\n {2}[0-9a-f]{12} {2}\d/);
  const { state } = await site.open(site.production).headManifest('team/tool', 'v1');
  assert.equal(state, 'present');
});

// Seen to fail where `unclear` is left out of the exit code, and where one repository ends the audit.
test('audit goes on past a repository that cannot be listed and past an image that cannot be read', async (t) => {
  const site = await createSteadySite(t);
  const { tool, old } = await pushExtras(site);
  const proxy = await startFaultProxy({
    target: site.production.host,
    rules: ({ url }) => {
      if (url.startsWith('/v2/vendor/b-operand/tags/'))
        return { kind: 'status', status: 500, body: 'no' };
      if (url.includes(`/manifests/${old.digest}`))
        return { kind: 'status', status: 403, body: 'no' };
      return url.startsWith('/v2/_catalog') ? { kind: 'status', status: 401, body: 'no' } : null;
    },
  });
  t.after(() => proxy.stop());
  await site.writeManifest({ production: proxy.host });
  const found = await audit(site, '--working-tree');
  assert.equal(found.exitCode, 1);
  assert.equal(found.listing, 'known');
  assert.deepEqual(
    found.unclear.map(({ repository, tag }) => [repository, tag]),
    [['vendor/b-operand', null]],
  );
  assert.deepEqual(listKeys(found), [`vendor/a-operand@${old.digest}`]);
  assert.match(found.extras[0]?.fault ?? '', /403/);
  const { stdout } = await site.olmirror(['audit', '--working-tree']);
  assert.match(stdout, /does not list its repositories to this user/);
  assert.ok(!stdout.includes('team/tool'), tool.digest);
});

test('audit --adopt writes what it found into the manifest, after which plan has no step and audit finds nothing', async (t) => {
  const site = await createSteadySite(t);
  const { tool, old } = await pushExtras(site);
  const file = join(site.state, 'mirror.yaml');
  await appendFile(file, '  # the end\n');
  await site.commit('a comment');
  const before = await readFile(file, 'utf8');
  const found = await audit(site, '--adopt');
  const after = await readFile(file, 'utf8');
  const sources = [`team/tool@${tool.digest}`, `vendor/a-operand@${old.digest}`].map(
    (name) => `${site.production.host}/${name}`,
  );
  assert.deepEqual(found.adopted, { written: sources, left: [] });
  const added = after.split('\n').filter((line) => !before.split('\n').includes(line));
  assert.deepEqual(added, [
    '  images:',
    `    - { source: "${sources[0]}", tags: [latest, "v1"] }`,
    `    - { source: "${sources[1]}", tags: [old] }`,
  ]);
  await site.commit('adopt');
  assert.deepEqual((await audit(site)).extras, []);
  const plan = await site.olmirror(['plan', '--format', 'json']);
  const { steps }: { steps: readonly unknown[] } = JSON.parse(plan.stdout);
  assert.deepEqual([plan.code, steps], [0, []]);
});
