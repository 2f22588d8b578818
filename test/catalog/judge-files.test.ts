import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatProblemLine, type Problem } from '../../src/base/problem.ts';
import { selectCatalogFiles } from '../../src/catalog/ignore.ts';
import {
  type Judgement,
  joinJudged,
  judgeFile,
  judgeGroup,
} from '../../src/catalog/judge-files.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import type { CatalogFile, JsonObject } from '../../src/catalog/types.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { lintCatalog } from '../support/lint-catalog.ts';
import { findRealData } from '../support/real-data.ts';
import { fileOf, sampleDocuments } from './sample-catalog.ts';

/** The verdict file by file, and how many groups had to be judged together. */
async function judge(
  all: readonly CatalogFile[],
): Promise<Judgement & { readonly groups: readonly (readonly string[])[] }> {
  const files = selectCatalogFiles(all);
  const groups: (readonly string[])[] = [];
  const judgement = await joinJudged(files.map(judgeFile), (group) => {
    groups.push(group.packages);
    return Promise.resolve(
      judgeGroup(
        group.files.flatMap((index) => files[index] ?? []),
        group.packages,
      ),
    );
  });
  return { ...judgement, groups };
}

function judgeWhole(files: readonly CatalogFile[]): readonly Problem[] {
  const { catalog, problems } = parseCatalog(files);
  return [...problems, ...validateCatalog(catalog), ...lintCatalog(catalog)];
}

function sortLines(problems: readonly Problem[]): readonly string[] {
  return problems.map(formatProblemLine).toSorted();
}

const SAMPLE = sampleDocuments({
  name: 'foo',
  channels: {
    stable: [{ name: 'foo.v1.1.0', replaces: 'foo.v1.0.0' }, { name: 'foo.v1.0.0' }],
  },
  deprecations: [{ schema: 'olm.package', message: 'gone' }],
});

describe('judging file by file', () => {
  it('says what judging the whole catalog says, for all that opm judged', async () => {
    const cases = readFileSync(new URL('./oracle/validate.jsonl', import.meta.url), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line): { readonly files: Record<string, string> } => JSON.parse(line));
    let faulty = 0;
    for (const sample of cases) {
      const files = Object.entries(sample.files).map(([path, text]) => fileOf(path, text));
      const whole = sortLines(judgeWhole(files));
      assert.deepEqual(sortLines((await judge(files)).problems), whole);
      faulty += Number(whole.length > 0);
    }
    assert.ok(faulty > 300);
  });

  // Seen to fail: with packages of two files judged each on its own, "foo" has faults that it does not have.
  it('does not depend on how blobs are spread over files and mixed in them', async () => {
    const other = sampleDocuments({ name: 'bar', channels: { stable: [{ name: 'bar.v1.0.0' }] } });
    const loose: JsonObject = { schema: 'acme.x', name: 'twin' };
    const documents: JsonObject[] = [...SAMPLE, ...other, loose, loose];
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(documents, { minLength: 2 }),
        fc.array(fc.nat(2), { minLength: 20, maxLength: 20 }),
        async (blobs, places) => {
          const texts = ['', '', ''];
          for (const [index, blob] of blobs.entries())
            texts[places[index] ?? 0] += `${JSON.stringify(blob)}\n`;
          const files = texts
            .map((text, index) => fileOf(`${index}.json`, text))
            .filter((file) => file.bytes.length > 0);
          const { problems, packages, bundles } = await judge(files);
          assert.deepEqual(sortLines(problems), sortLines(judgeWhole(files)));
          const names = new Set(blobs.map((blob) => blob['package'] ?? blob['name']));
          names.delete('twin');
          assert.equal(packages, names.size);
          assert.equal(bundles, blobs.filter((blob) => blob['schema'] === 'olm.bundle').length);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('judges together only what the same files hold', async () => {
    const [head = {}, ...rest] = SAMPLE;
    const bar = sampleDocuments({ name: 'bar', channels: { stable: [{ name: 'bar.v1.0.0' }] } });
    const { groups, problems } = await judge([
      fileOf('a.json', JSON.stringify(head)),
      fileOf('b.json', rest.map((blob) => JSON.stringify(blob)).join('\n')),
      fileOf('c.json', bar.map((blob) => JSON.stringify(blob)).join('\n')),
    ]);
    assert.deepEqual(groups, [['foo']]);
    assert.ok(problems.every(({ severity }) => severity === 'warning'));
  });

  it('lists problems by file and line', async () => {
    const { problems } = await judge([
      fileOf('b.json', '{}\n{"schema":"olm.bundle"}\n{'),
      fileOf('a.yaml', '- 1\n---\nx: 1\n'),
    ]);
    const places = problems.map(({ file, line }) => `${file}:${line}`);
    assert.deepEqual(places, places.toSorted());
    assert.deepEqual(
      [...new Set(places)],
      ['a.yaml:1', 'a.yaml:3', 'b.json:1', 'b.json:2', 'b.json:3'],
    );
  });
});

const { path: DATA, skip } = findRealData('.');

describe('judging real catalogs file by file', { skip }, () => {
  const trees = existsSync(DATA)
    ? ['small', 'pairs'].flatMap((kind) =>
        readdirSync(join(DATA, kind)).map((name) => `${kind}/${name}`),
      )
    : [];
  for (const tree of trees)
    it(`${tree}: the verdict is that on the whole`, async () => {
      const root = join(DATA, tree);
      const files = readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((file) => ({ path: relative(root, file), bytes: readFileSync(file) }));
      assert.deepEqual(sortLines((await judge(files)).problems), sortLines(judgeWhole(files)));
    });
});
