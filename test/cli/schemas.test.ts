import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { makePackageText } from '../support/catalog.ts';
import { startLanguageServer } from '../support/language-server.ts';
import { createSandbox, type Sandbox } from '../support/sandbox.ts';
import { makeTwoPackages } from '../support/two-packages.ts';

const BY_HAND = {
  'rules/example/bridges.yaml': '[]\n',
  'rules/example/exclude.yaml': '- { package: alpha, reason: not used, by: ann }\n',
  'rules/example/known-missing.yaml':
    '\uFEFF- image: r.example/x*\r\n  reason: never\r\n  since: "2026-01-01"\r\n',
  'in-use.yaml':
    'apiVersion: olmirror/v1alpha1\nkind: InUse\nspec:\n  clusters:\n    - name: prod\n      subscriptions: []\n',
};

// Seen to fail: with lines that name schemas/ without ../, and with a default of null, at which the engine offers nothing.
test("the YAML plugin's engine finds every schema without a network, and completes, explains and judges by it", async (t) => {
  const site = await createRepository(t);
  for (const [path, text] of Object.entries(BY_HAND)) await site.write(path, text);
  assert.equal((await site.olmirror('schemas')).code, 0);
  const server = await startLanguageServer(site.folder);
  t.after(() => server.close());
  const [delivery = ''] = await site.list('deliveries');
  const files = ['mirror.yaml', `deliveries/${delivery}`, ...Object.keys(BY_HAND)];
  for (const path of files) {
    const text = await site.read(path);
    assert.deepEqual(await server.diagnose(path, text), [], path);
    // Judged by its own schema, not by none.
    const [line = ''] = text.split('\n');
    const item = path.startsWith('rules/') ? '- ' : '';
    const told = await server.diagnose(
      path.replace('.yaml', '-wrong.yaml'),
      `${line}\n${item}wrongField: x\n`,
    );
    assert.match(told.join('\n'), /wrongField/, path);
  }
  const manifest = await site.read('mirror.yaml');
  const line = manifest.split('\n').length - 1;
  await server.diagnose('open.yaml', `${manifest}  `);
  const offered = await server.complete('open.yaml', line, 2);
  assert.ok(offered.includes('movableTags') && offered.includes('releases'), offered.join());
  const strategy = manifest.split('\n').findIndex((text) => text.startsWith('  strategy:'));
  assert.match(await server.hover('open.yaml', strategy, 4), /append: production only grows/);
  // Of itself the plugin asks for its list of well-known schemas, and for nothing that our files name.
  assert.deepEqual(
    server.listReached().filter((host) => !host.endsWith('schemastore.org')),
    [],
  );
});

test('schemas names each schema once, keeps byte order mark and line ends, and leaves what names another', async (t) => {
  const site = await createRepository(t);
  for (const [path, text] of Object.entries(BY_HAND)) await site.write(path, text);
  const other = '# yaml-language-server: $schema=https://example.com/own.json\n[]\n';
  await site.write('rules/other/bridges.yaml', other);
  await site.write('rules/other/notes.yaml', 'x: 1\n');
  await site.write('schemas/mirror.schema.json', '{}');
  const first = await site.olmirror('schemas');
  assert.equal(
    first.stdout,
    [
      'in-use.yaml',
      'rules/example/bridges.yaml',
      'rules/example/exclude.yaml',
      'rules/example/known-missing.yaml',
      'schemas/mirror.schema.json',
    ]
      .map((file) => `Wrote ${file}.\n`)
      .join('') + 'Next: `git diff`, then commit them, so that every clone has them.\n',
  );
  const line = '# yaml-language-server: $schema=';
  assert.equal(
    await site.read('rules/example/known-missing.yaml'),
    `\uFEFF${line}../../schemas/known-missing.schema.json\r\n${BY_HAND['rules/example/known-missing.yaml'].slice(1)}`,
  );
  assert.equal(await site.read('rules/other/bridges.yaml'), other);
  assert.equal(await site.read('rules/other/notes.yaml'), 'x: 1\n');
  const second = await site.olmirror('schemas');
  assert.deepEqual(
    [second.code, second.stdout],
    [0, 'Every schema is there and named; nothing was written.\n'],
  );
});

// Seen to fail: without the line in what merge writes, and with it where the repository has no schemas.
test('init and merge name the schema of what they write, where the repository keeps it', async (t) => {
  const site = await createRepository(t);
  assert.match(
    await site.read('mirror.yaml'),
    /^# yaml-language-server: \$schema=schemas\/mirror\.schema\.json\n/,
  );
  const [first = ''] = await site.list('deliveries');
  const line = '# yaml-language-server: $schema=../schemas/delivery.schema.json\n# Delivery record';
  assert.ok((await site.read(`deliveries/${first}`)).startsWith(line));
  await site.commit();
  await site.delivery.write('gamma/catalog.json', makePackageText('gamma', [BUNDLE]));
  const merge = await site.olmirror('merge', '--from', site.delivery.folder);
  assert.deepEqual([merge.code, merge.stderr], [0, '']);
  const second = (await site.list('deliveries')).find((name) => name !== first) ?? '';
  assert.ok((await site.read(`deliveries/${second}`)).startsWith(line), second);
  await rm(join(site.folder, 'schemas'), { recursive: true });
  await site.commit();
  await site.delivery.write('delta/catalog.json', makePackageText('delta', [BUNDLE]));
  assert.equal((await site.olmirror('merge', '--from', site.delivery.folder)).code, 0);
  const third = (await site.list('deliveries')).find((name) => name !== first && name !== second);
  assert.ok((await site.read(`deliveries/${third}`)).startsWith('# Delivery record'), third);
});

const BUNDLE = { version: '1.0.0', image: `r.example/more@sha256:${'a'.repeat(64)}` };

interface Repository extends Sandbox {
  /** What is delivered, outside of the repository. */
  readonly delivery: Sandbox;
  commit(): Promise<void>;
}

/** A state repository that `init` wrote from a catalog on disk; no registry is asked. */
async function createRepository(t: TestContext): Promise<Repository> {
  const site = await createSandbox(t);
  const delivery = await createSandbox(t);
  for (const { path, text } of makeTwoPackages()) await delivery.write(path, text);
  function git(...args: readonly string[]) {
    return promisify(execFile)('git', [
      '-C',
      site.folder,
      '-c',
      'user.name=a',
      '-c',
      'user.email=a@example.com',
      ...args,
    ]);
  }
  await git('init', '--quiet');
  const init = await site.olmirror(
    'init',
    ...`--production localhost:5000 --staging localhost:5001 --from ${delivery.folder}`.split(' '),
    '--index=olm/example:v4.20',
  );
  assert.equal(init.code, 0, init.stderr);
  async function commit(): Promise<void> {
    await git('add', '--all');
    await git('commit', '--quiet', '--message', 'Take in');
  }
  return { ...site, delivery, commit };
}
