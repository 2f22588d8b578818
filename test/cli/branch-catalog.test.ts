import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { CatalogBranch } from '../../src/plan/branch-types.ts';
import { makePackageText } from '../support/catalog.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { createSite, readText, type Site } from '../support/site.ts';

const branches = compileSchema<CatalogBranch>('catalog-branch');
const IMAGE = `registry.example.com/v/a@sha256:${'a'.repeat(64)}`;
const BRANCH = ['branch-catalog', 'idx', 'next', '--tag', 'v4.20'];

async function write(site: Site, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(site.state, path)), { recursive: true });
  await writeFile(join(site.state, path), text);
}

/** Package text whose bundles say up to which OpenShift they go, by version. */
function limit(text: string, limits: Readonly<Record<string, string>>): string {
  return Object.entries(limits).reduce(
    (all, [version, max]) =>
      all.replace(
        new RegExp(`("olm.bundle",\\s+"name": "[a-z]+\\.v${version}",[^]*?"properties": \\[)`),
        (begin) => `${begin}{"type":"olm.maxOpenShiftVersion","value":"${max}"},`,
      ),
    text,
  );
}

/** a goes from 4.18 to any release, b nowhere beyond 4.19, c says nothing. */
async function createState(t: Parameters<typeof createSite>[0]): Promise<Site> {
  const site = await createSite(t);
  const chain = [
    { version: '1.0.0', image: IMAGE },
    { version: '1.1.0', image: IMAGE, replaces: '1.0.0' },
  ];
  const texts = {
    a: limit(makePackageText('a', chain), { '1.0.0': '4.18' }),
    b: limit(makePackageText('b', chain), { '1.0.0': '4.18', '1.1.0': '4.19' }),
    c: makePackageText('c', chain),
  };
  for (const [name, text] of Object.entries(texts))
    await write(site, `catalogs/idx/${name}/catalog.json`, text);
  await site.commit('catalog');
  return site;
}

async function branch(site: Site, ...args: readonly string[]): Promise<CatalogBranch> {
  const { code, stdout, stderr } = await site.olmirror([...BRANCH, ...args, '--format', 'json']);
  assert.equal(code, 0, stdout + stderr);
  return parseChecked(branches, stdout);
}

const IN_USE = `apiVersion: olmirror/v1alpha1
kind: InUse
spec:
  clusters:
    - name: prod
      seen: 2026-11-20
      subscriptions:
        - { name: a, namespace: ops, package: a, source: cs-idx, installed: a.v1.0.0 }
        - { name: b, package: b, installed: b.v1.1.0 }
        - { name: c, package: c, installed: c.v0.9.0 }
        - { name: x, package: x, installed: x.v1.0.0 }
    - { name: test, clusterExtensions: [{ name: a, package: a, installed: a.v1.1.0 }, { name: b, package: b, installed: b.v1.0.0 }] }
`;

// Seen to fail with limits compared by `<=`, and with heads whatever they allow.
test('branch-catalog names the bundles that hold clusters back, where they are installed, and what to upgrade first', async (t) => {
  const site = await createState(t);
  await write(site, 'in-use.yaml', IN_USE);
  const found = await branch(site, '--dry-run');
  const prod = { cluster: 'prod', seen: '2026-11-20' };
  assert.deepEqual(found.limited, [
    {
      package: 'a',
      bundles: [
        {
          bundle: 'a.v1.0.0',
          max: '4.18',
          installed: [{ ...prod, user: 'Subscription ops/a', package: 'a', bundle: 'a.v1.0.0' }],
          upgrades: [{ channel: 'stable', head: 'a.v1.1.0' }],
        },
      ],
    },
    {
      package: 'b',
      bundles: [
        {
          bundle: 'b.v1.0.0',
          max: '4.18',
          installed: [
            {
              cluster: 'test',
              seen: null,
              user: 'ClusterExtension b',
              package: 'b',
              bundle: 'b.v1.0.0',
            },
          ],
          // Its head is for 4.19 at most.
          upgrades: [],
        },
        {
          bundle: 'b.v1.1.0',
          max: '4.19',
          installed: [{ ...prod, user: 'Subscription b', package: 'b', bundle: 'b.v1.1.0' }],
          upgrades: [],
        },
      ],
    },
  ]);
  assert.deepEqual(
    found.unknown.map(({ bundle }) => bundle),
    ['c.v0.9.0'],
  );
  const { stdout } = await site.olmirror([...BRANCH, '--dry-run']);
  for (const said of [
    /\n {4}b: b\.v1\.0\.0 \(4\.18\), b\.v1\.1\.0 \(4\.19\)\n/,
    /warning: a\.v1\.0\.0 is installed on prod \(Subscription ops\/a, seen 2026-11-20\)\. Upgrade the operator before the cluster: to a\.v1\.1\.0 \(channel stable\)/,
    /warning: b\.v1\.1\.0 is installed on prod .* deliver a newer version/,
    /warning: c\.v0\.9\.0 is installed on prod .* not known here/,
    /Dry run: nothing was written/,
  ])
    assert.match(stdout, said);
  assert.equal(await site.git('status', '--porcelain'), '?? in-use.yaml');
  const older = await site.olmirror(['branch-catalog', 'idx', 'next', '--tag', 'v4.18']);
  assert.match(older.stdout, /No bundle is made for less than OpenShift 4\.18/);
});

test('branch-catalog says where no release is named, and takes --openshift for it', async (t) => {
  const site = await createState(t);
  const args = ['branch-catalog', 'idx', 'next', '--dry-run', '--tag', 'next'];
  const blind = await site.olmirror(args);
  assert.equal(blind.code, 0, blind.stderr);
  assert.match(blind.stdout, /warning: The tag next names no release .*--openshift 4\.20/);
  const told = await site.olmirror([...args, '--openshift', '4.19']);
  assert.match(told.stdout, /\n {4}b: b\.v1\.0\.0 \(4\.18\)\n/);
  assert.match(told.stdout, /There is no in-use\.yaml, so nobody knows/);
});

function item(name: string, until: string): string {
  return `- { package: c, bundle: ${name}, reason: r, by: kim, until: ${until} } # ${name}\n`;
}

// Seen to fail without dropItem: the ended exclude came along.
test('branch-catalog copies files and rules byte for byte, leaves ended rules out, and adds one line to the manifest', async (t) => {
  const site = await createState(t);
  const excludes = `# ours\n${item('c.v0.1.0', '2020-01-01')}${item('c.v0.2.0', '2999-01-01')}`;
  await write(site, 'rules/idx/exclude.yaml', excludes);
  const bridge =
    '- { package: a, channel: stable, bundle: a.v1.1.0, skips: [a.v0.9.0], reason: r, by: b, until: 2020-01-01 }\n';
  await write(site, 'rules/idx/bridges.yaml', bridge);
  await write(site, 'rules/idx/known-missing.yaml', '[] # none\n');
  await write(
    site,
    'cluster/mine.yaml',
    'kind: CatalogSource\nmetadata: { name: next, namespace: olm }\nspec: { image: "h/olm/idx:v1" }\n',
  );
  await site.commit('rules');
  const before = await readText(site, 'mirror.yaml');
  const done = await branch(site);
  assert.deepEqual(done.leftOut, [
    'rules/idx/bridges.yaml:1 ended on 2020-01-01',
    'rules/idx/exclude.yaml:2 ended on 2020-01-01',
  ]);
  // cs-next would share the ClusterCatalog cc-next with the object `next`.
  assert.deepEqual(done.catalogSource, { name: 'cs-next-2', namespace: 'olm' });
  const changed = await site.git('status', '--porcelain', '--untracked-files=all');
  assert.deepEqual(changed.split('\n'), [
    'M mirror.yaml',
    '?? catalogs/next/a/catalog.json',
    '?? catalogs/next/b/catalog.json',
    '?? catalogs/next/c/catalog.json',
    '?? rules/next/exclude.yaml',
    '?? rules/next/known-missing.yaml',
  ]);
  for (const name of ['a', 'b', 'c'])
    assert.deepEqual(
      await readFile(join(site.state, `catalogs/next/${name}/catalog.json`)),
      await readFile(join(site.state, `catalogs/idx/${name}/catalog.json`)),
    );
  assert.equal(
    await readText(site, 'rules/next/exclude.yaml'),
    `# ours\n${item('c.v0.2.0', '2999-01-01')}`,
  );
  assert.equal(await readText(site, 'rules/next/known-missing.yaml'), '[] # none\n');
  const after = await readText(site, 'mirror.yaml');
  const added = after.split('\n').filter((line) => !before.split('\n').includes(line));
  assert.equal(added.length, 1);
  assert.equal(after.replace(`${added[0] ?? ''}\n`, ''), before);
  const valid = await site.olmirror(['validate']);
  assert.equal(valid.code, 0, valid.stdout + valid.stderr);
});

const REFUSALS: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['an unknown catalog', ['other', 'next', '--tag', 'v2'], /no catalog other/],
  ['a name that is taken', ['idx', 'more', '--tag', 'v2'], /has a catalog more already/],
  ['a folder that is there', ['idx', 'old', '--tag', 'v2'], /catalogs\/old is there already/],
  ['rules that are there', ['idx', 'ruled', '--tag', 'v2'], /rules\/ruled is there already/],
  [
    'the index of another',
    ['idx', 'next', '--tag', 'v1', '--repository', 'olm/more'],
    /olm\/more:v1 in production is the index of the catalog more/,
  ],
  ['a name that is none', ['idx', '../x', '--tag', 'v2'], /"\.\.\/x" is no name/],
  ['a tag that is none', ['idx', 'next', '--tag', 'a b'], /would not be valid:\n.*a tag:/],
  [
    'a release that is none',
    ['idx', 'next', '--tag', 'x', '--openshift', '4'],
    /is no minor release/,
  ],
  ['two releases', ['idx', 'next', '--tag', 'v4.20', '--openshift', '4.19'], /differ/],
  ['a catalog without files', ['more', 'next', '--tag', 'v2'], /holds no file/],
];

test('branch-catalog refuses what it cannot do, and writes nothing', async (t) => {
  const site = await createState(t);
  await site.writeManifest({ catalogs: ['idx', 'more'] });
  await write(site, 'catalogs/old/a/catalog.json', '{}');
  await write(site, 'rules/ruled/exclude.yaml', '');
  await site.commit('more');
  for (const [name, args, message] of REFUSALS) {
    const { code, stdout, stderr } = await site.olmirror(['branch-catalog', ...args]);
    assert.deepEqual([code, stdout], [1, ''], name);
    assert.match(stderr, message, name);
    assert.match(stderr, /\nHint: /, name);
    assert.equal(await site.git('status', '--porcelain'), '', name);
  }
  for (const path of ['catalogs/idx/d/catalog.json', 'rules/idx/exclude.yaml']) {
    await write(site, path, '[]\n');
    const dirty = await site.olmirror(BRANCH);
    assert.match(dirty.stderr, /has changes that are not committed/);
    await site.git('clean', '-fdq');
  }
  await write(site, 'catalogs/idx/c/catalog.json', '{ "schema": ');
  await site.commit('broken');
  const broken = await site.olmirror(BRANCH);
  assert.equal(broken.code, 1);
  assert.match(
    broken.stderr,
    /has faults, which a copy would have too:\ncatalogs\/idx\/c\/catalog\.json/,
  );
  assert.equal(await site.git('status', '--porcelain'), '');
});

// Seen to fail with known-missing.yaml left out of listRules in branch-rules.ts: the ended item came along.
test('branch-catalog leaves out what of known-missing.yaml has ended', async (t) => {
  const site = await createState(t);
  const lasting = '- { image: quay.io/never/*, reason: r, since: 2020-01-01 }\n';
  const ended =
    '- { image: quay.io/a, bundles: [a], reason: r, since: 2020-01-01, until: 2020-02-01 }\n';
  await write(site, 'rules/idx/known-missing.yaml', `# ours\n${ended}${lasting}`);
  await site.commit('rules');
  const done = await branch(site);
  assert.deepEqual(done.leftOut, ['rules/idx/known-missing.yaml:2 ended on 2020-02-01']);
  assert.equal(await readText(site, 'rules/next/known-missing.yaml'), `# ours\n${lasting}`);
});
