import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { formatProblemLine, hasErrors, type Problem } from '../../src/base/problem.ts';
import { isToolError } from '../../src/base/tool-error.ts';
import { convertCatalog } from '../../src/catalog/convert-catalog.ts';
import { diffCatalogs } from '../../src/catalog/diff-catalogs.ts';
import { filterCatalog } from '../../src/catalog/filter-catalog.ts';
import { hashCatalog } from '../../src/catalog/hash-catalog.ts';
import { selectCatalogFiles } from '../../src/catalog/ignore.ts';
import { mergeCatalogs } from '../../src/catalog/merge-catalogs.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import { renderFile } from '../../src/catalog/render-files.ts';
import type { Catalog, CatalogFile } from '../../src/catalog/types.ts';
import { buildUpgradeGraphs } from '../../src/catalog/upgrade-graph.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { type CatalogPool, openCatalogPool } from '../../src/cli/catalog-pool.ts';
import { readFolderContent } from '../../src/cli/catalog-sources.ts';
import { judgeSources } from '../../src/cli/judge-sources.ts';
import { holdSource } from '../../src/cli/read-source.ts';
import { takeIn } from '../../src/cli/take-in.ts';
import { CATALOG_DEFAULTS } from '../../src/manifest/defaults.ts';
import type { CatalogEntry } from '../../src/manifest/types.ts';
import { type SamplePackage, sampleCatalog, sampleDocuments } from '../catalog/sample-catalog.ts';
import { createFakeGit, type FakeGit } from '../fakes/git.ts';
import { lintCatalog } from '../support/lint-catalog.ts';
import { makeManifest } from '../support/manifest.ts';
import { renderCatalogFiles } from '../support/render-catalog-files.ts';
import { breakCatalog } from './break-catalog.ts';

const CASES = 10_000;
/** Milliseconds after which a case counts as hung. */
const HUNG = 5_000;

const ALPHA: SamplePackage = {
  name: 'alpha',
  channels: {
    stable: [
      { name: 'alpha.v1.2.0', replaces: 'alpha.v1.1.0', skips: ['alpha.v1.0.1'] },
      { name: 'alpha.v1.1.0', replaces: 'alpha.v1.0.0', skipRange: '>=1.0.0 <1.1.0' },
      { name: 'alpha.v1.0.0' },
    ],
    fast: [{ name: 'alpha.v1.2.0' }],
  },
  fields: { description: 'Says "hello".\nTwice.', icon: { base64data: 'eA==', mediatype: 'a/b' } },
  bundles: { 'alpha.v1.0.0': { count: 1.5, big: 12_345_678_901 } },
  deprecations: [
    { schema: 'olm.package', message: 'gone' },
    { schema: 'olm.bundle', name: 'alpha.v1.0.0', message: 'old' },
  ],
  others: [{ schema: 'acme.extra', name: 'x', nested: { list: [1, { a: null }] } }],
};
const BETA: SamplePackage = {
  name: 'beta',
  channels: { stable: [{ name: 'beta.v0.1.0' }] },
};
const DOCUMENTS = [...sampleDocuments(ALPHA), ...sampleDocuments(BETA), { schema: 'acme.loose' }];
const SOUND = sampleCatalog(ALPHA, BETA);
const MANIFEST = makeManifest();
const ENTRY: CatalogEntry = {
  name: 'idx',
  path: 'catalogs/idx',
  repository: { production: 'olm/idx', staging: 'olm/idx' },
  tag: { production: 'v4.19', staging: 'v4.19' },
  ...CATALOG_DEFAULTS,
};
const BASE = renderCatalogFiles(SOUND);
const MERGE = {
  duplicateBundle: 'newer',
  acceptDefaultChannel: false,
  strandedUpgrades: 'block',
} as const;

interface Tools {
  readonly pool: CatalogPool;
  readonly git: FakeGit;
  /** Where merged catalogs are written. */
  readonly folder: string;
}

/** What `olmirror validate` says of the files. */
async function validateFiles(
  all: readonly CatalogFile[],
  pool: CatalogPool,
): Promise<readonly Problem[]> {
  const files = selectCatalogFiles(all).map(({ path, bytes }) => ({
    path,
    size: bytes.length,
    content: bytes,
  }));
  return (await judgeSources({ files, problems: [] }, pool)).problems;
}

function assertPlaces(problems: readonly Problem[], files: readonly CatalogFile[]): void {
  const lines = new Map(
    files.map(({ path, bytes }) => [
      path,
      Buffer.from(bytes).toString('latin1').split('\n').length,
    ]),
  );
  for (const problem of problems) {
    const { file = '', line = 0, column = 1 } = problem;
    const inside = line >= 1 && line <= (lines.get(file) ?? 0) && column >= 1;
    assert.ok(inside, `no place in a file: ${JSON.stringify(problem)}`);
  }
}

function sortLines(problems: readonly Problem[]): readonly string[] {
  return problems.map(formatProblemLine).toSorted();
}

/** Does what `olmirror merge` does with the files; whether it took them. */
async function mergeFiles(
  files: readonly CatalogFile[],
  { git, folder }: Tools,
  dryRun: boolean,
): Promise<boolean> {
  const about = { name: 'broken', role: null, local: true, image: null, digest: null } as const;
  const request = {
    command: 'merge',
    entry: ENTRY,
    manifest: MANIFEST,
    source: holdSource({ ...about, files, problems: [] }),
    acceptDefaultChannel: true,
    allOrNothing: false,
    dryRun,
  } as const;
  try {
    await takeIn(request, {
      git: { ...git, folder },
      today: '2026-01-02',
      signal: new AbortController().signal,
      allowed: Promise.resolve(),
      findHeld: null,
    });
    return true;
  } catch (error) {
    assert.ok(isToolError(error, 'CATALOG_INVALID'), String(error));
    assert.match(error.message, /:\d+(?::\d+)?: .*\nNothing was written\.$/s);
    return false;
  }
}

/** What was merged must be as sound as what it was merged into. */
async function judgeMerged({ folder, pool }: Tools): Promise<void> {
  const { files } = await readFolderContent(join(folder, ENTRY.path));
  const problems = await validateFiles(files, pool);
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error'),
    [],
  );
}

/** Lays the catalog that is merged into where Git has it. */
async function layBase(folder: string): Promise<void> {
  const at = join(folder, ENTRY.path);
  await rm(at, { recursive: true, force: true });
  for (const [path, text] of BASE) {
    await mkdir(dirname(join(at, path)), { recursive: true });
    await writeFile(join(at, path), text);
  }
}

/** Puts a catalog through everything that reads one. */
function useEverywhere(catalog: Catalog, valid: boolean): void {
  assert.match(hashCatalog(catalog), /^sha256:/);
  assert.ok([...renderCatalogFiles(catalog).values()].every((text) => text.endsWith('\n')));
  assert.deepEqual(diffCatalogs(catalog, catalog), { packages: [], looseChanged: false });
  diffCatalogs(catalog, SOUND);
  diffCatalogs(SOUND, catalog);
  for (const pkg of catalog.packages.values())
    assert.equal(buildUpgradeGraphs(pkg).length, pkg.channels.length);
  mergeCatalogs(catalog, SOUND, MERGE);
  mergeCatalogs(SOUND, catalog, MERGE);
  if (valid) useValid(catalog);
}

function useValid(catalog: Catalog): void {
  const all = [...catalog.packages.keys()].map((name) => ({
    package: name,
    channels: null,
    versions: null,
    bundles: null,
  }));
  const kept = filterCatalog(catalog, { packages: all, defaultChannels: new Map() });
  assert.equal(hasErrors(validateCatalog(kept.catalog)), false);
  for (const form of ['json', 'yaml'] as const) {
    const { files } = convertCatalog(catalog, { form, layout: 'file' });
    const texts = [...files].map(([path, text]) => ({ path, bytes: Buffer.from(text) }));
    const again = parseCatalog(texts);
    assert.deepEqual(again.problems, []);
    assert.equal(hashCatalog(again.catalog), hashCatalog(catalog));
  }
}

/** How many cases there are to each that goes through more than validate and merge. */
const SHARE = 10;

async function tryCase(
  files: readonly CatalogFile[],
  seed: number,
  tools: Tools,
): Promise<'valid' | 'refused'> {
  const problems = await validateFiles(files, tools.pool);
  assertPlaces(problems, files);
  const valid = !hasErrors(problems);
  const writes = seed % SHARE === 0;
  if (writes) await layBase(tools.folder);
  const merged = await mergeFiles(files, tools, !writes);
  assert.ok(merged || !valid, 'merge refuses what validate takes');
  if (writes && merged) await judgeMerged(tools);
  if (seed % SHARE === 1) {
    const { catalog, problems: faults } = parseCatalog(files);
    const atOnce = [...faults, ...validateCatalog(catalog), ...lintCatalog(catalog)];
    assert.deepEqual(sortLines(problems), sortLines(atOnce));
    useEverywhere(catalog, valid);
  }
  if (seed % SHARE === 2)
    for (const file of files)
      for (const form of ['json', 'yaml'] as const)
        assertPlaces(renderFile(file, form).problems, files);
  return valid ? 'valid' : 'refused';
}

function readSeed(): number {
  const given = process.env['OLMIRROR_SEED'];
  return given === undefined ? Math.floor(Math.random() * 0x7fff_ffff) : Number(given);
}

describe('broken catalogs', () => {
  let tools: Tools | null = null;
  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'olmirror-broken-'));
    const git = createFakeGit(folder);
    for (const [path, text] of BASE) git.write(`${ENTRY.path}/${path}`, text);
    const pool = openCatalogPool({ size: 0, signal: new AbortController().signal });
    tools = { pool, git, folder };
  });
  after(async () => {
    await tools?.pool.close();
    if (tools !== null) await rm(tools.folder, { recursive: true });
  });

  it(`each of ${CASES} ends in a verdict with a place, and merge takes what is valid`, async (context) => {
    const first = readSeed();
    context.diagnostic(
      `seeds ${first} to ${first + CASES - 1}; OLMIRROR_SEED=${first} repeats them`,
    );
    const verdicts = { valid: 0, refused: 0 };
    for (let seed = first; seed < first + CASES; seed += 1) {
      const { files, story } = breakCatalog(DOCUMENTS, seed);
      const start = performance.now();
      try {
        assert.ok(tools !== null);
        verdicts[await tryCase(files, seed, tools)] += 1;
      } catch (error) {
        throw new Error(`Seed ${seed}: ${story.join('; ')}.`, { cause: error });
      }
      const spent = performance.now() - start;
      assert.ok(spent < HUNG, `Seed ${seed} took ${spent} ms: ${story.join('; ')}.`);
    }
    context.diagnostic(JSON.stringify(verdicts));
    assert.ok(
      verdicts.valid > CASES / 50 && verdicts.refused > CASES / 2,
      JSON.stringify(verdicts),
    );
  });
});
