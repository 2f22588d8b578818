import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendRequest } from '../../scripts/lib/send-request.ts';
import { runAndCommit } from '../support/proxied-site.ts';
import { createSite, pushIndex, pushOperator, type Site } from '../support/site.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';

// What a signing tool leaves where a registry lacks the referrers API.
async function pushReferrers(site: Site, repository: string, tag: string): Promise<void> {
  const { status, body } = await sendRequest(
    `http://${site.production.host}/v2/${repository}/manifests/${tag}`,
    {
      method: 'PUT',
      headers: { 'content-type': INDEX },
      body: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] })),
    },
  );
  assert.equal(status, 201, body.toString());
}

// Promise 5. Seen to fail: with formatProtectTag giving another name, the operand lacked its tag; with
// holdsReferrers always false, the bundle was refused and apply exited 4.
test('each copied digest gets sha256-<hex>, or olmirror-<hex> where referrers hold that tag', async (t) => {
  const site = await createSite(t);
  const a = await pushOperator(site.staging.host, { name: 'a', versions: ['1.0.0'] });
  const [bundle = '', operand = ''] = a
    .flatMap(({ image, related }) => [image, ...(related ?? [])])
    .map((image) => image.slice(image.indexOf('sha256:') + 'sha256:'.length));
  await pushReferrers(site, 'vendor/a-bundle', `sha256-${bundle}`);
  await pushIndex(site.staging.host, { a });
  await runAndCommit(site, ['merge']);
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 0, apply.stdout + apply.stderr);
  const production = site.open(site.production);
  for (const [repository, tag, hex] of [
    ['vendor/a-operand', `sha256-${operand}`, operand],
    ['vendor/a-bundle', `olmirror-${bundle}`, bundle],
  ] as const) {
    const found = await production.headManifest(repository, tag);
    assert.ok(found.state === 'present' && found.digest === `sha256:${hex}`, tag);
  }
  const plan = await site.olmirror(['plan']);
  assert.deepEqual([plan.code, plan.stdout.split('.')[0]], [0, 'No changes']);
});
