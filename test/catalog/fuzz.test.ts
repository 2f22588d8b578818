import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hashCatalog } from '../../src/catalog/hash-catalog.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { renderCatalogFiles } from '../support/render-catalog-files.ts';
import { sampleDocuments } from './sample-catalog.ts';

const SOUND = sampleDocuments({
  name: 'foo',
  channels: {
    stable: [
      { name: 'foo.v1.1.0', replaces: 'foo.v1.0.0', skipRange: '<1.1.0' },
      { name: 'foo.v1.0.0' },
    ],
  },
  deprecations: [{ schema: 'olm.package', message: 'gone' }],
});
const JSON_TEXT = SOUND.map((document) => JSON.stringify(document)).join('\n');
const YAML_TEXT = SOUND.map(
  (document) =>
    `---\n${Object.entries(document)
      .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
      .join('\n')}`,
).join('\n');

describe('broken catalogs', () => {
  it('end in problems with a place, never in a crash', () => {
    const bytes = fc.constantFrom(JSON_TEXT, YAML_TEXT).map((text) => Buffer.from(text));
    const cuts = fc.array(
      fc.tuple(
        fc.nat(5_000),
        fc.nat(40),
        fc.oneof(
          fc.uint8Array({ maxLength: 4 }),
          fc
            .constantFrom('{', '}', '"', '\n---\n', '[', ': ', '\t', '&a ', '*a', 'null')
            .map((text) => Buffer.from(text)),
        ),
      ),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(bytes, cuts, (sound, edits) => {
        const broken = edits.reduce<Uint8Array>(
          (text, [at, length, insert]) =>
            Buffer.concat([
              text.subarray(0, at % text.length),
              insert,
              text.subarray((at % text.length) + length),
            ]),
          sound,
        );
        const { catalog, problems } = parseCatalog([{ path: 'c', bytes: broken }]);
        for (const problem of [...problems, ...validateCatalog(catalog)])
          assert.ok(problem.file === 'c' && (problem.line ?? 0) > 0, problem.message);
        assert.equal(hashCatalog(catalog).length, 71);
        assert.ok(renderCatalogFiles(catalog).size >= 0);
      }),
      { numRuns: 1_500 },
    );
  });
});
