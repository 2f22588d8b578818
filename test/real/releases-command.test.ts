import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pushImage } from '../../scripts/lib/push-image.ts';
import type { ReleaseReport, ReportedRelease } from '../../src/plan/release-report-types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { openStorage } from '../support/damage.ts';
import { listReleases, pushRelease, writeInUse, writeState } from '../support/release.ts';
import { createReleaseSigner } from '../support/release-signer.ts';
import { createSite, type Site } from '../support/site.ts';

const reports = compileSchema<ReleaseReport>('release-report');

async function report(site: Site): Promise<ReleaseReport> {
  const { code, stdout, stderr } = await site.olmirror(['releases', '--format', 'json']);
  assert.ok(stdout.startsWith('{'), stderr);
  const parsed = parseChecked(reports, stdout);
  assert.equal(code, parsed.exitCode);
  return parsed;
}

function summarize({
  version,
  wanted,
  production,
  staging,
  components,
  users,
  signature,
}: ReportedRelease) {
  const parts = components === null ? null : `${components.present}/${components.total}`;
  const clusters = users.map(({ cluster, use }) => `${cluster} ${use}`);
  return [version, wanted, production, staging, parts, signature?.state ?? null, clusters] as const;
}

// The second cycle of a site: the old release stays in production beside the new one until no cluster runs it.
test('releases tells what is where, in use and whole, before a delivery and after it', async (t) => {
  const site = await createSite(t);
  const signer = await createReleaseSigner(t);
  const old = { version: '4.19.1', components: ['api', 'etcd'] };
  await pushRelease(site.production.host, old);
  await pushRelease(site.production.host, { version: '4.18.2' });
  const { payload } = await pushRelease(site.staging.host, {
    version: '4.20.3',
    components: ['api', 'etcd', 'dns'],
    previous: ['4.19.1'],
  });
  await listReleases(site, ['4.20.3']);
  await writeState(site, 'releases/keys/release.asc', signer.publicKey);
  await writeState(
    site,
    `releases/signatures/sha256=${payload.digest.slice(7)}/signature-1`,
    await signer.sign(payload.digest),
  );
  const history = [{ version: '4.19.1', state: 'Completed' }];
  await writeInUse(site, [
    { name: 'prod', release: { version: '4.19.1', architecture: 'x86_64', history } },
  ]);
  await site.commit('before');
  const before = await report(site);
  assert.deepEqual(before.releases.map(summarize), [
    ['4.18.2', false, 'present', 'absent', null, null, []],
    ['4.19.1', false, 'present', 'absent', '2/2', 'refused', ['prod running']],
    ['4.20.3', true, 'absent', 'present', '0/3', 'verified', []],
  ]);
  assert.deepEqual(
    before.paths.map(({ cluster, verdict, steps }) => [cluster, verdict, steps.length]),
    [['prod', 'open', 1]],
  );
  await rm(join(site.state, 'releases/keys'), { recursive: true });
  await site.commit('no keys');
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 0, apply.stdout + apply.stderr);
  // An update is under way: nodes run both.
  const release = {
    version: '4.20.3',
    architecture: 'x86_64',
    history: [{ version: '4.20.3', state: 'Partial' }, ...history],
  };
  await writeInUse(site, [{ name: 'prod', release }]);
  await site.commit('updating');
  const during = await report(site);
  assert.deepEqual(
    [during.exitCode, during.releases.slice(1).map(summarize)],
    [
      0,
      [
        ['4.19.1', false, 'present', 'absent', '2/2', 'missing', ['prod updating-from']],
        ['4.20.3', true, 'present', 'present', '3/3', 'kept', ['prod updating-to']],
      ],
    ],
  );
  const { stdout } = await site.olmirror(['releases']);
  assert.match(
    stdout,
    /^4\.19\.1-x86_64: keep it in spec\.releases until prod runs it no more\.$/m,
  );
  assert.match(
    stdout,
    /^4\.18\.2-x86_64: production holds it; nobody wants it, and no cluster of in-use\.yaml runs it\.$/m,
  );
  // Of what production holds besides, the release that nobody runs alone is unexplained.
  const audit = await site.olmirror(['audit', '--format', 'json']);
  const { extras }: { extras: readonly { tags: readonly string[] }[] } = JSON.parse(audit.stdout);
  assert.deepEqual(extras.flatMap(({ tags }) => tags).toSorted(), [
    '4.18.2-x86_64',
    '4.18.2-x86_64-etcd',
  ]);
  // What a node still needs goes missing.
  const lost = await site
    .open(site.production)
    .headManifest('openshift/release', '4.19.1-x86_64-api');
  assert.ok(lost.state === 'present');
  await openStorage(join(site.folder, 'production')).lose(lost.digest);
  const after = await report(site);
  assert.deepEqual([after.exitCode, after.releases[1]?.components?.missing], [4, ['api']]);
});

// Guards against: staging emptied of a release that nodes run and production lacks. Seen to fail without listRunReleases.
test('staging check names what a cluster runs of a release that nobody lists', async (t) => {
  const site = await createSite(t);
  const { payload, components } = await pushRelease(site.staging.host, { version: '4.19.1' });
  await listReleases(site, []);
  await writeInUse(site, [{ name: 'prod', release: { version: '4.19.1' } }]);
  await site.commit('in use');
  const { stdout } = await site.olmirror(['staging', 'check', '--format', 'json']);
  const {
    hindrances,
  }: { hindrances: readonly { kind: string; subject: string; message: string }[] } =
    JSON.parse(stdout);
  const etcd = components.get('etcd')?.split('@')[1] ?? '';
  for (const digest of [etcd, payload.digest]) {
    const found = hindrances.find(({ subject }) => subject.includes(digest));
    assert.equal(found?.kind, 'in-use', stdout);
    assert.match(found.message, /^A cluster that runs release 4\.19\.1-x86_64 wants it, /);
  }
});

test('the graph comes out of the image of an update service, as staging has it', async (t) => {
  const site = await createSite(t);
  const { host } = site.staging;
  await pushRelease(host, { version: '4.20.3', previous: ['4.19.1'] });
  const folder = 'var/lib/cincinnati-graph-data';
  const { digest } = await pushImage(host, {
    repository: 'openshift/graph-image',
    tags: ['latest'],
    files: {
      [`${folder}/channels/stable-4.20.yaml`]: 'name: stable-4.20\nversions: [4.19.1, 4.20.3]\n',
      [`${folder}/blocked-edges/4.20.3.yaml`]:
        'to: 4.20.3\nfrom: .*\nurl: https://example.com/1\nname: SlowDisk\nmessage: Disks get slow.\nmatchingRules:\n- type: Always\n',
    },
  });
  const image = '    - { source: "quay.io/openshift/graph-image:latest" }';
  await listReleases(site, ['4.20.3'], `  images:\n${image}`);
  await writeInUse(site, [
    { name: 'prod', release: { version: '4.19.1', channel: 'stable-4.20' } },
  ]);
  await site.commit('graph image');
  const { graph, paths, notes } = await report(site);
  assert.deepEqual([graph, notes], [`${host}/openshift/graph-image@${digest}`, []]);
  assert.deepEqual(
    paths.map(({ verdict, steps }) => [verdict, steps.map(({ risks }) => risks)]),
    [
      [
        'conditional',
        [
          [
            {
              name: 'SlowDisk',
              message: 'Disks get slow.',
              url: 'https://example.com/1',
              conditions: ['Always'],
            },
          ],
        ],
      ],
    ],
  );
  const { stdout } = await site.olmirror(['releases']);
  assert.match(
    stdout,
    /prod → 4\.20\.3-x86_64: conditional: 4\.19\.1 → 4\.20\.3 \(stable-4\.20, conditional SlowDisk\), not recommended to every cluster\n {2}SlowDisk: Disks get slow\. \(https:\/\/example\.com\/1\)$/m,
  );
});
