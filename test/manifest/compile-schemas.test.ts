import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { build } from 'esbuild';
import { compileSchemas } from '../../scripts/lib/compile-schemas.mjs';
import * as schemas from '../../src/manifest/schemas.ts';

const VALUES = [
  null,
  [],
  {},
  [{ package: 1, channel: '', bundle: 'b', until: 'soon', more: true }],
  [{ package: 'p', channel: 'c', bundle: 'b', reason: 'r', by: 'me', skips: ['a', 'a', 3] }],
  { packages: [{ name: '' }, { name: 'a', channels: {} }] },
  {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Mirror',
    metadata: { name: 'Not A Name' },
    spec: { registries: { production: { host: '' } }, catalogs: [{ base: 7 }], policy: { x: 1 } },
  },
  {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'InUse',
    spec: { clusters: [{ name: 'a', seen: 'never' }] },
  },
  { apiVersion: 'olmirror/v1alpha1', kind: 'Delivery', spec: { digest: 'sha256:1', gaps: [''] } },
];

let folder = '';
let built: typeof schemas;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'olmirror-schemas-'));
  const outfile = join(folder, 'schemas.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, '../../src/manifest/schemas.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    plugins: [{ name: 'compiled-schemas', setup: compileSchemas }],
  });
  built = await import(outfile);
});
after(() => rm(folder, { recursive: true }));

// Seen to fail: with `verbose` left out at build time, and with a schema left out of those compiled.
describe('compileSchemas', () => {
  for (const [name, source] of Object.entries(schemas))
    it(`gives ${name} of the build the faults of the source`, () => {
      const compiled = Object.entries(built).find(([key]) => key === name)?.[1];
      assert.ok(compiled !== undefined);
      let faults = 0;
      for (const value of VALUES) {
        const expected = source.listErrors(value);
        assert.deepEqual(compiled.listErrors(value), expected);
        assert.equal(compiled.accepts(value), expected.length === 0);
        faults += expected.length;
      }
      assert.ok(faults >= VALUES.length - 2, `${faults} faults are too few to tell anything`);
    });
});
