import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { findRemoteFolder } from '../../src/cli/state-folder.ts';
import type { ManifestReports } from '../../src/plan/manifest-reports.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { ALL, createManySites, sitePath } from '../support/many-sites.ts';

const checkReports = compileSchema<ManifestReports>('manifest-reports');
const [A, B, C] = [sitePath('a'), sitePath('b'), sitePath('c')];

function codesOf({ exitCode, manifests }: ManifestReports): readonly number[] {
  return [exitCode, ...manifests.map((section) => section.exitCode)];
}

// Seen to fail: with the order of the exit codes turned round plan ended with 2. Not tried: an error that ends the loop over
// manifests, after which c would not be applied.
test('a command for each of several manifests reports them apart, whatever becomes of one, and its exit code stands for all', async (t) => {
  const site = await createManySites(t, ['a', 'b', 'c']);
  const image = await site.bring('image');
  await site.writeSite(B, { spec: '  strategi: append' });
  await site.writeSite(C, { images: [image] });
  await site.commit('b is broken, c wants something');
  async function runAll(...args: readonly string[]): Promise<ManifestReports> {
    const { code, stdout } = await site.olmirror(['--manifest', ALL, ...args, '--format', 'json']);
    const reports = parseChecked(checkReports, stdout);
    assert.equal(reports.exitCode, code);
    assert.deepEqual(
      reports.manifests.map(({ manifest }) => manifest),
      [A, B, C],
    );
    return reports;
  }
  const planned = await runAll('plan');
  assert.deepEqual(codesOf(planned), [1, 0, 1, 2]);
  assert.deepEqual(
    planned.manifests.map(({ error }) => error?.code ?? null),
    [null, 'MANIFEST_INVALID', null],
  );
  assert.deepEqual(codesOf(await runAll('validate')), [1, 0, 1, 0]);
  assert.deepEqual(codesOf(await runAll('status')), [1, 0, 1, 0]);
  const applied = await runAll('apply');
  assert.deepEqual(codesOf(applied), [1, 0, 1, 0]);
  assert.ok(await site.isCopied(image));
  for (const [index, kind] of ['Plan', 'Report'].entries()) {
    const { manifests } = [planned, applied][index] ?? planned;
    const check = compileSchema(kind.toLowerCase());
    for (const { report } of manifests)
      if (report !== null) parseChecked(check, JSON.stringify(report));
  }

  await site.writeSite(B);
  await site.commit('b is mended');
  const text = await site.olmirror(['--manifest', `${A},${C}`, 'plan']);
  assert.equal(text.code, 0, text.stderr);
  assert.match(
    text.stdout,
    /^=== sites\/a\/mirror\.yaml\nNo changes\..*\n=== sites\/c\/mirror\.yaml\nNo changes\./,
  );
  const one = await site.olmirror(['--manifest', A, 'plan']);
  assert.match(one.stdout, /^No changes\./, 'of one manifest it is as it always was');
  for (const args of [['plan', '--out', 'p.json'], ['merge'], ['history', 'show', 'x']]) {
    const refused = await site.olmirror(['--manifest', ALL, ...args]);
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /takes one manifest, and --manifest names 3: sites\/a\/mirror\.yaml, /,
    );
  }
});

// Seen to fail: with a state folder for each folder, the suspension of other.yaml held mirror.yaml too.
test('two manifests in one folder share neither lock nor history nor suspension, and that of mirror.yaml stays where it was', async (t) => {
  const site = await createManySites(t, []);
  const [first, second] = [await site.bring('first'), await site.bring('second')];
  await site.writeSite('mirror.yaml', { images: [first] });
  await site.writeSite('other.yaml', { images: [second] });
  await site.commit('two of them');
  const held = ['suspend', '--reason', 'moved', '--by', 'kim'];
  assert.equal((await site.olmirror(['--manifest', 'other.yaml', ...held])).code, 0);
  for (const name of ['mirror.yaml', 'other.yaml']) {
    const { code, stderr } = await site.olmirror(['--manifest', name, 'apply', '--unattended']);
    assert.equal(code, 0, stderr);
  }
  assert.deepEqual([await site.isCopied(first), await site.isCopied(second)], [true, false]);
  const history = await site.olmirror(['history']);
  assert.equal(history.stdout.split('apply').length - 1, 1, history.stdout);
  const folders = await readdir(join(site.folder, 'xdg-state/olmirror'));
  const old = createHash('sha256').update(site.state).digest('hex').slice(0, 16);
  assert.deepEqual([folders.length, folders.includes(old)], [2, true]);
});

test('the state folder of a remote hangs on its address without credentials, and on the manifest', () => {
  const folders = [
    findRemoteFolder('https://kim:one@git.example/ops/mirror.git', 'mirror.yaml'),
    findRemoteFolder('https://kim:two@git.example/ops/mirror.git', 'mirror.yaml'),
    findRemoteFolder('https://git.example/ops/mirror.git', 'sites/a/mirror.yaml'),
    findRemoteFolder('https://git.example/ops/other.git', 'mirror.yaml'),
    findRemoteFolder('https://git.example/ops/mirror.git', null),
  ];
  assert.equal(folders[0], folders[1]);
  assert.equal(new Set(folders).size, 4);
});
