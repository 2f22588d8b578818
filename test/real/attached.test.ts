import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PushedImage, pushImage } from '../../scripts/lib/push-image.ts';
import { digestOf } from '../../src/base/digest.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../../src/base/oci.ts';
import type { Plan } from '../../src/plan/types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { createProxiedSite, type ProxiedSite } from '../support/proxied-site.ts';
import { pushReferrer, putManifest } from '../support/push-referrer.ts';

const plans = compileSchema<Plan>('plan');
const REPOSITORY = 'team/app';

function referrersTag(image: Pick<PushedImage, 'digest'>): string {
  return image.digest.replace(':', '-');
}

function push(host: string, text: string, tags: readonly string[] = []): Promise<PushedImage> {
  return pushImage(host, { repository: REPOSITORY, files: { a: text }, tags });
}

async function pushList(
  host: string,
  image: PushedImage,
  digests: readonly string[],
): Promise<string> {
  const manifests = digests.map((digest) => ({
    mediaType: OCI_MANIFEST,
    digest,
    size: 500,
    artifactType: 'application/vnd.example.report',
  }));
  return putManifest(host, {
    repository: REPOSITORY,
    mediaType: OCI_INDEX,
    value: { manifests },
    tag: referrersTag(image),
  });
}

async function wantImages(site: ProxiedSite, digests: readonly string[]): Promise<void> {
  const images = digests
    .map((digest) => `    - { source: "registry.example.com/${REPOSITORY}@${digest}" }`)
    .join('\n');
  await site.writeManifest({
    production: site.productionProxy.host,
    staging: site.stagingProxy.host,
    catalogs: [],
    spec: `  images:\n${images}\n`,
  });
  await site.commit('images');
}

async function plan(site: ProxiedSite, code: number): Promise<Plan> {
  const result = await site.olmirror(['plan', '--format', 'json']);
  assert.equal(result.code, code, result.stdout + result.stderr);
  return parseChecked(plans, result.stdout);
}

// Promises 5 and 8. Seen to fail: with the fallback tag left out of find-attached.ts the referrer was
// missing; with settleAttached never called all were.
test('signatures and referrers of an image come along, a different signature and the list of referrers stay', async (t) => {
  const site = await createProxiedSite(t);
  const [staging, production] = [site.staging.host, site.production.host];
  const image = await push(staging, 'image');
  const tag = referrersTag(image);
  const signature = await push(staging, 'signature', [`${tag}.sig`]);
  await push(staging, 'new sbom', [`${tag}.sbom`]);
  const kept = await push(production, 'old sbom', [`${tag}.sbom`]);
  const referrer = await pushReferrer(staging, image, 'report');
  await pushList(staging, image, [referrer]);
  const other = await pushReferrer(production, image, 'another report');
  const list = await pushList(production, image, [other]);
  await wantImages(site, [image.digest]);

  const planned = await plan(site, 2);
  const attached = planned.steps.map((step) => (step.kind === 'copy' ? step.attached : step.kind));
  assert.deepEqual(
    [new Set(attached.slice(0, 2)), attached[2]],
    [new Set(['referrer', 'signature']), undefined],
  );
  assert.deepEqual(
    planned.steps.flatMap((step) => step.items).toSorted(),
    [
      `${REPOSITORY}:${tag}.sig`,
      `${REPOSITORY}@${referrer}`,
      `${REPOSITORY}@${image.digest}`,
    ].toSorted(),
  );
  assert.ok(planned.steps.every((step) => step.bytes > 0 && step.reason !== ''));
  assert.deepEqual(
    planned.settled.map(({ item, kind }) => [item, kind]),
    [[`${REPOSITORY}:${tag}.sbom`, 'in-sync']],
  );
  assert.match(planned.checks[0]?.message ?? '', /\.sbom is sha256:.* production keeps its own/);
  const text = await site.olmirror(['plan']);
  assert.match(text.stdout, /\+ copy .* signature of registry\.example\.com\/team\/app@sha256:/);
  assert.match(text.stdout, /\+ copy .* referrer of registry\.example\.com\/team\/app@sha256:/);

  const applied = await site.olmirror(['apply']);
  assert.equal(applied.code, 0, applied.stdout + applied.stderr);
  assert.match(applied.stdout, /wanted 4 = in-sync 1 \+ copied 3/);
  const held = await listHeld(site);
  assert.deepEqual(held[`${tag}.sig`], signature.digest);
  assert.deepEqual(held[`${tag}.sbom`], kept.digest, 'another SBOM stays');
  assert.deepEqual(held[tag], list, 'the list at production stays');
  assert.deepEqual(held[tag.replace('sha256', 'olmirror')], image.digest);
  assert.deepEqual(held[referrer.replace(':', '-')], referrer);

  const since = site.stagingProxy.requests.length;
  assert.deepEqual((await plan(site, 0)).steps, []);
  assert.equal(site.stagingProxy.requests.length, since, 'nothing is asked for what is there');
});

/** Digests that production holds under the tags of the repository. */
async function listHeld(site: ProxiedSite): Promise<Record<string, string>> {
  const registry = site.open(site.production);
  const tags = await registry.listTags(REPOSITORY);
  const held = await Promise.all(tags.map((tag) => registry.headManifest(REPOSITORY, tag)));
  return Object.fromEntries(
    held.flatMap((presence, i) =>
      presence.state === 'present' ? [[tags[i] ?? '', presence.digest]] : [],
    ),
  );
}

// Seen to fail with the tags listed anew for each image: three lists.
test('the tags of a repository are listed once, and the referrers API is asked no more once there is none', async (t) => {
  const site = await createProxiedSite(t);
  const images = await Promise.all(
    ['one', 'two', 'three'].map((name) => push(site.staging.host, name)),
  );
  await wantImages(
    site,
    images.map(({ digest }) => digest),
  );
  await plan(site, 2);
  const urls = site.stagingProxy.requests.map(({ url }) => url);
  assert.equal(urls.filter((url) => url.includes('/tags/list')).length, 1);
  const asked = urls.filter((url) => url.includes('/referrers/')).length;
  assert.ok(asked >= 1 && asked <= images.length, `${asked} questions`);
});

// docker-registry 2.8 has no referrers API; the proxy answers for it.
test('referrers that the API names are copied, of a registry that has it', async (t) => {
  let referrer = '';
  const site = await createProxiedSite(t, {
    staging: ({ url }) =>
      url.includes('/referrers/')
        ? {
            kind: 'status',
            status: 200,
            headers: { 'content-type': OCI_INDEX },
            body: JSON.stringify({
              schemaVersion: 2,
              manifests: [{ mediaType: OCI_MANIFEST, digest: referrer, size: 500 }],
            }),
          }
        : null,
  });
  const image = await push(site.staging.host, 'image');
  referrer = await pushReferrer(site.staging.host, image, 'report');
  await wantImages(site, [image.digest]);
  const applied = await site.olmirror(['apply']);
  assert.match(applied.stdout, /wanted 2 = in-sync 0 \+ copied 2/);
  const held = await listHeld(site);
  assert.equal(held[referrer.replace(':', '-')], referrer);
});

// Promise 6: what staging does not tell is said, and keeps no image back.
test('an image is copied without its signatures where staging does not tell, and the plan says so', async (t) => {
  const site = await createProxiedSite(t, {
    staging: ({ url }) => (url.includes('/tags/list') ? { kind: 'status', status: 403 } : null),
  });
  const image = await push(site.staging.host, 'image');
  await wantImages(site, [image.digest]);
  const { steps, checks } = await plan(site, 2);
  assert.equal(steps.length, 1);
  assert.deepEqual(
    checks.map(({ kind, severity }) => [kind, severity]),
    [['unknown', 'warning']],
  );
  assert.match(
    checks[0]?.message ?? '',
    /signatures or other referrers of .* is unknown, so none of them is copied now/,
  );
});

// Promise 5. Seen to fail with isReferrersTag always false: a copy of the list was planned.
test('a list of referrers that somebody wants by its tag is refused', async (t) => {
  const site = await createProxiedSite(t);
  const image = await push(site.staging.host, 'image');
  const referrer = await pushReferrer(site.staging.host, image, 'report');
  await pushList(site.staging.host, image, [referrer]);
  await site.writeManifest({
    staging: site.stagingProxy.host,
    catalogs: [],
    spec: `  images:\n    - { source: "registry.example.com/${REPOSITORY}:${referrersTag(image)}" }\n`,
  });
  await site.commit('a list');
  const { steps, settled, checks } = await plan(site, 4);
  assert.deepEqual([steps, settled.map(({ kind }) => kind)], [[], ['refused']]);
  assert.match(checks[0]?.message ?? '', /holds a list of referrers/);
});

// Promise 9. Seen to fail: with JSON.parse in find-attached.ts the whole plan ended with a SyntaxError.
test('what is no manifest beside an image, or in its place, is unknown and stops nothing else', async (t) => {
  const text = 'no manifest at all';
  const digest = digestOf(text);
  const headers = { 'content-type': OCI_MANIFEST, 'docker-content-digest': digest };
  const found = { kind: 'status', status: 200, body: text, headers } as const;
  let list = '-';
  const site = await createProxiedSite(t, {
    staging: ({ url }) => (url.endsWith(digest) || url.endsWith(list) ? found : null),
  });
  const [sound, signed] = [await push(site.staging.host, '1'), await push(site.staging.host, '2')];
  list = referrersTag(signed);
  await pushList(site.staging.host, signed, [sound.digest]);
  await wantImages(site, [sound.digest, signed.digest, digest]);
  const { steps, checks } = await plan(site, 1);
  assert.deepEqual(
    new Set(steps.map((step) => (step.kind === 'copy' ? step.digest : null))),
    new Set([sound.digest, signed.digest]),
  );
  assert.equal(checks.filter(({ message }) => message.includes('is not JSON')).length, 2);
});
