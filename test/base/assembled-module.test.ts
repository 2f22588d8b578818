import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { assemble, nameCode } from '../../scripts/lib/assemble.mjs';

const ROOT = join(import.meta.dirname, '../..');

describe('WebAssembly', () => {
  const texts = globSync(join(ROOT, 'src/**/*.wat'));

  it('has a text beside every module', () => {
    const codes = globSync(join(ROOT, 'src/**/*-code.ts')).filter((path) =>
      readFileSync(path, 'utf8').startsWith('// Assembled '),
    );
    assert.ok(texts.length > 0);
    assert.deepEqual(texts.map(nameCode).toSorted(), codes.toSorted());
  });

  for (const text of texts) {
    it(`runs what ${relative(ROOT, text)} says`, async () => {
      const code = await assemble(text);
      assert.equal(
        readFileSync(nameCode(text), 'utf8'),
        code,
        'node scripts/assemble.mjs renews it.',
      );
    });
  }
});
