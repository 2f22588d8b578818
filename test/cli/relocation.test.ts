import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSite } from '../support/site.ts';

// Seen to fail while `validate` did not read relocate.yaml at all.
test('validate names the faults of relocate.yaml, and no command goes by a swapped that the roles contradict', async (t) => {
  const site = await createSite(t);
  await site.writeManifest({ catalogs: [] });
  const [from, to] = [site.production.host, site.staging.host];
  async function write(...spec: readonly string[]): Promise<void> {
    const lines = ['apiVersion: olmirror/v1alpha1', 'kind: Relocation', 'spec:', ...spec, ''];
    await writeFile(join(site.state, 'relocate.yaml'), lines.join('\n'));
    await site.commit(spec.join(' '));
  }
  const hosts = [`  from: "${from}"`, `  to: "${to}"`];
  await write(...hosts, '  swaped: yes');
  const misspelt = await site.olmirror(['validate']);
  assert.equal(misspelt.code, 1);
  assert.match(misspelt.stdout, /relocate\.yaml:6:3: .*swaped/);
  await write(...hosts, '  swapped: 2026-11-28T10:00Z');
  const early = await site.olmirror(['validate', '--format', 'github']);
  assert.equal(early.code, 1);
  assert.match(early.stdout, /^::error .*file=relocate\.yaml,line=6.*::.*still has/m);
  const plan = await site.olmirror(['plan']);
  assert.equal(plan.code, 1);
  assert.match(plan.stderr, /still has[^]*take spec\.swapped out of relocate\.yaml/);
  await write(...hosts);
  const right = await site.olmirror(['validate']);
  assert.deepEqual([right.code, /relocate\.yaml: valid/.test(right.stdout)], [0, true]);
});
