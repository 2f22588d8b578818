import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
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

describe('openVectorModule', () => {
  const skip = process.arch === 'x64' ? false : 'the flag is for x86-64';
  const [module, code] = ['base/assembled-module.ts', 'catalog/opm-text-code.ts'].map(
    (path) => pathToFileURL(join(ROOT, 'src', path)).href,
  );
  const script = `
    import { openVectorModule } from '${module}';
    import { CODE } from '${code}';
    console.log(openVectorModule(CODE) === null);`;

  function askWith(...flags: readonly string[]): string {
    const command = [...flags, '--input-type=module', '-e', script];
    return execFileSync(process.execPath, command, { encoding: 'utf8' }).trim();
  }

  it('gives none where the processor has no vector instructions', { skip }, () => {
    assert.deepEqual([askWith(), askWith('--no-enable-sse4-1')], ['false', 'true']);
  });
});
