import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { readIndexCatalog } from '../../src/index/read-index.ts';
import { createSettledSite, type SettledSite } from '../support/settled-site.ts';
import { pushOperator } from '../support/site.ts';
import { foreignIndex } from './index-images.ts';

const run = promisify(execFile);

async function assertRefused(site: SettledSite, from: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await site.olmirror(['merge', '-v', ...from]);
  assert.equal(code, 4, stdout + stderr);
  assert.match(stderr, /is no delivery: olmirror pushed this index \(commit [0-9a-f]{12}\)/);
  assert.match(stderr, /olmirror merge idx --from HOST\/PATH:TAG/);
  assert.match(stderr, /Code: INDEX_OURS/);
  assert.equal(await site.git('status', '--porcelain'), '');
}

// Design §7. Seen to fail: without assertDelivered both merges ended with 0.
for (const references of ['keep', 'rewrite'])
  test(`merge refuses an index that olmirror pushed, wherever it lies, with references: ${references}`, async (t) => {
    const site = await createSettledSite(t, { fields: `references: ${references}` });
    const { production, staging } = site;
    await site.expect(['apply', '--rebuild']);
    await assertRefused(site, ['--from', 'production']);
    const places = [production, staging].map(({ host }) => `docker://${host}/olm/idx:v1`);
    const plain = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    await run('skopeo', ['copy', '--all', '--preserve-digests', ...plain, ...places], {
      env: site.environment(),
    });
    await assertRefused(site, []);
  });

test('merge takes an index that somebody made of one that olmirror pushed', async (t) => {
  const site = await createSettledSite(t);
  const { production, staging } = site;
  await site.expect(['apply', '--rebuild']);
  const { labels } = await readIndexCatalog(site.open(production), 'olm/idx', 'v1');
  assert.equal(labels['io.olmirror.index'], 'v1');
  const a = await pushOperator(staging.host, { name: 'a', versions: ['1.0.0', '1.1.0', '1.2.0'] });
  await pushImage(staging.host, foreignIndex({ a }, { labels: { ...labels }, tags: ['v1'] }));
  assert.match(await site.expect(['merge']), /a\.v1\.2\.0/);
});
