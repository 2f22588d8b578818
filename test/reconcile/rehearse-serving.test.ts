import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { digestOf } from '../../src/base/digest.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import {
  readIndexLayout,
  type UnpackedIndex,
  unpackIndex,
  writeIndexLayout,
} from '../../src/cli/rehearsal-layout.ts';
import { buildIndexImage } from '../../src/index/build-index.ts';
import type { RehearsalCheck } from '../../src/plan/index-types.ts';
import { rehearseServing } from '../../src/reconcile/rehearse-serving.ts';
import { openCatalogServer } from '../../src/serve/open-catalog-server.ts';
import { createFakeRegistry } from '../fakes/registry.ts';
import { countProcesses, writeFakeOpm } from '../support/fake-opm.ts';
import { makeTwoPackages } from '../support/two-packages.ts';

interface World extends UnpackedIndex {
  readonly root: string;
  readonly catalog: Catalog;
}

let world: World;

before(async () => {
  const root = await mkdtemp(join(tmpdir(), 'olmirror-serving-'));
  const files = makeTwoPackages().map(({ path, text }) => ({ path, bytes: Buffer.from(text) }));
  const built = await buildIndexImage({
    catalog: parseCatalog(files).catalog,
    cache: 'json',
    compression: 'gzip',
    platforms: ['linux/amd64'],
    base: null,
    content: digestOf('content'),
    annotations: {},
  });
  const layout = join(root, 'layout');
  await writeIndexLayout(layout, built);
  const image = await readIndexLayout(layout, built, createFakeRegistry());
  const { catalog } = parseCatalog(image.files);
  world = { root, catalog, ...(await unpackIndex(root, image)) };
});
after(() => rm(world.root, { recursive: true, force: true }));

interface Rehearsed {
  readonly opm: string;
  readonly checks: readonly RehearsalCheck[];
}

async function rehearse(lie: string, timeout = 60_000): Promise<Rehearsed> {
  const folder = await mkdtemp(join(world.root, 'opm-'));
  const opm = await writeFakeOpm(folder, lie);
  const { catalog, catalogFolder, cacheFolder } = world;
  const checks = await rehearseServing(catalog, openCatalogServer, {
    program: opm,
    catalogFolder,
    cacheFolder,
    searchPath: process.env['PATH'] ?? '',
    workFolder: join(folder, 'work'),
    timeout,
    signal: new AbortController().signal,
  });
  return { opm, checks };
}

const STARTS = [
  ['', 'opm takes the cache, whose digest it checks, and says that it serves.'],
  ['old', 'opm takes the cache, whose digest it checks, and says that it serves.'],
  [
    'older',
    'opm is given the cache, and is too old to say whether it takes it or builds its own, and says that it serves.',
  ],
  ['port taken', 'opm takes the cache, whose digest it checks, and says that it serves.'],
] as const;
for (const [lie, message] of STARTS)
  test(`rehearseServing finds nothing wrong with an opm that is right${lie && `, but ends at first: ${lie}`}`, async () => {
    const { checks, opm } = await rehearse(lie);
    assert.deepEqual(
      checks.map(({ name, state }) => [name, state]),
      ['start', 'packages', 'heads', 'bundles'].map((name) => [name, 'passed']),
      JSON.stringify(checks),
    );
    assert.equal(checks[0]?.message, message);
    assert.equal(await countProcesses(opm), 0);
  });

/** What opm does wrong, the check that finds it, how that ends, and what it says. */
const LIES: readonly (readonly [string, string, 'failed' | 'unknown', RegExp])[] = [
  ['package', 'packages', 'failed', /package alpha is not served/],
  ['strange package', 'packages', 'failed', /package strange is served, and the catalog has none/],
  [
    'default channel',
    'packages',
    'failed',
    /alpha: defaultChannel is odd, and the catalog says stable/,
  ],
  [
    'wrong head',
    'heads',
    'failed',
    /beta\/stable: the head is beta\.v1\.0\.0, and the catalog says beta\.v1\.2\.0/,
  ],
  ['missing bundle', 'bundles', 'failed', /bundle alpha\/stable\/alpha\.v1\.0\.0 is not served/],
  ['image', 'bundles', 'failed', /image is r\.example\/other@sha256:0, and the catalog says/],
  [
    'edges',
    'bundles',
    'failed',
    /beta\.v1\.1\.0: replaces is empty, and the catalog says beta\.v1\.0\.0/,
  ],
  [
    'unknown bundle',
    'bundles',
    'failed',
    /opm failed to answer GetBundle \(alpha stable alpha\.v1\.0\.0\): no bundle/,
  ],
  ['csv', 'bundles', 'failed', /its ClusterServiceVersion is no JSON/],
  ['die', 'bundles', 'failed', /opm ended with exit code 137: it said nothing/],
  ['dies at once', 'start', 'failed', /^opm ended with exit code 2: it said nothing$/],
  ['no health', 'start', 'failed', /opm failed to answer Check: The server does not implement/],
  ['crash at start', 'start', 'failed', /opm ended with exit code 1: open \/database\/index\.db/],
  [
    'integrity',
    'start',
    'failed',
    /opm ended with exit code 1: integrity check failed: cache requires rebuild/,
  ],
  ['hang', 'packages', 'unknown', /opm did not answer ListPackages within 6 s/],
  ['never listen', 'start', 'unknown', /opm did not begin to serve within 6 s/],
  ['not serving', 'start', 'unknown', /opm did not begin to serve within 6 s/],
];

for (const [lie, name, end, reason] of LIES)
  test(`rehearseServing finds and names what opm gets wrong: ${lie}`, async () => {
    const { checks, opm } = await rehearse(lie, end === 'unknown' ? 6_000 : 60_000);
    const wrong = checks.filter(({ state }) => state === 'failed' || state === 'unknown');
    assert.deepEqual(
      wrong.map((check) => [check.name, check.state]),
      [[name, end]],
      JSON.stringify(checks),
    );
    const [check] = wrong;
    assert.match([check?.message, ...(check?.details ?? [])].join('\n'), reason);
    assert.equal(await countProcesses(opm), 0);
  });

// Seen to fail with the modes left to the umask in write-tree.ts: opm refused every cache.
test('rehearseServing finds a catalog that is not the one of its cache', async () => {
  const folder = join(world.catalogFolder, 'alpha');
  const { mode } = await stat(folder);
  await chmod(folder, 0o700);
  try {
    const { checks } = await rehearse('');
    assert.deepEqual(
      checks.map(({ state }) => state),
      ['failed', 'skipped', 'skipped', 'skipped'],
    );
    assert.match(
      checks[0]?.message ?? '',
      /^opm ended with exit code 1: integrity check failed: cache requires rebuild: cache reports digest as "[0-9a-f]{16}", but computed digest is "[0-9a-f]{16}"$/,
    );
  } finally {
    await chmod(folder, mode);
  }
});
