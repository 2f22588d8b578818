import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatProblemLine, hasErrors, type Problem } from '../../src/base/problem.ts';
import { convertCatalog } from '../../src/catalog/convert-catalog.ts';
import { diffCatalogs } from '../../src/catalog/diff-catalogs.ts';
import { filterCatalog } from '../../src/catalog/filter-catalog.ts';
import { hashCatalog } from '../../src/catalog/hash-catalog.ts';
import { selectCatalogFiles } from '../../src/catalog/ignore.ts';
import { joinJudged, judgeFile, judgeGroup } from '../../src/catalog/judge-files.ts';
import { mergeCatalogs } from '../../src/catalog/merge-catalogs.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import { renderCatalogFiles } from '../../src/catalog/render-catalog.ts';
import { renderFile } from '../../src/catalog/render-files.ts';
import type { Catalog, CatalogFile } from '../../src/catalog/types.ts';
import { buildUpgradeGraphs } from '../../src/catalog/upgrade-graph.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { type SamplePackage, sampleCatalog, sampleDocuments } from '../catalog/sample-catalog.ts';
import { lintCatalog } from '../support/lint-catalog.ts';
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
const MERGE = {
  duplicateBundle: 'newer',
  acceptDefaultChannel: false,
  strandedUpgrades: 'block',
} as const;

async function judgeByFile(all: readonly CatalogFile[]): Promise<readonly Problem[]> {
  const files = selectCatalogFiles(all);
  const { problems } = await joinJudged(files.map(judgeFile), ({ files: held, packages }) =>
    Promise.resolve(
      judgeGroup(
        held.flatMap((index) => files[index] ?? []),
        packages,
      ),
    ),
  );
  return problems;
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

async function tryCase(files: readonly CatalogFile[]): Promise<'valid' | 'refused'> {
  const { catalog, problems: faults } = parseCatalog(files);
  const problems = [...faults, ...validateCatalog(catalog), ...lintCatalog(catalog)];
  assertPlaces(problems, files);
  assert.deepEqual(sortLines(await judgeByFile(files)), sortLines(problems));
  for (const file of files) {
    assertPlaces(renderFile(file, 'json').problems, files);
    renderFile(file, 'yaml');
  }
  const valid = !hasErrors(problems);
  useEverywhere(catalog, valid);
  return valid ? 'valid' : 'refused';
}

function readSeed(): number {
  const given = process.env['OLMIRROR_SEED'];
  return given === undefined ? Math.floor(Math.random() * 0x7fff_ffff) : Number(given);
}

describe('broken catalogs', () => {
  it(`each of ${CASES} ends in a verdict with a place, the same in both ways of judging`, async (context) => {
    const first = readSeed();
    context.diagnostic(`seeds ${first} to ${first + CASES - 1}`);
    const verdicts = { valid: 0, refused: 0 };
    for (let seed = first; seed < first + CASES; seed += 1) {
      const { files, story } = breakCatalog(DOCUMENTS, seed);
      const start = performance.now();
      try {
        verdicts[await tryCase(files)] += 1;
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
