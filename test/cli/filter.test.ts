import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FilterFacts } from '../../src/report/render-filter-text.ts';
import { type SamplePackage, sampleDocuments } from '../catalog/sample-catalog.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { findRealData } from '../support/real-data.ts';
import { createSandbox, type Sandbox } from '../support/sandbox.ts';
import { createSite, pushIndex, pushOperator } from '../support/site.ts';

const RESULT = compileSchema<FilterFacts>('filter-result');
const CHAIN = ['1.3.0', '1.2.0', '1.1.0', '1.0.0'].map((version, i, all) => {
  const next = all[i + 1];
  return { name: `db.v${version}`, ...(next === undefined ? {} : { replaces: `db.v${next}` }) };
});
const DB: SamplePackage = {
  name: 'db',
  channels: {
    stable: CHAIN,
    fast: [{ name: 'db.v2.0.0', replaces: 'db.v1.3.0' }, { name: 'db.v1.3.0' }],
  },
  deprecations: [{ schema: 'olm.bundle', name: 'db.v1.0.0', message: 'Unsafe.' }],
};
const WEB: SamplePackage = {
  name: 'web',
  channels: { stable: [{ name: 'web.v1.0.0' }] },
  bundles: {
    'web.v1.0.0': {
      properties: [
        { type: 'olm.package', value: { packageName: 'web', version: '1.0.0' } },
        { type: 'olm.package.required', value: { packageName: 'db', versionRange: '>=1.0.0' } },
      ],
    },
  },
};

function textOf(...packages: readonly SamplePackage[]): string {
  const documents = packages.flatMap(sampleDocuments);
  return documents.map((document) => `${JSON.stringify(document)}\n`).join('');
}

/** The names that stand in what `filter` printed, a line a blob. */
function listNames(text: string): readonly string[] {
  return [...text.matchAll(/^ {4}"schema": "olm\.(.*)",\n(?: {4}"name": "(.*)")?/gm)].map(
    ([, schema, name]) => `${schema} ${name ?? ''}`.trim(),
  );
}

async function prepare(t: Parameters<typeof createSandbox>[0]): Promise<Sandbox> {
  const sandbox = await createSandbox(t);
  await sandbox.write('idx/db/catalog.json', textOf(DB));
  await sandbox.write('idx/web/catalog.json', textOf(WEB));
  return sandbox;
}

test('filter prints the catalog on stdout and what it did on stderr', async (t) => {
  const sandbox = await prepare(t);
  const range = 'db:stable:>=1.1.0 <1.2.0';
  const { code, stdout, stderr } = await sandbox.olmirror('filter', 'idx', '--package', range);
  assert.equal(code, 0, stderr);
  assert.deepEqual(listNames(stdout), [
    'package db',
    'channel stable',
    'bundle db.v1.1.0',
    'bundle db.v1.2.0',
    'bundle db.v1.3.0',
  ]);
  assert.equal(
    stderr,
    [
      'Kept of idx: 1 of 2 packages, with 3 of their 5 bundles',
      '  db',
      '      stable (default): 3 of 4 versions, head db.v1.3.0',
      '      channels dropped: fast',
      '      kept for the path to a head: db.v1.2.0, db.v1.3.0',
      '      bundles dropped: db.v1.0.0, db.v2.0.0',
      '      1 deprecation of what is gone dropped',
      '  packages dropped: web',
      '',
    ].join('\n'),
  );

  await t.test(
    'what it prints is a valid catalog, and filtering it again changes nothing',
    async () => {
      await sandbox.write('once/catalog.json', stdout);
      assert.equal((await sandbox.olmirror('validate', 'once')).code, 0);
      const again = await sandbox.olmirror('filter', 'once/catalog.json', '--package', range);
      assert.deepEqual([again.code, again.stdout], [0, stdout]);
    },
  );

  await t.test('-o yaml says the same, and -q leaves stderr to errors', async () => {
    const yaml = await sandbox.olmirror('filter', 'idx', '--package', range, '-o', 'yaml', '-q');
    assert.deepEqual([yaml.code, yaml.stderr], [0, '']);
    assert.match(yaml.stdout, /^---\nschema: olm\.package\nname: db\n/);
    await sandbox.write('once.yaml', yaml.stdout);
    const diff = await sandbox.olmirror('diff', 'once/catalog.json', 'once.yaml', '--exit-code');
    assert.equal(diff.code, 0, diff.stdout);
  });

  await t.test('--format json puts the report on stderr, as its schema has it', async () => {
    const args = ['--package', range, '--format', 'json', '-q'];
    const json = await sandbox.olmirror('filter', 'idx', ...args);
    assert.deepEqual([json.code, json.stdout], [0, stdout]);
    const report = parseChecked(RESULT, json.stderr);
    assert.deepEqual([report.source, report.outputDir], ['idx', null]);
    assert.deepEqual(report.packages[0]?.bundlesForPath, ['db.v1.2.0', 'db.v1.3.0']);
  });
});

test('filter takes packages, bundles and a selection, which add up', async (t) => {
  const sandbox = await prepare(t);
  const cases: readonly (readonly [args: readonly string[], names: string])[] = [
    [
      ['--package', 'web', '--package', 'db:fast'],
      'package db, channel fast, bundle db.v1.3.0, bundle db.v2.0.0, package web, channel stable, bundle web.v1.0.0',
    ],
    [
      ['--package', 'db::>=2.0.0', '--package', 'db:stable:1.3.0'],
      'package db, channel fast, channel stable, bundle db.v1.3.0, bundle db.v2.0.0',
    ],
    [['--bundle', 'db.v1.2.0'], 'package db, channel stable, bundle db.v1.2.0, bundle db.v1.3.0'],
    [['--bundle', 'web/web.v1.0.0'], 'package web, channel stable, bundle web.v1.0.0'],
    [
      ['--selection', 'selection.yaml', '--package', 'web'],
      'package db, channel fast, channel stable, bundle db.v1.3.0, bundle db.v2.0.0, package web, channel stable, bundle web.v1.0.0',
    ],
  ];
  await sandbox.write(
    'selection.yaml',
    'packages:\n  - name: db\n    channels: [fast]\n    defaultChannel: fast\n  - name: db\n    bundles: [db.v1.3.0]\n',
  );
  for (const [args, names] of cases) {
    const { code, stdout, stderr } = await sandbox.olmirror('filter', 'idx', ...args);
    assert.equal(code, 0, stderr);
    assert.equal(listNames(stdout).join(', '), names, args.join(' '));
    if (args[0] === '--selection') assert.match(stdout, /"defaultChannel": "fast"/);
  }
});

test('filter says where the default channel goes, and takes the one that is asked for', async (t) => {
  const sandbox = await prepare(t);
  const gone = await sandbox.olmirror('filter', 'idx', '--package', 'db:fast');
  assert.match(
    gone.stderr,
    /default channel is now fast: stable is dropped \(--default-channel db=/,
  );
  const asked = ['--package', 'db', '--default-channel', 'db=fast'];
  const other = await sandbox.olmirror('filter', 'idx', ...asked);
  assert.match(other.stderr, /default channel is now fast, as asked, instead of stable/);
  assert.match(other.stdout, /"defaultChannel": "fast"/);
});

test('filter warns of what a kept bundle requires and the result lacks', async (t) => {
  const sandbox = await prepare(t);
  const { code, stderr } = await sandbox.olmirror('filter', 'idx', '--package', 'web');
  assert.equal(code, 0);
  assert.match(
    stderr,
    /warning: web\.v1\.0\.0 requires db >=1\.0\.0, which the result lacks; .*db/,
  );
  const both = await sandbox.olmirror('filter', 'idx', '--package', 'web', '--package', 'db');
  assert.doesNotMatch(both.stderr, /warning/);
});

test('filter --output-dir writes a folder a package, and reports on stdout', async (t) => {
  const sandbox = await prepare(t);
  const args = ['filter', 'idx', '--package', 'db:stable', '--output-dir'];
  const json = await sandbox.olmirror(...args, 'small', '--format', 'json');
  assert.deepEqual([json.code, json.stderr], [0, '']);
  const report = parseChecked(RESULT, json.stdout);
  assert.equal(report.outputDir, 'small');
  assert.deepEqual(report.packagesDropped, ['web']);
  assert.deepEqual(await sandbox.list('small'), ['db/catalog.json']);
  const yaml = await sandbox.olmirror(...args, 'deep/small', '-o', 'yaml');
  assert.match(yaml.stdout, /^Written to deep\/small\.$/m);
  assert.deepEqual(await sandbox.list('deep/small'), ['db/catalog.yaml']);
  assert.equal((await sandbox.olmirror('diff', 'small', 'deep/small', '--exit-code')).code, 0);

  await t.test('which must be new or empty', async () => {
    const full = await sandbox.olmirror(...args, 'small');
    assert.deepEqual([full.code, full.stdout], [1, '']);
    assert.match(full.stderr, /^small is not empty: it holds db\. Nothing was written\.\nHint: /);
    const file = await sandbox.olmirror(...args, 'idx/db/catalog.json');
    assert.deepEqual([file.code, file.stdout], [1, '']);
    assert.match(file.stderr, /cannot be the output folder: it is a file/);
    assert.deepEqual(await sandbox.list('.'), [
      'deep/small/db/catalog.yaml',
      'idx/db/catalog.json',
      'idx/web/catalog.json',
      'small/db/catalog.json',
    ]);
  });

  await t.test('and -v names every bundle', async () => {
    const one = ['filter', 'many.json', '--bundle', 'many.v1.0.9'];
    const entries = Array.from({ length: 10 }, (_, i) => {
      return { name: `many.v1.0.${i}`, ...(i === 0 ? {} : { replaces: `many.v1.0.${i - 1}` }) };
    });
    await sandbox.write('many.json', textOf({ name: 'many', channels: { stable: entries } }));
    assert.doesNotMatch((await sandbox.olmirror(...one)).stderr, /many\.v1\.0\.8/);
    assert.match((await sandbox.olmirror(...one, '-v')).stderr, /bundles dropped:.*many\.v1\.0\.8/);
  });
});

test('filter ends with 1, a hint and nothing on stdout where it cannot do what is asked', async (t) => {
  const sandbox = await prepare(t);
  await sandbox.write('idx-two/a.json', textOf(DB, { ...DB, name: 'other' }));
  await sandbox.write(
    'heads.json',
    textOf({ name: 'p', channels: { s: [{ name: 'p.v1.0.0' }, { name: 'p.v2.0.0' }] } }),
  );
  await sandbox.write('bad.yaml', 'schema: olm.package\nname: q\n  bad: [\n');
  await sandbox.write('s1.yaml', 'packages:\n  - name: db\n    chanels: [x]\n  - versions: 3\n');
  await sandbox.write('s2.yaml', 'packages:\n  - name: [db\n');
  await sandbox.write('s3.yaml', '');
  await sandbox.write('s4.yaml', 'packages:\n  - name: dba\n');
  const cases: readonly (readonly [args: readonly string[], expected: readonly RegExp[]])[] = [
    [['idx'], [/^Nothing is selected/]],
    [
      ['idx', '--package', 'dab'],
      [/There is no package dab\./, /graph --source idx/],
    ],
    [['idx', '--selection', 's4.yaml'], [/There is no package dba\. Did you mean db\?/]],
    [['idx', '--package', 'db:stabel'], [/db has no channel stabel\. Did you mean stable\?/]],
    [
      ['idx', '--package', 'db:stable:>=9.0.0'],
      [/No version of the channel stable of db is in ">=9\.0\.0"\. It has 1\.0\.0 to 1\.3\.0\./],
    ],
    [['idx', '--package', 'db:stable:^1'], [/"\^1" is not a version range/]],
    [['idx', '--package', 'db:stable:'], [/"db:stable:" has an empty range/]],
    [['idx', '--package', ':stable'], [/":stable" names no package/]],
    [['idx', '--package'], [/^Not enough arguments following: package/]],
    [['idx', '--bundle', 'db.v1.9.0'], [/There is no bundle db\.v1\.9\.0\./]],
    [['idx-two', '--bundle', 'db.v1.0.0'], [/2 packages have .* --bundle db\/db\.v1\.0\.0 or /]],
    [['idx', '--package', 'db', '--default-channel', 'fast'], [/"fast" is not PACKAGE=CHANNEL/]],
    [['idx', '--package', 'web', '--default-channel', 'db=fast'], [/given for db, of which noth/]],
    [['idx', '--package', 'db', '--default-channel', 'db=slow'], [/slow/]],
    [
      ['heads.json', '--package', 'p'],
      [/opm would refuse/, /heads\.json:2.*2 heads/],
    ],
    [['bad.yaml', '--package', 'q'], [/bad\.yaml:3:6: This is not YAML/]],
    [
      ['idx', '--selection', 's1.yaml'],
      [/s1\.yaml:3:5: .*unknown field "chanels"/, /s1\.yaml:4:5: .*lacks the field "name"/],
    ],
    [['idx', '--selection', 's2.yaml'], [/s2\.yaml:3:1: The file is not valid YAML/]],
    [['idx', '--selection', 's3.yaml'], [/s3\.yaml:1:1: The file is empty/]],
    [['idx', '--selection', 's9.yaml'], [/There is nothing at s9\.yaml/]],
    [['nowhere', '--package', 'db'], [/"nowhere" is neither a path that exists/]],
    [['staging', '--package', 'db'], [/Without a manifest nobody knows/]],
    [['idx', '--package', 'db', '-o', 'xml'], [/Choices: "json", "yaml"/]],
    [['idx', '--package', 'db', '--format', 'sarif'], [/Choices: "text", "json"/]],
    [['idx', '--pakage', 'db'], [/Unknown argument: pakage/]],
    [['--package', 'db'], [/Not enough non-option arguments/]],
  ];
  for (const [args, expected] of cases) {
    const { code, stdout, stderr } = await sandbox.olmirror('filter', ...args);
    assert.deepEqual([code, stdout], [1, ''], args.join(' '));
    for (const pattern of [...expected, /^Hint: /m]) assert.match(stderr, pattern, args.join(' '));
  }
});

test('filter of what YAML cannot say asks for JSON, or puts it into a file beside', async (t) => {
  const sandbox = await createSandbox(t);
  const exact = textOf({ name: 'p', channels: { s: [{ name: 'p.v1.0.0' }] } }).replace(
    '"schema":"olm.channel"',
    '"schema":"olm.channel","x":0.10000000000000000001',
  );
  await sandbox.write('p.json', exact);
  const args = ['filter', 'p.json', '--package', 'p', '-o', 'yaml'];
  const { code, stdout, stderr } = await sandbox.olmirror(...args);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /YAML cannot say olm\.channel "s" of p to the letter[\s\S]*-o json/);
  assert.equal((await sandbox.olmirror(...args, '--output-dir', 'out')).code, 0);
  assert.deepEqual(await sandbox.list('out'), ['p/catalog-exact.json', 'p/catalog.yaml']);
  assert.match(await sandbox.read('out/p/catalog-exact.json'), /0\.10000000000000000001/);
});

test('filter reads the index of a role, with --catalog where there are several, and any image', async (t) => {
  const site = await createSite(t);
  await site.writeManifest({ catalogs: ['idx', 'other'] });
  const { host } = site.production;
  const a = await pushOperator(host, { name: 'a', versions: ['1.0.0', '1.1.0'] });
  await pushIndex(host, { a });
  const args = ['filter', 'production', '--bundle', 'a.v1.1.0', '-q'];
  const unclear = await site.olmirror(args);
  assert.deepEqual([unclear.code, unclear.stdout], [1, '']);
  assert.match(unclear.stderr, /has 2 catalogs[\s\S]*--catalog: idx, other/);
  const role = await site.olmirror([...args, '--catalog', 'idx']);
  assert.equal(role.code, 0, role.stderr);
  assert.deepEqual(listNames(role.stdout), ['package a', 'channel stable', 'bundle a.v1.1.0']);
  const image = ['filter', `${host}/olm/idx:v1`, '--bundle', 'a.v1.1.0', '-q', '--insecure'];
  const elsewhere = await site.olmirror(image, { cwd: site.folder });
  assert.deepEqual([elsewhere.code, elsewhere.stdout], [0, role.stdout], elsewhere.stderr);
});

const real = findRealData('small/01-external-dns-v4.19-deprecations');

test('filter of a real catalog keeps the ways to the head, and is valid', {
  skip: real.skip,
}, async (t) => {
  const sandbox = await createSandbox(t);
  const range = 'external-dns-operator:stable-v1:>=1.1.0 <1.2.0';
  const args = ['--package', range, '--output-dir', 'out', '--format', 'json'];
  const { code, stdout, stderr } = await sandbox.olmirror('filter', real.path, ...args);
  assert.equal(code, 0, stderr);
  const report = parseChecked(RESULT, stdout);
  const [pkg] = report.packages;
  assert.equal(pkg?.bundlesKept.length, 5);
  assert.deepEqual(pkg.bundlesForPath, ['external-dns-operator.v1.3.8']);
  assert.equal(pkg.deprecationsDropped, 1);
  const verdict = await sandbox.olmirror('validate', 'out');
  assert.equal(verdict.code, 0, verdict.stdout);
  const graph = await sandbox.olmirror('graph', '--source', 'out');
  assert.match(graph.stdout, /stable-v1 \* +external-dns-operator\.v1\.3\.8 +5 +0$/m);
});
