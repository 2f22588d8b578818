// The commands of the pages are run as they are printed there, on registries that are filled as the pages say.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  fillExistingSite,
  fillLaidSite,
  fillSplitSite,
  type Hosts,
  REPOSITORY,
  renderExistingObjects,
  renderReturnedObjects,
  renderSplitObjects,
} from '../support/doc-sites.ts';
import { readStoredTags } from '../support/fault-site.ts';
import { playPage } from '../support/play-page.ts';
import { createSite, pushIndex, pushOperator, readServed, type Site } from '../support/site.ts';
import type { Laid } from '../support/take-over.ts';

interface DocSite {
  readonly site: Site;
  /** Where the reader of the page stands. */
  readonly folder: string;
}

async function createDocSite(
  t: TestContext,
  fill: (hosts: Hosts) => Promise<void>,
  renderObjects: (hosts: Hosts) => string,
): Promise<DocSite> {
  const site = await createSite(t);
  const hosts = { production: site.production.host, staging: site.staging.host };
  await fill(hosts);
  const folder = join(site.folder, 'reader');
  await mkdir(join(folder, 'clusters'), { recursive: true });
  await writeFile(join(folder, 'clusters/objects.yaml'), renderObjects(hosts));
  return { site, folder };
}

function readPage(name: string): Promise<string> {
  return readFile(new URL(`../../docs/en/${name}`, import.meta.url), 'utf8');
}

async function readTags({ folder }: Site): Promise<readonly ReadonlyMap<string, string>[]> {
  return [
    await readStoredTags(join(folder, 'production/storage')),
    await readStoredTags(join(folder, 'staging/storage')),
  ];
}

// Seen to fail: with "3 packages, 6 bundles" on the page, and with a merge and an apply behind its last command.
test('the first hour is as its page prints it, and writes nothing to a registry', async (t) => {
  const { site, folder } = await createDocSite(t, fillExistingSite, renderExistingObjects);
  const before = await readTags(site);
  const count = await playPage(site, await readPage('first-hour.md'), {
    folder,
    edits: {},
    exits: {},
  });
  assert.equal(count, 9);
  assert.ok((before[0]?.size ?? 0) > 5);
  assert.deepEqual(await readTags(site), before);
});

const LAYOUTS: Readonly<Record<string, Laid>> = {
  'oc-mirror v2': {},
  'oc-mirror v1': { tag: (digest) => digest.slice(7, 15) },
  'hand, with last names alone': { place: (path) => path.slice(path.lastIndexOf('/') + 1) },
  'hand, into a folder': { place: (path) => `byhand/${path.slice(path.lastIndexOf('/') + 1)}` },
};

for (const [how, laid] of Object.entries(LAYOUTS)) {
  // Seen to fail without derived rules, the last two: init lists all images as missing and warns.
  test(`the commands of the first hour take over a production that was filled by ${how}`, async (t) => {
    const { site, folder } = await createDocSite(
      t,
      (hosts) => fillLaidSite(hosts, laid),
      renderExistingObjects,
    );
    const before = await readStoredTags(join(site.folder, 'production/storage'));
    const page = await readPage('first-hour.md');
    assert.equal(await playPage(site, page, { folder, edits: {}, exits: {}, compares: false }), 9);
    assert.ok(!existsSync(join(folder, 'mirror/rules')), 'nothing is listed as missing');
    assert.deepEqual(await readStoredTags(join(site.folder, 'production/storage')), before);
  });
}

// Seen to fail: with `olmirror plan && olmirror apply` in one line, as plan ends with 2 where there is something to do.
test('what somebody else wrote is taken in by the commands of the README, and nothing is lost', async (t) => {
  const { site, folder } = await createDocSite(t, fillExistingSite, renderExistingObjects);
  await playPage(site, await readPage('first-hour.md'), { folder, edits: {}, exits: {} });
  const { host } = site.production;
  const c = await pushOperator(host, { name: 'c', versions: ['3.0.0'] });
  await pushIndex(host, { c }, { repository: REPOSITORY, tag: 'v4.20' });
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const section =
    /^### Somebody else wrote into production\n[^]*?(?=^### )/m.exec(readme)?.[0] ?? '';
  const state = join(folder, 'mirror');
  const plan =
    'olmirror plan                                 # exit code 2 where the index of both is to be pushed';
  const exits = { 'olmirror plan': [4], [plan]: [2] };
  assert.equal(await playPage(site, section, { folder: state, edits: {}, exits }), 5);
  assert.deepEqual(await readServed(site.open(site.production), REPOSITORY, 'v4.20'), [
    'c.v3.0.0',
    'operator-a.v1.0.0',
    'operator-a.v1.1.0',
    'operator-b.v2.0.0',
    'operator-b.v2.1.0',
    'operator-c.v0.10.0',
  ]);
  const again = await site.olmirror(['plan'], { cwd: state });
  assert.equal(again.code, 0, again.stdout);
});

// Seen to fail: without the new release in the block of YAML, and where init passes the second --from over.
test('a split site is led back to one port by the commands of its page, and nothing is lost', async (t) => {
  const { site, folder } = await createDocSite(t, fillSplitSite, renderSplitObjects);
  const [production = new Map<string, string>(), staging] = await readTags(site);
  const count = await playPage(site, await readPage('already-split.md'), {
    folder,
    edits: {
      'releases:': async (yaml, state) => {
        const file = join(state, 'mirror.yaml');
        await writeFile(file, `${await readFile(file, 'utf8')}${yaml}`);
      },
      'registries:': (yaml, state) =>
        writeFile(
          join(state, 'swapped.yaml'),
          `apiVersion: olmirror/v1alpha1\nkind: Mirror\nmetadata: { name: swapped }\nspec:\n${yaml}  releases:\n    - { version: 4.20.1, architecture: x86_64 }\n    - { version: 4.20.2, architecture: x86_64 }\n`,
        ),
    },
    exits: { 'olmirror plan': [2, 0] },
    outside: {
      'olmirror index info production': () =>
        writeFile(
          join(folder, 'clusters/objects.yaml'),
          renderReturnedObjects({
            production: site.production.host,
            staging: site.staging.host,
          }),
        ),
    },
  });
  assert.equal(count, 14);
  const [after = new Map<string, string>(), untouched] = await readTags(site);
  assert.deepEqual(untouched, staging);
  for (const [tag, digest] of production)
    if (tag !== 'olm/redhat-index:v4.20') assert.equal(after.get(tag), digest, tag);
  const served = await readServed(site.open(site.production), 'olm/redhat-index', 'v4.20');
  assert.deepEqual(served, [
    'operator-a.v1.1.0',
    'operator-a.v1.2.0',
    'operator-b.v2.1.0',
    'operator-c.v0.10.0',
    'operator-d.v3.1.0',
  ]);
});
