import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { makePackageText } from '../support/catalog.ts';
import { createSite } from '../support/site.ts';

const IMAGE = `registry.example.com/v/db@sha256:${'a'.repeat(64)}`;
const RULES = 'rules/idx/bridges.yaml';

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

// Seen to fail: with take-in.ts passing no bridges to the merge, the second merge exited 4.
test('merge prints the bridge that would close a gap, and takes it out of bridges.yaml once it is declared', async (t) => {
  const site = await createSite(t);
  await write(
    join(site.state, 'catalogs/idx/db/catalog.json'),
    makePackageText('db', [{ version: '1.0.0', image: IMAGE }]),
  );
  await site.commit('one');
  const delivery = join(site.folder, 'delivery/catalog.json');
  await write(
    delivery,
    makePackageText('db', [{ version: '3.0.0', image: IMAGE, replaces: '2.0.0' }]),
  );
  const blocked = await site.olmirror(['merge', '--from', delivery]);
  assert.equal(blocked.code, 4, blocked.stderr);
  const start = blocked.stdout.indexOf('      - package: db');
  const proposal = blocked.stdout.slice(start).split('\n').slice(0, 7);
  const text = proposal.map((line) => line.slice(6)).join('\n');
  assert.match(text, /^- package: db\n[\s\S]* {2}replaces: db\.v1\.0\.0\n/);

  await t.test('validate asks for what is left to fill in, with its place', async () => {
    await write(join(site.state, RULES), `${text}\n`);
    const { code, stdout } = await site.olmirror(['validate']);
    assert.equal(code, 1);
    assert.match(stdout, /^rules\/idx\/bridges\.yaml:6:11: \[0\]\.reason is empty/m);
    assert.match(stdout, /^rules\/idx\/bridges\.yaml:7:7: \[0\]\.by is empty/m);
    const merge = await site.olmirror(['merge', '--from', delivery]);
    assert.equal(merge.code, 1);
    assert.match(merge.stderr, /rules\/idx\/bridges\.yaml is not valid:[\s\S]*:6:11/);
  });

  const declared = text.replace('reason: ""', 'reason: tried').replace('by: ""', 'by: kim');
  await t.test(
    'merge writes the edge into the catalog, tells of it, and does nothing twice',
    async () => {
      await write(join(site.state, RULES), `${declared}\n`);
      await site.git('checkout', '--', 'catalogs');
      const merge = await site.olmirror(['merge', '--from', delivery]);
      assert.equal(merge.code, 0, merge.stderr);
      assert.match(
        merge.stdout,
        /note: By the bridge at rules\/idx\/bridges\.yaml:1 .*tried \(kim\)\./,
      );
      const catalog = await readFile(join(site.state, 'catalogs/idx/db/catalog.json'), 'utf8');
      assert.match(catalog, /"replaces": "db\.v1\.0\.0"/);
      await site.commit('bridged');
      const again = await site.olmirror(['merge', '--from', delivery]);
      assert.equal(again.code, 0, again.stderr);
      assert.match(again.stdout, /nothing new/);
      assert.equal(await site.git('status', '--porcelain'), '');
      assert.equal((await site.olmirror(['validate'])).code, 0);
    },
  );

  await t.test('validate warns of what no package, channel or entry answers to', async () => {
    const astray = declared.replace('channel: stable', 'channel: stabel');
    await write(join(site.state, RULES), `${astray}\n  skipRange: ^1.0\n`);
    const { code, stdout } = await site.olmirror(['validate']);
    assert.equal(code, 1);
    assert.match(stdout, /bridges\.yaml:2:12: warning: The package "db" has no channel "stabel"/);
    assert.match(stdout, /bridges\.yaml:\d+:14: "\^1\.0" is not a version range/);
  });
});
