import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listBundleImages } from '../../src/catalog/list-images.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import { readIndexCatalog } from '../../src/index/read-index.ts';
import { runAndCommit } from '../support/proxied-site.ts';
import {
  createSite,
  pushIndex,
  pushOperator,
  readServed,
  readText,
  type Site,
} from '../support/site.ts';

// Promise 3, the ratchet. Seen to fail: with knownMissing ignored by settleLost, the first apply exited 4; ignored
// by listClosure in run-pass.ts, too; with every lost image taken for known,
// by settleLost or by plan-pass.ts, the second one lacked checks.
test('what init listed as known missing is reported and does not block; an image that is newly missing does', async (t) => {
  const site = await createSite(t);
  const { production, staging } = site;
  const old = { name: 'a', versions: ['1.0.0'], withoutImages: ['1.0.0'] };
  await pushIndex(production.host, { a: await pushOperator(production.host, old) });
  await runAndCommit(site, ['init']);
  const next = { ...old, versions: ['1.0.0', '1.1.0'] };
  await pushIndex(staging.host, { a: await pushOperator(staging.host, next) });
  await runAndCommit(site, ['merge']);
  const first = await site.olmirror(['apply', '--format', 'json']);
  assert.equal(first.code, 0, first.stdout + first.stderr);
  const report = JSON.parse(first.stdout);
  assert.deepEqual(
    report.checks.map((check: { kind: string; severity: string }) => [check.kind, check.severity]),
    [
      ['known-missing', 'warning'],
      ['known-missing', 'warning'],
    ],
  );
  assert.equal(report.sums.lost, 2);
  const served = ['a.v1.0.0', 'a.v1.1.0'];
  assert.deepEqual(await readServed(site.open(production)), served);
  const gone = {
    name: 'a',
    versions: [...next.versions, '1.2.0'],
    withoutImages: ['1.0.0', '1.2.0'],
  };
  await pushIndex(staging.host, { a: await pushOperator(staging.host, gone) });
  await runAndCommit(site, ['merge']);
  const second = await site.olmirror(['apply', '--format', 'json']);
  assert.equal(second.code, 4, second.stdout + second.stderr);
  const checks: readonly { readonly kind: string; readonly message: string }[] = JSON.parse(
    second.stdout,
  ).checks;
  assert.deepEqual(
    checks.map(({ kind }) => kind).toSorted(),
    ['closure', 'known-missing', 'known-missing', 'missing-source', 'missing-source'],
    JSON.stringify(checks),
  );
  assert.deepEqual(await readServed(site.open(production)), served);
});

async function readCatalogOf(site: Site): Promise<Catalog> {
  const { files } = await readIndexCatalog(site.open(site.production), 'olm/idx', 'v1');
  return parseCatalog(files).catalog;
}

function listAddresses(catalog: Catalog): readonly string[] {
  return listBundleImages(catalog).flatMap((bundle) => [bundle.image, ...bundle.relatedImages]);
}

// Promise 3. Seen to fail: with normalizeAddresses left out of take-in.ts, Git named staging; with listFiles in
// build-index.ts as for `keep`, it named registry.example.com.
for (const [references, isServing] of [
  ['keep', false],
  ['rewrite', true],
] as const) {
  test(`an index with references: ${references} names no host of a delivery, and Git names upstream`, async (t) => {
    const site = await createSite(t);
    const { production, staging } = site;
    await site.writeManifest({
      base: `scratch, references: ${references}`,
      spec: '  paths:\n    - { from: registry.example.com/vendor, to: vendor }',
    });
    const spec = { name: 'a', versions: ['1.0.0'] };
    const bundles = await pushOperator(staging.host, spec);
    const a = bundles.map((bundle) => ({
      ...bundle,
      image: bundle.image.replace('registry.example.com', staging.host),
      related: (bundle.related ?? []).map((image) =>
        image.replace('registry.example.com', staging.host),
      ),
    }));
    await pushIndex(staging.host, { a });
    await runAndCommit(site, ['merge']);
    const text = await readText(site, 'catalogs/idx/a/catalog.json');
    assert.match(text, /registry\.example\.com\/vendor\/a-operand@sha256/);
    for (const { host } of [production, staging]) assert.ok(!text.includes(host), text);
    const apply = await site.olmirror(['apply']);
    assert.equal(apply.code, 0, apply.stdout + apply.stderr);
    const addresses = listAddresses(await readCatalogOf(site));
    assert.equal(addresses.length, 2);
    const host = isServing ? production.host : 'registry.example.com';
    for (const address of addresses) assert.ok(address.startsWith(`${host}/vendor/a-`), address);
    assert.equal((await site.olmirror(['plan'])).code, 0);
  });
}
