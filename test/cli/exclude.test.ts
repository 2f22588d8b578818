import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { MergeSummary } from '../../src/report/render-merge-text.ts';
import {
  type SampleEntry,
  type SamplePackage,
  sampleDocuments,
} from '../catalog/sample-catalog.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { findRealData } from '../support/real-data.ts';
import { createSite, type Site } from '../support/site.ts';

interface MergeResult {
  readonly catalogs: readonly MergeSummary[];
}

interface Validation {
  readonly subjects: readonly { readonly problems: readonly { readonly file?: string }[] }[];
}

const MERGED = compileSchema<MergeResult>('merge-result');
const JUDGED = compileSchema<Validation>('validation');
const RULES = 'rules/idx/exclude.yaml';

function chain(...versions: readonly string[]): readonly SampleEntry[] {
  return versions.map((version, i) => {
    const next = versions[i + 1];
    return { name: `db.v${version}`, ...(next === undefined ? {} : { replaces: `db.v${next}` }) };
  });
}

const OLD: SamplePackage = { name: 'db', channels: { stable: chain('1.1.0', '1.0.0') } };
const NEW: SamplePackage = {
  name: 'db',
  channels: {
    stable: chain('1.2.0', '1.1.0', '1.0.0'),
    beta: chain('2.0.0', '1.2.0', '1.1.0'),
  },
};
const WEB: SamplePackage = { name: 'web', channels: { stable: [{ name: 'web.v1.0.0' }] } };

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

async function writePackages(folder: string, ...packages: readonly SamplePackage[]): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const pkg of packages)
    await write(
      join(folder, pkg.name, 'catalog.json'),
      sampleDocuments(pkg)
        .map((document) => `${JSON.stringify(document)}\n`)
        .join(''),
    );
}

/** A state repository with `base` committed, `exclude` in its rules, and a delivery beside. */
async function prepare(
  site: Site,
  content: {
    readonly base: readonly SamplePackage[];
    readonly delivery: readonly SamplePackage[];
    readonly exclude: string;
  },
): Promise<void> {
  await writePackages(join(site.state, 'catalogs/idx'), ...content.base);
  await writePackages(join(site.folder, 'delivery'), ...content.delivery);
  await write(join(site.state, RULES), content.exclude);
  await rm(join(site.state, 'deliveries'), { recursive: true, force: true });
  await site.commit('next');
}

async function merge(
  site: Site,
  ...args: readonly string[]
): Promise<MergeSummary & { readonly code: number | null }> {
  const all = ['merge', '--from', '../delivery', '--format', 'json', ...args];
  const { code, stdout, stderr } = await site.olmirror(all);
  assert.ok(code === 0 || code === 4, stderr);
  const [summary] = parseChecked(MERGED, stdout).catalogs;
  assert.ok(summary !== undefined);
  return { ...summary, code };
}

function readPackage(site: Site, name: string): string {
  return readFileSync(join(site.state, `catalogs/idx/${name}/catalog.json`), 'utf8');
}

// Seen to fail: with take-in.ts passing no exclusions on.
test('merge keeps out what exclude.yaml names, says so, and writes it into the record', async (t) => {
  const site = await createSite(t);
  await prepare(site, {
    base: [OLD],
    delivery: [NEW, WEB],
    exclude: [
      '# reviewed 2026-10-01',
      '- { package: db, bundle: db.v1.2.0, reason: CVE-1, by: kim, until: 2999-01-01 }',
      '- { package: db, channel: beta, reason: not supported here, by: lee }',
      '- { package: web, reason: not licensed, by: lee, until: null }',
      '',
    ].join('\n'),
  });
  assert.equal((await site.olmirror(['validate'])).code, 0);

  await t.test('in words', async () => {
    const { code, stdout } = await site.olmirror(['merge', '--from', '../delivery', '--dry-run']);
    assert.equal(code, 0);
    assert.match(stdout, /^ {2}excluded, so not in the catalog: web$/m);
    for (const [line, what] of [
      [2, 'the bundle "db.v1.2.0" of "db"'],
      [3, 'the channel "beta" of "db"'],
      [4, 'the package "web"'],
    ])
      assert.match(
        stdout,
        new RegExp(`note: The delivery brings ${what}; it is kept out by ${RULES}:${line} \\(`),
      );
  });

  await t.test('in JSON, in Git and in the record', async () => {
    const { code, notes, changes, record } = await merge(site);
    assert.equal(code, 0);
    assert.deepEqual(
      notes.map(({ kind, package: pkg }) => `${kind} ${pkg}`),
      ['excluded db', 'excluded db', 'excluded web'],
    );
    assert.deepEqual(
      changes.map(({ kind, package: pkg }) => `${kind} ${pkg}`),
      ['unchanged db', 'excluded web'],
    );
    assert.doesNotMatch(readPackage(site, 'db'), /1\.2\.0|beta/);
    assert.deepEqual(await readdir(join(site.state, 'catalogs/idx')), ['db']);
    const text = readFileSync(join(site.state, record ?? ''), 'utf8');
    assert.match(
      text,
      /excluded:\n(?: *- db\/db\.v1\.2\.0\n *- db\/db\.v2\.0\.0\n *- web\/web\.v1\.0\.0)/,
    );
  });

  await t.test('and once more without a change', async () => {
    await site.commit('merged');
    assert.equal((await merge(site)).record, null);
    assert.equal(await site.git('status', '--porcelain'), '');
  });
});

test('merge takes out of Git what is newly excluded, and says what clusters get', async (t) => {
  const site = await createSite(t);
  await prepare(site, {
    base: [NEW, WEB],
    delivery: [WEB],
    exclude: [
      '- { package: db, bundle: db.v1.2.0, reason: CVE-1, by: kim }',
      '- { package: db, channel: beta, reason: no, by: kim }',
    ].join('\n'),
  });
  const { code, notes, changes } = await merge(site);
  assert.equal(code, 0);
  const [bundle] = notes;
  assert.match(bundle?.message ?? '', /^Taken out of the catalog: the bundle "db\.v1\.2\.0"/);
  assert.match(
    notes.map(({ message }) => message).join('\n'),
    /head of the channel "stable" is now "db\.v1\.1\.0"/,
  );
  assert.match(
    notes.map(({ message }) => message).join('\n'),
    /Clusters that run db\.v1\.2\.0 stay on it until a version comes that replaces or skips it/,
  );
  assert.deepEqual(
    changes.map(({ kind, package: pkg }) => `${kind} ${pkg}`),
    ['updated db', 'unchanged web'],
  );
  assert.doesNotMatch(readPackage(site, 'db'), /1\.2\.0|beta/);
  assert.equal((await site.olmirror(['validate'])).code, 0);
});

test('merge ends with 4 and leaves Git alone where an exclude would cut versions off', async (t) => {
  const site = await createSite(t);
  await prepare(site, {
    base: [{ name: 'db', channels: { stable: chain('1.2.0', '1.1.0', '1.0.0') } }],
    delivery: [{ name: 'db', channels: { stable: chain('1.3.0', '1.2.0', '1.1.0', '1.0.0') } }],
    exclude: '- { package: db, bundle: db.v1.2.0, reason: CVE-1, by: kim }\n',
  });
  const before = readPackage(site, 'db');
  const { code, gaps } = await merge(site);
  assert.equal(code, 4);
  assert.ok(gaps.length > 0 && gaps.every((gap) => gap.package === 'db'));
  assert.match(gaps.map(({ message, hint }) => `${message} ${hint}`).join('\n'), /exclude\.yaml:1/);
  assert.equal(readPackage(site, 'db'), before);

  await t.test('and with --all-or-nothing writes nothing at all', async () => {
    await rm(join(site.state, 'deliveries'), { recursive: true, force: true });
    const strict = await merge(site, '--all-or-nothing');
    assert.deepEqual([strict.code, strict.record], [4, null]);
    assert.equal(await site.git('status', '--porcelain'), '');
  });
});

test('merge tells of excludes that have ended, and of those that nothing answers to', async (t) => {
  const site = await createSite(t);
  const today = new Date();
  const day = today.toISOString().slice(0, 10);
  const next = new Date(today.getTime() + 2 * 86_400_000).toISOString().slice(0, 10);
  await prepare(site, {
    base: [OLD],
    delivery: [NEW, WEB],
    exclude: [
      `- { package: db, channel: beta, reason: r, by: kim, until: ${day} }`,
      `- { package: web, reason: r, by: kim, until: ${next} }`,
      '- { package: dbb, reason: r, by: kim }',
    ].join('\n'),
  });
  const { code, notes, changes } = await merge(site);
  assert.equal(code, 0);
  assert.deepEqual(notes.map(({ kind }) => kind).toSorted(), [
    'exclude-expired',
    'exclude-idle',
    'excluded',
  ]);
  const ended = notes.find(({ kind }) => kind === 'exclude-expired');
  assert.match(ended?.message ?? '', new RegExp(`^${RULES}:1 excluded .* until ${day}, so it no`));
  const idle = notes.find(({ kind }) => kind === 'exclude-idle');
  assert.match(
    idle?.message ?? '',
    /:3 excludes the package "dbb".*nor is there a package of this/,
  );
  assert.deepEqual(
    changes[0]?.channels.map(({ channel }) => channel),
    ['beta', 'stable'],
  );
});

test('validate, merge and plan place every fault of exclude.yaml, and nothing is written', async (t) => {
  const site = await createSite(t);
  await prepare(site, {
    base: [OLD],
    delivery: [NEW],
    exclude: [
      '- { package: db, bundel: db.v1.2.0, reason: CVE-1, by: kim }',
      '- { package: db, by: kim, until: tomorrow }',
      '',
    ].join('\n'),
  });
  const places = [
    /rules\/idx\/exclude\.yaml:1:18: .*unknown field "bundel"/,
    /rules\/idx\/exclude\.yaml:2:3: .*lacks the field "reason"/,
    /rules\/idx\/exclude\.yaml:2:34: .*a date such as/,
  ];
  for (const args of [['validate'], ['merge', '--from', '../delivery']]) {
    const { code, stdout, stderr } = await site.olmirror(args);
    assert.equal(code, 1, args[0]);
    for (const place of places) assert.match(`${stdout}${stderr}`, place, args[0]);
  }
  const plan = await site.olmirror(['plan', '--working-tree']);
  assert.equal(plan.code, 1);
  assert.match(plan.stdout, /not valid, .*exclude\.yaml:1:18: .*"bundel".*and 2 more/);
  const json = await site.olmirror(['validate', '--format', 'json']);
  const { subjects } = parseChecked(JUDGED, json.stdout);
  const files = subjects.flatMap(({ problems }) => problems.map(({ file }) => file));
  assert.equal(files.filter((file) => file === RULES).length, 3);
  const annotations = await site.olmirror(['validate', '--format', 'github']);
  assert.match(annotations.stdout, /^::error file=rules\/idx\/exclude\.yaml,line=1,col=18/m);

  await t.test('what is no YAML at all, too', async () => {
    await write(join(site.state, RULES), '- { package: db\n');
    const { code, stdout } = await site.olmirror(['validate']);
    assert.equal(code, 1);
    assert.match(stdout, /^rules\/idx\/exclude\.yaml:2:1: The file is not valid YAML/m);
  });
  await t.test('and a file of comments is none', async () => {
    await write(join(site.state, RULES), '# nothing yet\n');
    assert.equal((await site.olmirror(['validate'])).code, 0);
    assert.deepEqual((await merge(site, '--dry-run')).notes, []);
  });
  assert.match(await site.git('status', '--porcelain'), /^M rules\/idx\/exclude\.yaml$/);
});

const real = findRealData('small/01-external-dns-v4.19-deprecations');

test('merge of a real catalog leaves out what is excluded of it', {
  skip: real.skip,
}, async (t) => {
  const site = await createSite(t);
  await prepare(site, {
    base: [WEB],
    delivery: [],
    exclude: '- { package: external-dns-operator, channel: stable-v1.1, reason: old, by: kim }\n',
  });
  const args = ['merge', '--from', real.path, '--format', 'json'];
  const { code, stdout, stderr } = await site.olmirror(args);
  assert.equal(code, 0, stderr);
  const [summary] = parseChecked(MERGED, stdout).catalogs;
  assert.ok(summary !== undefined);
  assert.ok(summary.notes.some(({ kind }) => kind === 'excluded'));
  assert.ok(summary.changes.some(({ kind }) => kind === 'added'));
  const graph = await site.olmirror(['graph', '--source', 'catalogs/idx']);
  assert.match(graph.stdout, /external-dns-operator {2}stable-v1\.2/);
  assert.doesNotMatch(graph.stdout, /stable-v1\.1/);
  assert.equal((await site.olmirror(['validate'])).code, 0);
});
