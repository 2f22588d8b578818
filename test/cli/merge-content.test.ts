import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { type SamplePackage, sampleDocuments } from '../catalog/sample-catalog.ts';
import { createSite, type Site } from '../support/site.ts';

const check = new Ajv({
  allErrors: true,
  strictTypes: false,
  keywords: ['patternErrorMessage'],
}).compile(
  JSON.parse(
    readFileSync(new URL('../../schemas/merge-result.schema.json', import.meta.url), 'utf8'),
  ),
);
const [V1, V2] = ['foo.v1.0.0', 'foo.v2.0.0'];

async function write(site: Site, folder: string, pkg: SamplePackage): Promise<void> {
  const file = join(site.state, folder, 'foo/catalog.json');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(
    file,
    sampleDocuments(pkg)
      .map((document) => JSON.stringify(document))
      .join('\n'),
  );
}

async function mergeJson(site: Site, ...args: readonly string[]) {
  const { code, stdout, stderr } = await site.olmirror(['merge', ...args, '--format', 'json']);
  assert.equal(code, 0, stderr);
  const document = JSON.parse(stdout);
  const valid: boolean = check(document);
  assert.ok(valid, JSON.stringify(check.errors));
  return document.catalogs[0];
}

test('merge gives the command that accepts a default channel, and that command works', async (t) => {
  const site = await createSite(t);
  await write(site, 'catalogs/idx', { name: 'foo', channels: { old: [{ name: V1 }] } });
  await site.commit('base');
  const channels = { new: [{ name: V2, replaces: V1 }, { name: V1 }] };
  await write(site, '../out of box', { name: 'foo', channels });
  const first = await site.olmirror(['merge', '--from', '../out of box']);
  assert.equal(first.code, 0, first.stderr);
  const command = /run `(olmirror merge [^`]*)` to make "new" the default channel/.exec(
    first.stdout,
  )?.[1];
  assert.equal(command, "olmirror merge idx --from '../out of box' --accept-default-channel");
  await site.commit('merged');
  const accept = ['idx', '--from', '../out of box', '--accept-default-channel'];
  const accepted = await mergeJson(site, ...accept);
  assert.deepEqual(accepted.changes[0].defaultChannel, { before: 'old', after: 'new' });
  assert.match(
    await readFile(join(site.state, 'catalogs/idx/foo/catalog.json'), 'utf8'),
    /"defaultChannel": "new"/,
  );
  await site.commit('accepted');
  const third = await mergeJson(site, '--from', '../out of box');
  assert.deepEqual([third.notes, third.changes[0].kind], [[], 'unchanged']);
});

test('merge prints re-releases and limits, with the OpenShift that the tag names', async (t) => {
  const site = await createSite(t);
  const manifest = join(site.state, 'mirror.yaml');
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('tag: v1,', 'tag: v4.15,'));
  const version = { type: 'olm.package', value: { packageName: 'foo', version: '1.0.0' } };
  function released(letter: string, createdAt: string) {
    const annotations = { createdAt };
    const image = `quay.io/v/foo@sha256:${letter.repeat(64)}`;
    return { image, properties: [version, { type: 'olm.csv.metadata', value: { annotations } }] };
  }
  await write(site, 'catalogs/idx', {
    name: 'foo',
    channels: { stable: [{ name: V1 }] },
    bundles: { [V1]: released('a', '2024-01-01') },
  });
  await site.commit('base');
  await write(site, '../delivery', {
    name: 'foo',
    channels: { stable: [{ name: V2, replaces: V1 }, { name: V1 }] },
    bundles: {
      [V1]: released('b', '2024-02-01'),
      [V2]: {
        properties: [
          { type: 'olm.package', value: { packageName: 'foo', version: '2.0.0' } },
          { type: 'olm.maxOpenShiftVersion', value: '4.15' },
          { type: 'olm.csv.metadata', value: { minKubeVersion: '1.28.0' } },
        ],
      },
    },
  });
  const { notes, changes } = await mergeJson(site, '--from', '../delivery', '--dry-run');
  assert.deepEqual(
    notes.map(({ kind }: { kind: string }) => kind),
    ['bundle-taken', 'max-openshift'],
  );
  assert.equal(
    changes[0].bundlesRereleased[0].image.after,
    `quay.io/v/foo@sha256:${'b'.repeat(64)}`,
  );
  const { stdout } = await site.olmirror(['merge', '--from', '../delivery', '--dry-run']);
  assert.match(stdout, /^ {2}~ foo {2}\+1 bundle, 1 re-released$/m);
  assert.match(
    stdout,
    /note: The bundle "foo\.v1\.0\.0" was released again \(image quay\.io\/v\/foo sha256:aaaaaaaaaaaa… → sha256:bbbbbbbbbbbb…\)/,
  );
  assert.match(stdout, /to 4\.16\. The catalog is for OpenShift 4\.15\.$/m);
});
