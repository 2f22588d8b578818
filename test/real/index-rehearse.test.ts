import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pushImage } from '../../scripts/lib/push-image.ts';
import type { IndexRehearsal } from '../../src/plan/index-types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { deliver } from '../support/deliver.ts';
import { writeFakeOpm } from '../support/fake-opm.ts';
import { createProxiedSite, runAndCommit } from '../support/proxied-site.ts';

const rehearsed = compileSchema<IndexRehearsal>('index-rehearsal');

// Seen to fail with the whiteouts left out of hide-base.ts: the catalog of the base was served, too.
test('index rehearse serves an index on a base whose own catalog and cache are hidden, and pushes nothing', async (t) => {
  const site = await createProxiedSite(t);
  await deliver(site);
  const { digest } = await pushImage(site.production.host, {
    repository: 'olm/opm',
    files: {
      'bin/opm': 'opm',
      'configs/old/catalog.json': '{"schema":"olm.package","name":"old"}',
      'tmp/cache/digest': '0123456789abcdef',
      'tmp/cache/cache/packages.json': '{}',
      'tmp/cache/pogreb.v1/digest': '0123456789abcdef',
    },
    entrypoint: ['/bin/opm'],
  });
  await runAndCommit(site, ['init', 'merge']);
  await site.writeManifest({
    production: site.productionProxy.host,
    staging: site.stagingProxy.host,
    base: `olm/opm@${digest}`,
  });
  await site.commit('a base');
  const before = site.productionProxy.requests.length;
  const opm = await writeFakeOpm(join(site.folder, 'bin'));
  const args = ['index', 'rehearse', '--opm', opm, '--format', 'json'];
  const result = await site.olmirror(args);
  assert.equal(result.code, 0, result.stdout + result.stderr);
  const { checks, imageId } = parseChecked(rehearsed, result.stdout);
  assert.deepEqual(
    checks.map(({ state }) => state),
    checks.map(() => 'passed'),
  );
  assert.equal(checks.length, 9);
  assert.match(checks.at(-1)?.message ?? '', /^The bundles of 3 channel entries are served/);
  const requests = site.productionProxy.requests.slice(before);
  assert.ok(requests.length > 0 && requests.every(({ method }) => /^(HEAD|GET)$/.test(method)));
  assert.ok(!(await readdir(site.folder)).includes('xdg-state'));
  const plan = await site.olmirror(['plan', '--format', 'json']);
  const { catalogs } = JSON.parse(plan.stdout);
  assert.equal(catalogs[0].wantedId, imageId, 'it is what apply would push');
});
