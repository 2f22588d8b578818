// Many small images with real registries: olmirror reads them, and skopeo pushes them together.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Fault, ProxiedRequest } from '../../scripts/lib/fault-proxy.ts';
import { type PushedImage, pushImage } from '../../scripts/lib/push-image.ts';
import { DEMO_PASSWORD, DEMO_USER } from '../../scripts/lib/start-registry.ts';
import { createNexusSite } from '../support/nexus-site.ts';
import { createProxiedSite } from '../support/proxied-site.ts';
import type { Site } from '../support/site.ts';

/** Groups of three for each of four copies at a time. */
const IMAGES = 36;

/** Singles, indexes, images in Docker's format and lists of these, each in a repository of its own. */
async function stageImages(
  { staging }: Pick<Site, 'staging'>,
  count = IMAGES,
): Promise<readonly PushedImage[]> {
  const images: PushedImage[] = [];
  for (let number = 0; number < count; number += 1) {
    images.push(
      await pushImage(staging.host, {
        repository: `team/image${number}`,
        tags: ['v1'],
        files: { number: String(number) },
        docker: number % 5 === 0,
        ...(number % 3 === 0 && { platforms: ['linux/amd64', 'linux/arm64'] }),
      }),
    );
  }
  return images;
}

function describeImages(images: readonly PushedImage[]): string {
  const lines = images.map(
    ({ repository, digest }) => `    - { source: "registry.example.com/${repository}@${digest}" }`,
  );
  return `  images:\n${lines.join('\n')}`;
}

/** A skopeo that writes down what it is asked to do. */
async function recordSkopeo(site: Site): Promise<{
  readonly env: Readonly<Record<string, string>>;
  readonly count: () => Promise<Readonly<Record<string, number>>>;
}> {
  const log = join(site.folder, 'skopeo.log');
  await writeFile(log, '');
  await writeFile(
    join(site.folder, 'skopeo'),
    `#!/bin/sh\necho "$*" >> '${log}'\nPATH='${process.env['PATH']}' exec skopeo "$@"\n`,
    { mode: 0o755 },
  );
  return {
    env: { PATH: `${site.folder}:${process.env['PATH']}` },
    async count() {
      const counts: Record<string, number> = {};
      for (const [, command = ''] of (await readFile(log, 'utf8')).matchAll(/ (copy|sync) /g))
        counts[command] = (counts[command] ?? 0) + 1;
      return counts;
    },
  };
}

async function assertCopied(site: Site, images: readonly PushedImage[]): Promise<void> {
  const [source, destination] = [site.open(site.staging), site.open(site.production)];
  for (const { repository, digest } of images) {
    const wanted = await source.headManifest(repository, digest);
    for (const reference of [digest, `sha256-${digest.slice(7)}`])
      assert.deepEqual(await destination.headManifest(repository, reference), wanted, repository);
    const { bytes } = await source.getManifest(repository, digest);
    const { manifests = [] } = JSON.parse(Buffer.from(bytes).toString());
    for (const child of manifests)
      assert.equal((await destination.headManifest(repository, child.digest)).state, 'present');
  }
}

async function apply(
  site: Site,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly report: Report; readonly text: string }> {
  const { code, stdout, stderr } = await site.olmirror(['apply', '--format', 'json'], { env });
  assert.notEqual(stdout, '', stderr);
  return { code, report: JSON.parse(stdout), text: stdout + stderr };
}

interface Report {
  readonly sums: Readonly<Record<string, number>>;
  readonly outcomes: readonly {
    readonly item: string;
    readonly kind: string;
    readonly message: string | null;
  }[];
  readonly budgets?: readonly { readonly host: string; readonly spent: number }[];
}

function isSkopeo({ headers }: ProxiedRequest): boolean {
  return headers['user-agent']?.includes('skopeo') === true;
}

// Seen to fail: with `together` not told, staging was thought to have had skopeo's requests besides olmirror's.
test('apply reads many small images itself, pushes them by few runs of skopeo, and counts what it asked for', async (t) => {
  const site = await createProxiedSite(t);
  const images = await stageImages(site);
  await site.writeManifest({
    production: site.productionProxy.host,
    staging: `${site.stagingProxy.host}", requestsPerDay: 100000, pathPrefix: "`,
    catalogs: [],
    spec: describeImages(images),
  });
  await site.commit('images');
  const skopeo = await recordSkopeo(site);
  const { code, report, text } = await apply(site, skopeo.env);
  assert.equal(code, 0, text);
  assert.equal(report.sums['copied'], IMAGES);
  await assertCopied(site, images);
  assert.deepEqual(await skopeo.count(), { sync: IMAGES / 3 });
  assert.equal(site.stagingProxy.requests.filter(isSkopeo).length, 0);
  // One more asks for TLS, which no proxy counts.
  assert.deepEqual(report.budgets, [
    {
      host: site.stagingProxy.host,
      spent: site.stagingProxy.requests.length + 1,
      perDay: 100_000,
    },
  ]);
  const { code: again } = await site.olmirror(['plan']);
  assert.equal(again, 0);
});

test('apply says of the one image that cannot be read what skopeo says of it, and brings the others of its batch', async (t) => {
  let spoilt = '';
  function rules({ url, method }: ProxiedRequest): Fault | null {
    return method === 'GET' && url.includes(`/team/image7/blobs/${spoilt}`)
      ? { kind: 'replace-body', body: 'something else' }
      : null;
  }
  const site = await createProxiedSite(t, { staging: rules });
  const images = await stageImages(site);
  const image = images[7];
  assert.ok(image);
  const { bytes } = await site.open(site.staging).getManifest(image.repository, image.digest);
  spoilt = JSON.parse(Buffer.from(bytes).toString()).layers[0].digest;
  await site.writeManifest({
    production: site.productionProxy.host,
    staging: site.stagingProxy.host,
    catalogs: [],
    spec: describeImages(images),
  });
  await site.commit('images');
  const { code, report, text } = await apply(site);
  assert.equal(code, 1, text);
  const failed = report.outcomes.filter(({ kind }) => kind !== 'copied');
  assert.equal(failed.length, 1);
  assert.match(failed[0]?.item ?? '', /team\/image7@/);
  assert.match(failed[0]?.message ?? '', /^Copy of .*team\/image7.*failed at the source/);
  await assertCopied(
    site,
    images.filter((other) => other !== image),
  );
});

async function createWriteOnceNexus(t: TestContext): ReturnType<typeof createNexusSite> {
  return createNexusSite(t, { auth: 'bearer', redeployDisabled: true });
}

test('apply pushes batches to a Nexus with TLS and a login that forbids redeploying, a second pass finds all there', async (t) => {
  const site = await createWriteOnceNexus(t);
  const images = await stageImages(site);
  const manifest = await readFile(join(site.state, 'mirror.yaml'), 'utf8');
  await writeFile(
    join(site.state, 'mirror.yaml'),
    manifest.replace(/ {2}catalogs:\n.*$/m, `  catalogs: []\n${describeImages(images)}`),
  );
  await site.commit('images');
  const skopeo = await recordSkopeo(site);
  const first = await apply(site, skopeo.env);
  assert.equal(first.code, 0, first.text);
  assert.equal(first.report.sums['copied'], IMAGES);
  const { sync = 0, copy = 0 } = await skopeo.count();
  assert.ok(sync === IMAGES / 3 && copy < sync, JSON.stringify({ sync, copy }));
  await assertCopied(site, images);
  for (const secret of [
    DEMO_PASSWORD,
    Buffer.from(`${DEMO_USER}:${DEMO_PASSWORD}`).toString('base64'),
  ])
    assert.ok(!first.text.includes(secret));
  const second = await apply(site);
  assert.equal(second.code, 0, second.text);
  assert.equal(second.report.sums['in-sync'], IMAGES);
});
