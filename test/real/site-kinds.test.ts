import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { readIndexIdentity } from '../../src/index/read-index.ts';
import { formatImmutableTag } from '../../src/plan/item.ts';
import { deliver } from '../support/deliver.ts';
import { createSite, pushIndex, pushOperator, readServed, readText } from '../support/site.ts';

test('init without a manifest writes one that fits what is served', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  await site.git('rm', '-q', '--cached', '--ignore-unmatch', 'mirror.yaml');
  await rm(join(site.state, 'mirror.yaml'));
  const refused = await site.olmirror(['init']);
  assert.deepEqual([refused.code, /--from/.test(refused.stderr)], [1, true]);
  const init = await site.olmirror([
    'init',
    '--from',
    `${site.production.host}/olm/idx:v1`,
    '--staging',
    site.staging.host,
    '--insecure',
  ]);
  assert.equal(init.code, 0, init.stderr);
  const schemas = [site.state, join(import.meta.dirname, '../..')].map((folder) =>
    readFile(join(folder, 'schemas/mirror.schema.json'), 'utf8'),
  );
  const [written = '', ours = ''] = await Promise.all(schemas);
  // Ours, but for defaults of null, at which the YAML plugin of editors offers nothing.
  const wanted: unknown = JSON.parse(ours, (key, value: unknown) =>
    key === 'default' && value === null ? undefined : value,
  );
  assert.deepEqual(JSON.parse(written), wanted);
  await site.commit('base');
  const plan = await site.olmirror(['plan']);
  assert.equal(plan.code, 0, plan.stdout + plan.stderr);
  assert.equal((await site.olmirror(['validate'])).code, 0);
});

test('init lists what production lacks as known missing, and the index goes on', async (t) => {
  const site = await createSite(t);
  const a = await pushOperator(site.production.host, {
    name: 'a',
    versions: ['1.0.0', '1.1.0'],
    withoutImages: ['1.0.0'],
  });
  await pushIndex(site.production.host, { a });
  const init = await site.olmirror(['init']);
  assert.equal(init.code, 0, init.stderr);
  assert.match(init.stderr, /production lacks 2 images/);
  assert.match(
    await readFile(join(site.state, 'rules/idx/known-missing.yaml'), 'utf8'),
    /vendor\/a-bundle@sha256/,
  );
  await site.commit('base');
  const plan = await site.olmirror(['plan']);
  assert.equal(plan.code, 0, plan.stdout);
  assert.match(plan.stdout, /2 lost/);
});

test('an index of several platforms on a base that carries opm is built, served and recognised', async (t) => {
  const site = await createSite(t);
  const platforms = ['linux/amd64', 'linux/arm64'];
  const base = await pushImage(site.production.host, {
    repository: 'olm/opm',
    platforms,
    files: { 'bin/opm': 'opm', 'configs/old/catalog.json': '{}' },
    entrypoint: ['/bin/opm'],
  });
  const a = await pushOperator(site.production.host, { name: 'a', versions: ['1.0.0'] });
  await site.writeManifest({ base: `olm/opm@${base.digest}`, platforms: platforms.join(', ') });
  await pushIndex(site.staging.host, { a });
  assert.equal((await site.olmirror(['merge'])).code, 0);
  await site.commit('delivery');
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 0, apply.stdout + apply.stderr);
  const production = site.open(site.production);
  assert.deepEqual(await readServed(production), ['a.v1.0.0']);
  const identity = await readIndexIdentity(production, 'olm/idx', 'v1');
  assert.deepEqual(
    [identity.platforms, identity.entrypoint, identity.cmd],
    [platforms, ['/bin/opm'], ['serve', '/configs', '--cache-dir=/tmp/cache']],
  );
  assert.equal((await site.olmirror(['plan'])).code, 0);
});

test('a release payload and its components arrive with the tags that oc-mirror gives them', async (t) => {
  const site = await createSite(t);
  const etcd = await pushImage(site.staging.host, {
    repository: 'openshift/release',
    tags: ['4.20.2-x86_64-etcd'],
    files: { etcd: '1' },
  });
  const references = {
    kind: 'ImageStream',
    spec: {
      tags: [
        {
          name: 'etcd',
          from: {
            kind: 'DockerImage',
            name: `quay.io/openshift-release-dev/ocp-v4.0-art-dev@${etcd.digest}`,
          },
        },
      ],
    },
  };
  await pushImage(site.staging.host, {
    repository: 'openshift/release-images',
    tags: ['4.20.2-x86_64'],
    files: { 'release-manifests/image-references': JSON.stringify(references) },
  });
  await site.writeManifest({
    spec: '  releases:\n    - { version: 4.20.2, architecture: x86_64 }',
  });
  await pushIndex(site.staging.host, {
    a: await pushOperator(site.staging.host, { name: 'a', versions: ['1.0.0'] }),
  });
  await site.olmirror(['merge']);
  await site.commit('release');
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 0, apply.stdout + apply.stderr);
  const production = site.open(site.production);
  assert.deepEqual((await production.listTags('openshift/release')).toSorted(), [
    '4.20.2-x86_64-etcd',
    `sha256-${etcd.digest.slice(7)}`,
  ]);
  assert.ok((await production.listTags('openshift/release-images')).includes('4.20.2-x86_64'));
  assert.equal((await site.olmirror(['plan'])).code, 0);
});

test('the journal holds one line per outcome and no secret', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  for (const command of ['init', 'merge']) {
    await site.olmirror([command]);
    await site.commit(command);
  }
  await site.olmirror(['apply']);
  const root = join(site.folder, 'xdg-state/olmirror');
  const [folder = ''] = await readdir(root);
  const names = await readdir(join(root, folder));
  const journal = names.find((name) => name.startsWith('journal'));
  assert.ok(journal !== undefined, names.join(' '));
  const lines = (await readFile(join(root, folder, journal), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(
    lines.filter((line) => line.kind === 'outcome' || line.outcome !== undefined).length >= 3,
    true,
    JSON.stringify(lines[0]),
  );
});

test('a pinned index stays as it is until the pin ends, and a pin to nothing is refused', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  const production = site.open(site.production);
  await site.olmirror(['init']);
  const taken = await readIndexIdentity(production, 'olm/idx', 'v1');
  await site.commit('base');
  await site.olmirror(['merge']);
  const manifest = await readText(site, 'mirror.yaml');
  async function pin(tag: string, until: string): Promise<void> {
    const pinned = `, pin: { tag: ${tag}, reason: broken, by: kim, until: ${until} } }`;
    await writeFile(join(site.state, 'mirror.yaml'), manifest.replace(/ \}\n*$/, `${pinned}\n`));
    await site.commit(`pinned to ${tag} until ${until}`);
  }
  await pin('v1-0123456789ab', '2099-01-01');
  const nothing = await site.olmirror(['apply']);
  assert.equal(nothing.code, 4, nothing.stdout + nothing.stderr);
  assert.match(nothing.stdout, /production has no olm\/idx:v1-0123456789ab/);
  const served = formatImmutableTag('v1', taken.imageId);
  await pin(served, '2099-01-01');
  const held = await site.olmirror(['apply']);
  assert.equal(held.code, 0, held.stdout + held.stderr);
  assert.match(held.stdout, /pinned to v1-.*: broken \(by kim, until 2099-01-01\)/);
  assert.deepEqual(await readServed(production), ['a.v1.0.0', 'b.v1.0.0']);
  assert.ok((await production.listTags('olm/idx')).includes(served), 'its tag was given to it');
  const images = await production.listTags('vendor/a-bundle');
  assert.equal(images.length, 2, 'the images of what Git says are copied meanwhile');
  await pin(served, '2001-01-01');
  const ended = await site.olmirror(['apply']);
  assert.equal(ended.code, 0, ended.stdout + ended.stderr);
  assert.match(ended.stdout, /warning: The pin of idx has ended: v1-.* until 2001-01-01/);
  assert.ok((await readServed(production)).includes('a.v1.1.0'));
  const verify = await site.olmirror(['index', 'verify', 'production']);
  assert.match(verify.stdout, /– The pin has ended: v1-/);
  assert.equal(verify.code, 0, verify.stdout);
  const list = await site.olmirror(['index', 'list']);
  assert.match(list.stdout, /the pin has ended: v1-/);
  assert.doesNotMatch(list.stdout, /\(pinned\)/);
});

test('a movable tag follows staging, and what it leaves keeps a tag', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  const graph = { repository: 'openshift/graph-image', tags: ['latest'] };
  const old = await pushImage(site.production.host, { ...graph, files: { graph: 'old' } });
  const fresh = await pushImage(site.staging.host, { ...graph, files: { graph: 'new' } });
  await site.writeManifest({
    spec: '  movableTags: ["openshift/graph-image:latest"]\n  images:\n    - { source: "registry.example.com/openshift/graph-image:latest" }',
  });
  await site.olmirror(['init']);
  await site.commit('base');
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 0, apply.stdout + apply.stderr);
  const production = site.open(site.production);
  const latest = await production.headManifest('openshift/graph-image', 'latest');
  assert.ok(latest.state === 'present' && latest.digest === fresh.digest);
  const tags = await production.listTags('openshift/graph-image');
  assert.deepEqual(
    tags.toSorted(),
    ['latest', ...[fresh, old].map((image) => image.digest.replace(':', '-'))].toSorted(),
  );
  assert.equal((await site.olmirror(['plan'])).code, 0);
});

const CATALOG_SOURCE = `apiVersion: operators.coreos.com/v1alpha1
kind: CatalogSource
metadata: { name: cs-idx, namespace: openshift-marketplace }
spec:
  sourceType: grpc
  image: nexus.example.com/olm/idx:v1
  grpcPodConfig: { extractContent: { catalogDir: /configs } }
`;

test('an index that starts by itself is not replaced by one without a program, until Git says who serves it', async (t) => {
  const site = await createSite(t);
  const a = await pushOperator(site.production.host, { name: 'a', versions: ['1.0.0'] });
  await pushIndex(site.production.host, { a }, { entrypoint: ['/bin/opm'] });
  assert.equal((await site.olmirror(['init'])).code, 0);
  await site.commit('base');
  const next = await pushOperator(site.production.host, {
    name: 'a',
    versions: ['1.0.0', '1.1.0'],
  });
  await pushIndex(site.staging.host, { a: next });
  assert.equal((await site.olmirror(['merge'])).code, 0);
  await site.commit('delivery');
  const blocked = await site.olmirror(['apply']);
  assert.equal(blocked.code, 4, blocked.stdout + blocked.stderr);
  assert.match(blocked.stdout, /starts by itself, and that of idx in Git would not/);
  assert.deepEqual(await readServed(site.open(site.production)), ['a.v1.0.0']);
  await mkdir(join(site.state, 'cluster'));
  await writeFile(join(site.state, 'cluster/catalogsource.yaml'), CATALOG_SOURCE);
  await site.commit('OLM serves it');
  const applied = await site.olmirror(['apply']);
  assert.equal(applied.code, 0, applied.stdout + applied.stderr);
  assert.deepEqual(await readServed(site.open(site.production)), ['a.v1.0.0', 'a.v1.1.0']);
});
