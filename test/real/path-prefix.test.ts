import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startFaultProxy } from '../../scripts/lib/fault-proxy.ts';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { deliver } from '../support/deliver.ts';
import { runAndCommit } from '../support/proxied-site.ts';
import { createSite, pushIndex, readServed, type Site } from '../support/site.ts';

async function writeSharedHost(site: Site, base: string): Promise<void> {
  const { host } = site.production;
  const lines = [
    'apiVersion: olmirror/v1alpha1',
    'kind: Mirror',
    'metadata: { name: test }',
    'spec:',
    '  registries:',
    `    production: { host: "${host}", pathPrefix: prod, insecure: true }`,
    `    staging: { host: "${host}", pathPrefix: stag, insecure: true }`,
    '  catalogs:',
    `    - { name: idx, path: catalogs/idx, repository: olm/idx, tag: v1, base: "${base}", platforms: [linux/amd64], references: rewrite }`,
    '',
  ];
  await writeFile(join(site.state, 'mirror.yaml'), lines.join('\n'));
}

test('two roles on one host, told apart by their path prefix, go the whole road', async (t) => {
  const site = await createSite(t);
  const { host } = site.production;
  async function push(role: string, name: string): Promise<string> {
    const repository = `${role}/vendor/${name}`;
    const { digest } = await pushImage(host, { repository, tags: ['t'], files: { name } });
    return `registry.example.com/vendor/${name}@${digest}`;
  }
  const base = await pushImage(host, {
    repository: 'prod/opm',
    files: { 'bin/opm': 'opm' },
    entrypoint: ['/bin/opm'],
  });
  await writeSharedHost(site, `opm@${base.digest}`);
  const a = { version: '1.0.0', image: await push('prod', 'a') };
  const b = { version: '1.0.0', image: await push('prod', 'b') };
  await pushIndex(host, { a: [a], b: [b] }, { repository: 'prod/olm/idx' });
  const newer = { version: '2.0.0', replaces: '1.0.0', image: await push('stag', 'a2') };
  await pushIndex(host, { a: [a, newer] }, { repository: 'stag/olm/idx' });
  assert.equal((await site.olmirror(['init'])).code, 0);
  await site.commit('base');
  const merge = await site.olmirror(['merge', '--from', `${host}/stag/olm/idx:v1`]);
  assert.equal(merge.code, 0, merge.stderr);
  const records = await readdir(join(site.state, 'deliveries'));
  const texts = await Promise.all(
    records.map((file) => readFile(join(site.state, 'deliveries', file), 'utf8')),
  );
  const roles = new Set(texts.map((text) => /role: (\w+)/.exec(text)?.[1]));
  assert.deepEqual(roles, new Set(['production', 'staging']));
  await site.commit('delivery');
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 0, apply.stdout + apply.stderr);
  assert.deepEqual(await readServed(site.open(host), 'prod/olm/idx'), [
    'a.v1.0.0',
    'a.v2.0.0',
    'b.v1.0.0',
  ]);
  assert.equal((await site.olmirror(['plan'])).code, 0);
  await site.git('rm', '-rq', 'catalogs/idx/b');
  await site.commit('b goes');
  const shrink = JSON.parse((await site.olmirror(['plan', '--format', 'json'])).stdout);
  assert.deepEqual(
    shrink.catalogs[0].packages.map((entry: { package: string; change: string }) => [
      entry.package,
      entry.change,
    ]),
    [['b', 'removed']],
    'that the served index names production is no change of a',
  );
});

// Nexus' path-based routing: the first part of a repository names one of Nexus' own, and only there images are found.
// Seen to fail with the path left out of the references that skopeo is given.
test('registries that lie below a path of a host go the whole road', async (t) => {
  const site = await createSite(t);
  const roles = { production: site.production.host, staging: site.staging.host };
  const written: Record<string, string> = {};
  for (const [role, target] of Object.entries(roles)) {
    const path = `docker-${role}`;
    const proxy = await startFaultProxy({ target, rules: () => null, path });
    t.after(() => proxy.stop());
    written[role] = `${proxy.host}", pathPrefix: "${path}`;
  }
  await site.writeManifest(written);
  await deliver(site);
  await runAndCommit(site, ['init', 'merge']);
  for (const command of ['apply', 'plan']) {
    const { code, stdout, stderr } = await site.olmirror([command]);
    assert.equal(code, 0, stdout + stderr);
  }
  const served = await readServed(site.open(site.production));
  assert.deepEqual(served, ['a.v1.0.0', 'a.v1.1.0', 'b.v1.0.0']);
});
