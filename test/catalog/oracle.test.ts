import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { fileOf } from './sample-catalog.ts';

interface OracleCase {
  readonly id: string;
  readonly files: Readonly<Record<string, string>>;
  readonly exit: number;
  readonly message: string;
}

const CASES: readonly OracleCase[] = readFileSync(
  new URL('./oracle/validate.jsonl', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n')
  .map((line): OracleCase => JSON.parse(line));

describe('the verdict on the 652 catalogs that opm judged', () => {
  it('is opm’s in every case', () => {
    assert.equal(CASES.length, 652);
    const different = CASES.filter(
      (sample) => judge(sample).length > 0 !== (sample.exit !== 0),
    ).map(({ id }) => id);
    assert.deepEqual(different, []);
  });

  it('names the package, channel or bundle that opm names', () => {
    const silent = CASES.filter(({ exit }) => exit !== 0).filter((sample) => {
      const said = judge(sample)
        .map((problem) => JSON.stringify(problem))
        .join('\n');
      return listNamed(sample.message).some((name) => !said.includes(name));
    });
    assert.deepEqual(
      silent.map(({ id, message }) => `${id}: ${message}`),
      [],
    );
  });

  it('comes with file and line for every error', () => {
    for (const sample of CASES) {
      for (const problem of judge(sample))
        assert.ok(
          problem.file !== undefined && (problem.line ?? 0) > 0,
          `${sample.id}: ${problem.message}`,
        );
    }
  });
});

function judge(sample: OracleCase): ReturnType<typeof validateCatalog> {
  const { catalog, problems } = parseCatalog(
    Object.entries(sample.files).map(([path, text]) => fileOf(path, text)),
  );
  return [...problems, ...validateCatalog(catalog)].filter(({ severity }) => severity === 'error');
}

const NAMED = /(?:package|channel|bundle) "([^"]+)"/g;

function listNamed(message: string): readonly string[] {
  return [...message.matchAll(NAMED)].map(([, name = '']) => name);
}
