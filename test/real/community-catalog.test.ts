import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { hashCatalog } from '../../src/catalog/hash-catalog.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import { readFolderContent } from '../../src/cli/catalog-sources.ts';
import { readIndexCatalog } from '../../src/index/read-index.ts';
import { findRealData } from '../support/real-data.ts';
import { renderCatalogFiles } from '../support/render-catalog-files.ts';
import { createSite, type Site } from '../support/site.ts';

const PAIR = findRealData('pairs/41-whole-community-v4.17');

const BRIDGE = `- package: clusterpulse
  channel: fast-v0
  bundle: clusterpulse.v0.3.0
  skips: [clusterpulse.v0.1.1, clusterpulse.v0.2.0, clusterpulse.v0.2.1]
  reason: the release notes of 0.3.0 support an upgrade from each of them
  by: kim
`;

async function readGit(site: Site): Promise<Catalog> {
  const read = await readFolderContent(join(site.state, 'catalogs/idx'));
  const { catalog, problems } = parseCatalog(read.files);
  assert.deepEqual([...read.problems, ...problems], []);
  return catalog;
}

/** Bytes of white space behind each file, for the cache's digest. */
const SETTLED = 8;

test('a whole community catalog goes from old through new into an index that reads back equal', {
  skip: PAIR.skip,
}, async (t) => {
  const site = await createSite(t);
  async function run(args: readonly string[], code = 0): Promise<string> {
    const result = await site.olmirror(args);
    assert.equal(result.code, code, `${args.join(' ')}: ${result.stdout}${result.stderr}`);
    return result.stdout;
  }
  await run(['init', '--from', join(PAIR.path, 'old')]);
  await site.commit('old');
  const old = await readGit(site);
  assert.equal(old.packages.size, 19);
  // OLM would strand three versions of one package, so that one stays until somebody declares the bridge.
  assert.match(
    await run(['merge', '--from', join(PAIR.path, 'new')], 4),
    /gap: clusterpulse stays as it was: .* from clusterpulse\.v0\.1\.1, clusterpulse\.v0\.2\.0, clusterpulse\.v0\.2\.1 to the head clusterpulse\.v0\.3\.0/,
  );
  await site.commit('new');
  await mkdir(join(site.state, 'rules/idx'), { recursive: true });
  await writeFile(join(site.state, 'rules/idx/bridges.yaml'), BRIDGE);
  await site.commit('bridge');
  assert.match(
    await run(['merge', '--from', join(PAIR.path, 'new')]),
    /~ clusterpulse +\+6 bundles\n +fast-v0: clusterpulse\.v0\.2\.1 → clusterpulse\.v0\.3\.0/,
  );
  await site.commit('bridged');
  const wanted = await readGit(site);
  assert.equal(wanted.packages.size, 29);
  await run(['validate']);
  await run(['plan', '--index-only'], 2);
  await run(['apply', '--index-only']);
  const { files } = await readIndexCatalog(site.open(site.production), 'olm/idx', 'v1');
  assert.equal(hashCatalog(parseCatalog(files).catalog), hashCatalog(wanted));
  const texts = new Map(
    files.map(
      ({ path, bytes }) => [path, Buffer.from(bytes.subarray(0, -SETTLED)).toString()] as const,
    ),
  );
  assert.deepEqual(texts, renderCatalogFiles(wanted));
  assert.match(await run(['plan', '--index-only']), /^No changes\./);
});
