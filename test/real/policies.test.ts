import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { deliverOne } from '../support/deliver.ts';
import { createSite, readServed, type Site } from '../support/site.ts';

async function writeRule(site: Site, file: string, text: string): Promise<void> {
  await mkdir(join(site.state, 'rules/idx'), { recursive: true });
  await writeFile(join(site.state, file), text);
}

// Seen to fail: with policies left out of planPass, the first apply published a.v1.1.0.
test('a policy holds an index back until somebody waives it in Git; an unsigned image is not copied until it is signed', async (t) => {
  const site = await createSite(t);
  await deliverOne(site);
  const merge = await site.olmirror(['merge']);
  assert.equal(merge.code, 0, merge.stderr);
  const production = site.open(site.production);
  const policies = [
    '  policy:',
    '    soak: { level: block, days: 3 }',
    '    unsignedImages: block',
    '    signaturePolicy: rules/idx/policy.json',
  ].join('\n');
  await site.writeManifest({ spec: policies });
  await writeRule(
    site,
    'rules/idx/policy.json',
    JSON.stringify({
      default: [{ type: 'insecureAcceptAnything' }],
      transports: {
        docker: { 'registry.example.com/vendor/a-operand': [{ type: 'sigstoreSigned' }] },
      },
    }),
  );
  await site.commit('deliver, with policies');
  const plan = await site.olmirror(['plan', '--format', 'json']);
  assert.equal(plan.code, 4, plan.stderr);
  const held = await site.olmirror(['apply']);
  assert.equal(held.code, 4, held.stderr);
  assert.match(held.stdout + held.stderr, /a-operand@sha256:[0-9a-f]{64} .* has no signature/);
  assert.deepEqual(await readServed(production), ['a.v1.0.0']);
  assert.equal((await production.listTags('vendor/a-operand')).length, 1, 'not copied');
  assert.equal((await production.listTags('vendor/a-bundle')).length, 2, 'nobody forbids it');

  const unsigned = /a-operand@(sha256:[0-9a-f]{64})/.exec(held.stdout + held.stderr)?.[1] ?? '';
  await pushImage(site.staging.host, {
    repository: 'vendor/a-operand',
    files: { signature: 'signed\n' },
    tags: [`${unsigned.replace(':', '-')}.sig`],
  });
  const soaking = await site.olmirror(['apply']);
  assert.equal(soaking.code, 4, soaking.stderr);
  assert.match(soaking.stdout + soaking.stderr, /Policy soak: a\.v1\.1\.0 of a came to staging on/);
  assert.deepEqual(await readServed(production), ['a.v1.0.0']);

  await writeRule(
    site,
    'rules/idx/waivers.yaml',
    '- { policy: soak, package: a, reason: it mends a CVE, by: kim, until: 2099-01-01 }\n',
  );
  await site.commit('waive');
  const published = await site.olmirror(['apply']);
  assert.equal(published.code, 0, published.stdout + published.stderr);
  assert.deepEqual(await readServed(production), ['a.v1.0.0', 'a.v1.1.0']);
  assert.equal((await site.olmirror(['plan'])).code, 0);
});

test('validate names faults of waivers and of the signature policy', async (t) => {
  const site = await createSite(t);
  await site.writeManifest({ spec: '  policy: { signaturePolicy: policy.json }' });
  await writeRule(site, 'rules/idx/waivers.yaml', '- { policy: soak }\n');
  const missing = await site.olmirror(['validate']);
  assert.equal(missing.code, 1);
  assert.match(missing.stdout + missing.stderr, /There is no policy\.json, which spec\.policy\./);
  assert.match(missing.stdout + missing.stderr, /rules\/idx\/waivers\.yaml:1:3/);
  await writeFile(join(site.state, 'policy.json'), '{}');
  const broken = await site.olmirror(['validate']);
  assert.match(broken.stdout + broken.stderr, /policy\.json is no policy\.json: "default"/);
});
