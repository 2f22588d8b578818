import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startFaultProxy } from '../../scripts/lib/fault-proxy.ts';
import { listServedImages } from '../../src/cluster/served-images.ts';
import type { IndexList } from '../../src/plan/index-types.ts';
import type { RollbackReport } from '../../src/plan/rollback-types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { deliver } from '../support/deliver.ts';
import { createSite, pushIndex, pushOperator, readText, type Site } from '../support/site.ts';

const rolled = compileSchema<RollbackReport>('index-rollback');
const listed = compileSchema<IndexList>('index-list');

/** Production refuses to move a tag, as Nexus does with redeploy disabled, and the manifest says so. */
async function createWriteOnceSite(t: Parameters<typeof createSite>[0]): Promise<Site> {
  const site = await createSite(t);
  const proxy = await startFaultProxy({
    target: site.production.host,
    rules: () => null,
    writeOnce: 'tags',
  });
  t.after(() => proxy.stop());
  await site.writeManifest({ production: proxy.host, writePolicy: 'allow-once' });
  return site;
}

async function run(site: Site, args: readonly string[], code = 0): Promise<string> {
  const result = await site.olmirror(args);
  assert.equal(result.code, code, `${args.join(' ')}: ${result.stdout}${result.stderr}`);
  return result.stdout;
}

/** Tag of the index that cluster/idx.yaml tells clusters of; all objects in it must agree. */
async function readTold(site: Site): Promise<string> {
  const text = await readText(site, 'cluster/idx.yaml');
  const tags = new Set([...text.matchAll(/olm\/idx:(\S+)/g)].map((match) => match[1]));
  assert.equal(tags.size, 1, text);
  return [...tags][0] ?? '';
}

// Seen to fail: with `moves` always true, apply tried to move v1 and was refused.
test('where production lets no tag move, merge tells clusters of the new index, apply publishes it, and a rollback tells them of the old one', async (t) => {
  const site = await createWriteOnceSite(t);
  await deliver(site);
  const production = site.open(site.production);
  const first = await production.headManifest('olm/idx', 'v1');
  const blind = await site.olmirror(['init']);
  assert.match(blind.stderr, /lets no tag move.*\nHint: .*--from HOST/);
  await run(site, ['init', '--from', 'production']);
  await site.commit('init');
  assert.equal((await site.olmirror(['plan'])).code, 0, 'what was taken in is served');

  const merge = await run(site, ['merge', '--format', 'json']);
  const [summary] = JSON.parse(merge).catalogs;
  assert.deepEqual(summary.cluster.files, ['cluster/idx.yaml']);
  const told = await readTold(site);
  assert.equal(told, summary.cluster.tag);
  const images = listServedImages(await readText(site, 'cluster/idx.yaml'));
  assert.deepEqual(
    images.map(({ kind, extracted }) => [kind, extracted]),
    [
      ['CatalogSource', true],
      ['ClusterCatalog', false],
    ],
  );
  await site.commit('merge');
  assert.match(await run(site, ['merge']), /clusters are told of v1-[0-9a-f]{12} already/);
  const plan = await site.olmirror(['plan']);
  assert.equal(plan.code, 2, plan.stdout + plan.stderr);
  assert.doesNotMatch(plan.stdout, /writePolicy|to move/);
  assert.match(plan.stdout, new RegExp(`→ olm/idx:${told}\n`));
  await run(site, ['apply']);
  assert.equal((await site.olmirror(['plan'])).code, 0);
  assert.deepEqual(await production.headManifest('olm/idx', 'v1'), first, 'v1 did not move');
  assert.match(await run(site, ['status']), /Synced with .*\n[^]*merged and applied/);
  assert.match(await run(site, ['index', 'verify', 'production']), /All is as it should be/);

  const newer = await pushOperator(site.staging.host, { name: 'c', versions: ['0.1.0'] });
  await pushIndex(site.staging.host, { c: newer });
  assert.match(await run(site, ['merge']), /told of v1-[0-9a-f]{12} in cluster\/idx\.yaml/);
  await site.commit('merge c');
  await run(site, ['apply']);
  const newest = await readTold(site);
  assert.notEqual(newest, told);
  const list = parseChecked(listed, await run(site, ['index', 'list', '--format', 'json']));
  assert.deepEqual(
    list.catalogs[0]?.indexes.map(({ tag, served }) => [tag, served]),
    [
      [newest, true],
      [told, false],
    ],
  );

  const why = ['--apply', '--reason', 'c is not wanted yet', '--by', 'kim'];
  const back = await run(site, ['index', 'rollback', 'previous', ...why, '--format', 'json']);
  const report = parseChecked(rolled, back);
  assert.deepEqual(
    [report.way, report.to.tag, report.outcome, report.written],
    ['cluster-files', told, null, ['mirror.yaml', 'cluster/idx.yaml']],
  );
  assert.equal(await readTold(site), told);
  await site.commit('rollback');
  const pinned = await run(site, ['apply']);
  assert.match(pinned, /warning: The index of idx is pinned to v1-/);
  assert.doesNotMatch(pinned, /cluster-differs|tells clusters/);
  assert.match(await run(site, ['merge']), /nothing new/);
  assert.equal(await readTold(site), told, 'a merge does not tell clusters past a pin');

  await writeFile(
    join(site.state, 'mirror.yaml'),
    (await readText(site, 'mirror.yaml')).replace(/, pin: \{[^}]*\}/, ''),
  );
  await site.commit('no pin');
  assert.match(await run(site, ['plan']), /warning: Git tells clusters of olm\/idx:v1-/);
  await run(site, ['merge']);
  assert.equal(await readTold(site), newest);
  assert.deepEqual(await readdir(join(site.state, 'cluster')), ['idx.yaml']);
});

test('where production lets no tag move, an index is not published while an image of it is missing', async (t) => {
  const site = await createWriteOnceSite(t);
  await deliver(site);
  await run(site, ['init', '--from', 'production']);
  await site.commit('init');
  const lost = await pushOperator(site.staging.host, {
    name: 'z',
    versions: ['1.0.0'],
    withoutImages: ['1.0.0'],
  });
  await pushIndex(site.staging.host, { z: lost });
  await run(site, ['merge']);
  await site.commit('merge');
  const production = site.open(site.production);
  const before = await production.listTags('olm/idx');
  assert.match(await run(site, ['apply'], 4), /refused: index idx: .*is in neither registry/);
  assert.deepEqual(await production.listTags('olm/idx'), before);

  const text = await readText(site, 'mirror.yaml');
  const base = `olm/opm@sha256:${'a'.repeat(64)}`;
  await writeFile(
    join(site.state, 'mirror.yaml'),
    text.replace('base: scratch', `base: "${base}"`),
  );
  await site.commit('a base that is not there');
  await pushIndex(site.staging.host, {
    y: await pushOperator(site.staging.host, { name: 'y', versions: ['1.0.0'] }),
  });
  const merge = await site.olmirror(['merge']);
  assert.deepEqual([merge.code, merge.stdout], [1, '']);
  assert.match(merge.stderr, /olm\/opm/);
  assert.equal(await site.git('status', '--porcelain'), '', 'nothing was written');
});
