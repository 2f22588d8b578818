import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseImageRef } from '../../src/base/image-ref.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import { listRewritable } from '../../src/catalog/rewrite-images.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { readIndexCatalog } from '../../src/index/read-index.ts';
import { objectProperty, sampleCsv } from '../catalog/sample-csv.ts';
import type { BundleSpec } from '../support/catalog.ts';
import { runAndCommit } from '../support/proxied-site.ts';
import { createSite, pushIndex, pushOperator } from '../support/site.ts';

function withCsv(bundle: BundleSpec): BundleSpec {
  const [operand = ''] = bundle.related ?? [];
  const container = { image: operand, env: [{ name: 'RELATED_IMAGE_X', value: operand }] };
  const pod = { containers: [container], initContainers: [{ image: operand }] };
  const csv = sampleCsv({
    metadata: { annotations: { containerImage: operand } },
    spec: {
      relatedImages: [{ name: 'x', image: operand }],
      install: { spec: { deployments: [{ name: 'x', spec: { template: { spec: pod } } }] } },
    },
  });
  return { ...bundle, properties: [objectProperty(csv)] };
}

function withExtract(bundle: BundleSpec): BundleSpec {
  const value = { annotations: { containerImage: bundle.related?.[0] ?? '' } };
  return { ...bundle, properties: [{ type: 'olm.csv.metadata', value }] };
}

// Promise 3 and issue 10: never half of each. Seen to fail: with rewriteManifests left out of rewriteValue.
test('with references: rewrite the CSVs in an index name the host that serves it, and every digest is there', async (t) => {
  const site = await createSite(t);
  const { production, staging } = site;
  await site.writeManifest({ fields: 'references: rewrite' });
  const [first, ...rest] = await pushOperator(staging.host, {
    name: 'a',
    versions: ['1.0.0', '1.1.0'],
  });
  assert.ok(first !== undefined);
  await pushIndex(staging.host, { a: [withCsv(first), ...rest.map(withExtract)] });
  await runAndCommit(site, ['merge']);
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 0, apply.stdout + apply.stderr);
  const registry = site.open(production);
  const { files } = await readIndexCatalog(registry, 'olm/idx', 'v1');
  const { catalog } = parseCatalog(files);
  assert.deepEqual(validateCatalog(catalog), []);
  const bundles = catalog.packages.get('a')?.bundles ?? [];
  const named = bundles.map((bundle) => [JSON.stringify(bundle.value), ...decode(bundle.value)]);
  assert.equal(named.flat().length, 3);
  for (const text of named.flat()) assert.ok(!text.includes('registry.example.com'), text);
  for (const reference of bundles.flatMap(listRewritable)) {
    const { registry: host, repository, digest } = parseImageRef(reference);
    assert.equal(host, production.host);
    const head = await registry.headManifest(repository, digest ?? '', AbortSignal.timeout(10_000));
    assert.equal(head.state, 'present', reference);
  }
  assert.equal((await site.olmirror(['plan'])).code, 0);
  const verified = await site.olmirror(['index', 'verify', 'production']);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
});

function decode(value: unknown): readonly string[] {
  return [...JSON.stringify(value).matchAll(/"data":"([^"]+)"/g)].map(([, data = '']) =>
    Buffer.from(data, 'base64').toString(),
  );
}
