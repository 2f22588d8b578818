import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makePackageText } from '../support/catalog.ts';
import {
  createServedSite,
  type ReadPlan,
  type ReadWay,
  readClaim,
  type ServedSite,
  serveClaim,
} from '../support/served-site.ts';
import { pushIndex, readText } from '../support/site.ts';

type Change = (site: ServedSite) => Promise<unknown>;

const CUSTOM = { schema: 'custom.example', name: 'x', value: 1 };

function asLines(...blobs: readonly object[]): string {
  return blobs.map((blob) => `${JSON.stringify(blob)}\n`).join('');
}

// One after the other: what a change left is served when the next one comes.
const CHANGES: Readonly<Record<string, Change>> = {
  'a bundle added': (site) => site.writePackage('a', 3),
  'a bundle removed': (site) => site.writePackage('b', 1),
  'a package added': (site) => site.writePackage('f', 2),
  'a package removed': (site) => site.remove('catalogs/idx/e'),
  'another default channel': async (site) => {
    const text = makePackageText('c', (site.bundles.get('c') ?? []).slice(0, 2));
    await site.write('catalogs/idx/c/catalog.json', text.replaceAll('"stable"', '"fast"'));
  },
  'objects of custom schemas, with a package and without': (site) =>
    site.write('catalogs/idx/more.json', asLines({ ...CUSTOM, package: 'a' }, CUSTOM)),
  'objects of custom schemas that change, and a deprecation': (site) =>
    site.write(
      'catalogs/idx/old/more.json',
      asLines(
        { ...CUSTOM, package: 'a', value: 2 },
        {
          schema: 'olm.deprecations',
          package: 'a',
          entries: [{ reference: { schema: 'olm.bundle', name: 'a.v1.0.0' }, message: 'Old.' }],
        },
      ),
    ),
  'a file at another place, and a change besides': async (site) => {
    await site.remove('catalogs/idx/d');
    const bundles = (site.bundles.get('d') ?? []).slice(0, 2);
    await site.write('catalogs/idx/deep/er/d.json', makePackageText('d', bundles));
    await site.writePackage('b', 2);
  },
  'a file that is ignored': (site) => site.write('catalogs/idx/.indexignore', 'old\n'),
  'several commits': async (site) => {
    await site.writePackage('a', 4);
    await site.commit('one');
    await site.write('README.md', 'unrelated\n');
    await site.commit('two');
    await site.writePackage('f', 3);
  },
  'a manifest that says more': async (site) => {
    const { productionProxy, stagingProxy } = site;
    await site.writeManifest({
      production: productionProxy.host,
      staging: stagingProxy.host,
      catalogs: ['idx', 'other'],
    });
    await site.write(
      'catalogs/other/f/catalog.json',
      makePackageText('f', site.bundles.get('f') ?? []),
    );
    await site.writePackage('f', 4);
  },
};

async function createFilled(
  t: TestContext,
  manifest: Parameters<typeof createServedSite>[1] = {},
): Promise<ServedSite> {
  const site = await createServedSite(t, manifest);
  for (const name of ['a', 'b', 'c', 'd', 'e']) await site.writePackage(name, 2);
  await site.commit('base');
  await site.apply();
  return site;
}

/** Plans by both ways, and gives what both say. */
async function planBoth(
  site: ServedSite,
  { name, way = 'no layers' }: { readonly name: string; readonly way?: ReadWay },
): Promise<ReadPlan['plan']> {
  const here = await site.plan();
  const alone = await site.planAlone();
  assert.deepEqual([here.way, alone.way], [way, 'layers'], name);
  assert.deepEqual(here.plan, alone.plan, name);
  return here.plan;
}

test('a plan tells what changes out of the commit that is served, as it does out of the layers', async (t) => {
  const site = await createFilled(t);
  for (const [name, change] of Object.entries(CHANGES)) {
    await change(site);
    await site.commit(name);
    const plan = await planBoth(site, { name });
    assert.ok((plan.catalogs[0]?.packages ?? []).length > 0, name);
    await site.apply();
  }
});

test('the same holds where addresses are rewritten', async (t) => {
  const site = await createFilled(t, { fields: 'references: rewrite' });
  await site.writePackage('a', 3);
  await site.writePackage('b', 1);
  await site.remove('catalogs/idx/c');
  // Another address upstream, and the same one in the index: no change for users.
  const d = makePackageText('d', (site.bundles.get('d') ?? []).slice(0, 2));
  await site.write('catalogs/idx/d/catalog.json', d.replaceAll('registry.', 'other.'));
  await site.commit('changes');
  const plan = await planBoth(site, { name: 'changes' });
  assert.deepEqual(
    plan.catalogs[0]?.packages?.map((it) => [it.package, it.change, it.bundlesAdded]),
    [
      ['a', 'changed', ['a.v1.2.0']],
      ['b', 'changed', []],
      ['c', 'removed', []],
    ],
  );
  await site.apply();
  const { productionProxy, stagingProxy } = site;
  const hosts = { production: productionProxy.host, staging: stagingProxy.host };
  await site.writeManifest({ ...hosts, fields: 'references: keep' });
  await site.writePackage('a', 4);
  await site.commit('kept');
  await planBoth(site, { name: 'addresses that were rewritten', way: 'layers' });
});

test('what the commit does not answer for is read from the registry', async (t) => {
  const site = await createFilled(t);
  const first = await readClaim(site);
  await site.writePackage('a', 3);
  await site.commit('a.v1.2.0');
  await site.apply();
  const second = await readClaim(site);
  await site.writePackage('b', 3);
  await site.commit('b.v1.2.0');
  const honest = await planBoth(site, { name: 'as it was built' });
  await serveClaim(site, second);
  assert.equal((await site.plan()).way, 'no layers');
  const claims = {
    'the content of another catalog': { ...second, content: first.content },
    'another commit': { ...second, revision: first.revision },
    'what is no commit': { ...second, revision: 'HEAD~1' },
    'all that is right, of an image that is not ours': { ...second, isKept: false },
  };
  for (const [name, claim] of Object.entries(claims)) {
    await serveClaim(site, claim);
    const plan = await planBoth(site, { name, way: 'layers' });
    assert.deepEqual(plan.catalogs[0]?.packages, honest.catalogs[0]?.packages, name);
  }
});

test('a history that was rewritten, and a catalog that moved, are no reason to stop', async (t) => {
  const site = await createFilled(t);
  const before = await site.git('rev-parse', 'HEAD');
  await site.writePackage('a', 3);
  await site.git('add', '-A');
  await site.git('commit', '-q', '--amend', '-m', 'anew');
  const rewritten = await planBoth(site, { name: 'rewritten' });
  await site.git('reflog', 'expire', '--expire=now', '--all');
  await site.git('gc', '-q', '--prune=now');
  await assert.rejects(site.git('cat-file', '-e', before));
  const gone = await site.plan();
  assert.deepEqual(gone, { way: 'layers', plan: rewritten });
  await site.apply();
  await rename(join(site.state, 'catalogs/idx'), join(site.state, 'catalogs/moved'));
  const manifest = await readText(site, 'mirror.yaml');
  await site.write('mirror.yaml', manifest.replace('catalogs/idx', 'catalogs/moved'));
  await site.write(
    'catalogs/moved/a/catalog.json',
    makePackageText('a', site.bundles.get('a') ?? []),
  );
  await site.commit('moved');
  await planBoth(site, { name: 'moved', way: 'layers' });
});

test('an index that was taken in is read from the registry', async (t) => {
  const site = await createServedSite(t);
  const a = site.bundles.get('a') ?? [];
  await pushIndex(site.production.host, { a: a.slice(0, 2) });
  assert.equal((await site.olmirror(['init'])).code, 0);
  await site.commit('init');
  await site.writePackage('a', 3);
  await site.commit('a.v1.2.0');
  const plan = await planBoth(site, { name: 'taken in', way: 'layers' });
  assert.deepEqual(plan.catalogs[0]?.packages?.[0]?.bundlesAdded, ['a.v1.2.0']);
});
