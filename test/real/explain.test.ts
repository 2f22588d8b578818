import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { deliver } from '../support/deliver.ts';
import { applyAll, explain, explainOne } from '../support/explain.ts';
import { createProxiedSite, runAndCommit } from '../support/proxied-site.ts';
import { createSite, pushIndex, pushOperator, type Site } from '../support/site.ts';

// Seen to fail: without a look at what images of the repository consist of, the part was unknown.
test('explain tells the same of an image, however it is named', async (t) => {
  const site = await createProxiedSite(t);
  await deliver(site);
  await runAndCommit(site, ['init', 'merge']);
  const merged = await site.git('rev-parse', 'HEAD');
  const before = await explain(site, ['a.v1.1.0']);
  assert.deepEqual(
    before.images.map(({ kind, steps, places }) => [kind, steps, places.map(({ state }) => state)]),
    [
      ['bundle', [], ['absent', 'present']],
      ['related', [], ['absent', 'present']],
    ],
  );
  await applyAll(site);
  const { upstream } = before.images[1] ?? assert.fail();
  const digest = upstream.split('@')[1] ?? '';
  const place = `${site.productionProxy.host}/vendor/a-operand`;
  const image = await explainOne(site, [upstream]);
  const hexTag = digest.replace(':', '-');
  const { children } = await readPlatforms(site, digest);
  assert.deepEqual(image, {
    upstream,
    kind: 'related',
    attachedTo: null,
    proof: null,
    neededBy: [
      {
        catalog: 'idx',
        package: 'a',
        item: 'a.v1.1.0',
        channels: [{ name: 'stable', isHead: true }],
      },
    ],
    since: {
      commit: { revision: merged, time: image.since.commit?.time, subject: 'merge' },
      message: null,
    },
    until: null,
    files: ['catalogs/idx/a/catalog.json'],
    places: (['production', 'staging'] as const).map((role) => ({
      role,
      host: role === 'production' ? site.productionProxy.host : site.stagingProxy.host,
      repository: 'vendor/a-operand',
      reference: digest,
      state: 'present',
      digest,
      tags: [hexTag],
      tagsComplete: true,
      platforms: children.map(([platform, child]) => ({
        digest: child,
        platform,
        state: 'present',
      })),
      message: null,
    })),
    sharing: {
      state: 'known',
      blobs: 3,
      bytes: image.sharing.bytes,
      compared: 5,
      absent: 0,
      unread: 0,
      left: 0,
      sharing: 0,
      images: [],
      message: null,
    },
    steps: [
      {
        pass: image.steps[0]?.pass,
        time: image.steps[0]?.time,
        revision: merged,
        step: `copy vendor/a-operand@${digest}`,
        result: 'copied',
        code: null,
        message: null,
      },
    ],
    remarks: [],
  });
  for (const ref of [
    `${place}@${digest}`,
    `${place}:${hexTag}`,
    digest.slice(0, 'sha256:'.length + 12),
  ])
    assert.deepEqual(await explainOne(site, [ref]), image, ref);
  const [platform, child] = children[1] ?? assert.fail();
  assert.deepEqual(await explainOne(site, [`${place}@${child}`]), {
    ...image,
    remarks: [`You asked for ${child}, which is the ${platform} part of it.`],
  });
});

async function readPlatforms(
  site: Site,
  digest: string,
): Promise<{ readonly children: readonly (readonly [string, string])[] }> {
  const body = await site.open(site.production).getManifest('vendor/a-operand', digest);
  const { manifests }: { manifests: { digest: string; platform: { architecture: string } }[] } =
    JSON.parse(Buffer.from(body.bytes).toString());
  return {
    children: manifests.map((entry) => [`linux/${entry.platform.architecture}`, entry.digest]),
  };
}

function stable(isHead: boolean): readonly object[] {
  return [{ name: 'stable', isHead }];
}

// Seen to fail: with the first need alone, the second catalog was missing; without asking the registry
// where a tag points, `live` was unknown.
test('explain names everything that wants an image, and what shares its layers', async (t) => {
  const site = await createSite(t);
  const host = site.staging.host;
  const shared = { 'lib/runtime': 'x'.repeat(20_000) };
  const runtime = await pushImage(host, {
    repository: 'team/app',
    files: shared,
    tags: ['1', 'live'],
  });
  const sibling = await pushImage(host, {
    repository: 'team/tool',
    files: shared,
    labels: { name: 'tool' },
    tags: ['2'],
  });
  const etcd = await pushImage(host, { repository: 'openshift/release', files: { etcd: 'etcd' } });
  const components = {
    kind: 'ImageStream',
    spec: {
      tags: [
        {
          name: 'etcd',
          from: { name: `quay.io/openshift-release-dev/ocp-v4.0-art-dev@${etcd.digest}` },
        },
      ],
    },
  };
  await pushImage(host, {
    repository: 'openshift/release-images',
    tags: ['4.20.2-x86_64'],
    files: { 'release-manifests/image-references': JSON.stringify(components) },
  });
  const related = [`registry.example.com/team/app@${runtime.digest}`];
  const bundles = await pushOperator(host, { name: 'a', versions: ['1.0.0', '1.1.0'] });
  const catalog = bundles.map((bundle) => ({ ...bundle, related }));
  await pushIndex(host, { a: catalog });
  await pushIndex(host, { a: catalog }, { repository: 'olm/two' });
  await site.writeManifest({
    catalogs: ['idx', 'two'],
    spec: [
      '  releases:',
      '    - { version: 4.20.2, architecture: x86_64 }',
      '  images:',
      `    - { source: "registry.example.com/team/app@${runtime.digest}", tags: ["9.6"] }`,
      '    - { source: "registry.example.com/team/tool:2" }',
    ].join('\n'),
  });
  const first = await site.commit('Ask for a release and two images');
  await site.olmirror(['merge']);
  const merged = await site.commit('Deliver');
  await applyAll(site);

  const app = await explainOne(site, [`${site.production.host}/team/app:9.6`]);
  assert.deepEqual(app.neededBy, [
    { catalog: 'idx', package: 'a', item: 'a.v1.0.0', channels: stable(false) },
    { catalog: 'idx', package: 'a', item: 'a.v1.1.0', channels: stable(true) },
    { catalog: null, package: null, item: 'images', channels: [] },
    { catalog: 'two', package: 'a', item: 'a.v1.0.0', channels: stable(false) },
    { catalog: 'two', package: 'a', item: 'a.v1.1.0', channels: stable(true) },
  ]);
  assert.equal(app.since.commit?.revision, first);
  assert.deepEqual(app.files, [
    'catalogs/idx/a/catalog.json',
    'catalogs/two/a/catalog.json',
    'mirror.yaml',
  ]);
  assert.deepEqual(app.places[0]?.tags, ['9.6', runtime.digest.replace(':', '-')]);
  assert.deepEqual(app.places[1]?.tags, ['1', 'live']);
  assert.deepEqual(
    app.sharing.images.map(({ upstream, blobs }) => [upstream, blobs]),
    [['registry.example.com/team/tool:2', 1]],
  );
  assert.ok((app.sharing.images[0]?.bytes ?? 0) > 0);
  // A tag that only the registry knows leads there as well.
  const live = await explainOne(site, [`${host}/team/app:live`]);
  assert.deepEqual(live, { ...app, remarks: [`${host}/team/app:live points at it.`] });

  const tool = await explainOne(site, ['registry.example.com/team/tool:2']);
  assert.deepEqual(
    [tool.kind, tool.since.commit?.revision, tool.files, tool.places[0]?.digest],
    ['extra', first, ['mirror.yaml'], sibling.digest],
  );
  // One request is spent after the first sixteen images, so all are looked at; none with 0.
  const bound = await explainOne(site, ['registry.example.com/team/tool:2', '--requests', '1']);
  assert.deepEqual([bound.sharing.compared, bound.sharing.left], [5, 0]);
  const none = await explainOne(site, ['registry.example.com/team/tool:2', '--requests', '0']);
  assert.equal(none.sharing.state, 'skipped');

  const component = await explainOne(site, [
    `${site.production.host}/openshift/release:4.20.2-x86_64-etcd`,
  ]);
  assert.deepEqual(
    [component.kind, component.neededBy, component.since.commit?.revision, component.files],
    [
      'release',
      [{ catalog: null, package: null, item: 'release 4.20.2-x86_64', channels: [] }],
      first,
      ['mirror.yaml'],
    ],
  );
  assert.deepEqual(
    (await explain(site, ['release 4.20.2-x86_64'])).images.map(({ upstream }) => upstream),
    ['quay.io/openshift-release-dev/ocp-release:4.20.2-x86_64', component.upstream],
  );
  const { images } = await explain(site, ['a.v1.1.0']);
  assert.deepEqual(
    images.map(({ upstream, kind, since }) => [upstream, kind, since.commit?.revision]),
    [
      [app.upstream, 'related', first],
      [catalog[1]?.image, 'bundle', merged],
    ],
  );
});
