import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { load } from 'js-yaml';
import { pushImage } from '../../scripts/lib/push-image.ts';
import type { MediaSnapshot, Need, Receipt } from '../../src/plan/media-types.ts';
import { makePackageText } from '../support/catalog.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { createSite, pushIndex, pushOperator, readServed, type Site } from '../support/site.ts';

const snapshots = compileSchema<MediaSnapshot>('snapshot');
const needs = compileSchema<Need>('need');
const receipts = compileSchema<Receipt>('receipt');

const VERSIONS = ['1.0.0', '1.1.0', '1.2.0', '1.3.0'];

interface HandOver {
  readonly site: Site;
  /** The upstream catalog outside. */
  readonly upstream: string;
  readonly snapshot: string;
}

/** Production serves a and b at 1.0.0; upstream has a up to 1.3.0, b as it was, and c. */
async function prepare(t: TestContext, args: readonly string[] = []): Promise<HandOver> {
  const site = await createSite(t);
  await site.writeManifest();
  const { host } = site.production;
  const b = await pushOperator(host, { name: 'b', versions: ['1.0.0'] });
  const a = await pushOperator(host, { name: 'a', versions: ['1.0.0'] });
  await pushIndex(host, { a, b });
  const init = await site.olmirror(['init']);
  assert.equal(init.code, 0, init.stderr);
  await site.commit('base');
  const none = { withoutImages: VERSIONS };
  const newer = await pushOperator(host, { name: 'a', versions: VERSIONS, ...none });
  const c = await pushOperator(host, { name: 'c', versions: ['1.0.0'], ...none });
  const upstream = join(site.folder, 'upstream');
  for (const [name, bundles] of Object.entries({ a: newer, b, c })) {
    await mkdir(join(upstream, name), { recursive: true });
    await writeFile(join(upstream, name, 'catalog.json'), makePackageText(name, bundles));
  }
  const snapshot = join(site.folder, 'snapshot.json.gz');
  const made = await site.olmirror(['snapshot', '--out', snapshot, ...args]);
  assert.equal(made.code, 0, made.stdout + made.stderr);
  return { site, upstream, snapshot };
}

async function ask({ site, upstream, snapshot }: HandOver, ...args: string[]): Promise<Need> {
  // Outside there is neither the manifest nor a registry.
  const result = await site.olmirror(
    ['need', upstream, '--have', snapshot, '--format', 'json', ...args],
    { cwd: site.folder },
  );
  const need = parseChecked(needs, result.stdout);
  assert.equal(result.code, need.exitCode, result.stderr);
  return need;
}

async function receive({ site }: HandOver, need: Need, ...args: string[]): Promise<Receipt> {
  const file = join(site.folder, 'need.json');
  await writeFile(file, JSON.stringify(need));
  const result = await site.olmirror(['receipt', file, '--format', 'json', ...args]);
  const receipt = parseChecked(receipts, result.stdout);
  assert.equal(result.code, receipt.exitCode, result.stderr);
  return receipt;
}

/** What `need` asks for, as oc-mirror would put it into staging. */
async function deliverAsked({ site }: HandOver, versions: readonly string[]): Promise<void> {
  const { host } = site.staging;
  const a = await pushOperator(host, { name: 'a', versions });
  const b = await pushOperator(host, { name: 'b', versions: ['1.0.0'] });
  const [first, ...others] = a;
  assert.ok(first !== undefined);
  await pushIndex(host, { a: [{ ...first, replaces: '1.0.0' }, ...others], b });
}

// Seen to fail with a need that asks for heads alone: the merge then has a gap.
test('what need asks for against a snapshot arrives, is received, merges with no gap and is served', async (t) => {
  const site = await prepare(t);
  const need = await ask(site);
  const [asked] = need.catalogs;
  assert.deepEqual(
    asked?.packages.map(({ name, channels }) => [name, channels]),
    [
      ['a', [{ name: 'stable', minVersion: '1.1.0', maxVersion: '1.3.0' }]],
      ['b', [{ name: 'stable', minVersion: null, maxVersion: null }]],
    ],
  );
  assert.equal(need.images.length, 6);
  assert.deepEqual(need.held.length, 2);
  const before = await receive(site, need);
  assert.deepEqual([before.exitCode, before.missing.length], [4, 6]);
  await deliverAsked(site, ['1.1.0', '1.2.0', '1.3.0']);
  const after = await receive(site, need);
  assert.deepEqual([after.exitCode, after.arrived.length, after.extra], [0, 6, []]);
  const stray = await pushImage(site.site.staging.host, {
    repository: 'vendor/a-operand',
    files: { bin: 'nobody asked for it' },
    tags: ['stray'],
  });
  const odd = await receive(site, need);
  assert.deepEqual(
    odd.extra.map(({ digest, tags }) => [digest, tags]),
    [[stray.digest, ['stray']]],
  );
  const merged = await site.site.olmirror(['merge']);
  assert.equal(merged.code, 0, merged.stdout + merged.stderr);
  await site.site.commit('merge');
  const applied = await site.site.olmirror(['apply']);
  assert.equal(applied.code, 0, applied.stdout + applied.stderr);
  assert.deepEqual(await readServed(site.site.open(site.site.production)), [
    'a.v1.0.0',
    'a.v1.1.0',
    'a.v1.2.0',
    'a.v1.3.0',
    'b.v1.0.0',
  ]);
  // Git is another one now: what was asked for is no answer to it.
  const stale = await site.site.olmirror(['receipt', join(site.site.folder, 'need.json')]);
  assert.equal(stale.code, 1);
  assert.match(stale.stderr, /says something else[^]*--stale/);
  assert.equal((await receive(site, need, '--stale')).arrived.length, 6);
});

test('need writes an ImageSetConfiguration, selects packages, and names what no source has', async (t) => {
  const { site, upstream, snapshot } = await prepare(t);
  const args = ['need', upstream, '--have', snapshot];
  const set = await site.olmirror([...args, '--package', 'c', '--format', 'imageset']);
  assert.equal(set.code, 0, set.stderr);
  assert.deepEqual(load(set.stdout), {
    apiVersion: 'mirror.openshift.io/v2alpha1',
    kind: 'ImageSetConfiguration',
    mirror: {
      operators: [{ catalog: upstream, packages: [{ name: 'c', channels: [{ name: 'stable' }] }] }],
    },
  });
  const text = await site.olmirror([...args, '--package', 'a:stable']);
  assert.match(text.stdout, /stable: 1\.1\.0 to 1\.3\.0[^]*6 images to bring, of unknown size/);
  const lost = await site.olmirror([...args, '--package', 'd']);
  assert.deepEqual([lost.code, /No source has d/.test(lost.stderr)], [1, true]);
});

// Seen to fail without the hash, without `gunzip` caught, and without the schema.
test('need refuses a snapshot that was changed or cut off', async (t) => {
  const { site, upstream, snapshot } = await prepare(t);
  const bytes = await readFile(snapshot);
  const text = gunzipSync(bytes).toString();
  const cases = [
    ['tampered.json', text.replace('"bytes": ', '"bytes": 1'), /was changed after it was made/],
    ['cut.json', text.slice(0, -100), /is not JSON, or was cut off/],
    ['cut.json.gz', bytes.subarray(0, -20), /cannot be unpacked, it was cut off/],
    ['other.json', '{}', /is not what `olmirror snapshot` writes/],
  ] as const;
  for (const [name, content, message] of cases) {
    const file = join(site.folder, name);
    await writeFile(file, content);
    const result = await site.olmirror(['need', upstream, '--have', file]);
    assert.equal(result.code, 1, name);
    assert.match(result.stderr, message);
  }
});

test('snapshot --mask hides hosts, clusters and namespaces, always by the same names', async (t) => {
  const hand = await prepare(t, ['--mask']);
  const { site, snapshot } = hand;
  const uses = [
    'apiVersion: olmirror/v1alpha1',
    'kind: InUse',
    'spec:',
    '  clusters:',
    '    - name: secret-cluster',
    '      subscriptions:',
    '        - { name: a, namespace: secret-space, package: a, installed: a.v1.0.0 }',
  ];
  await writeFile(join(site.state, 'in-use.yaml'), `${uses.join('\n')}\n`);
  await site.commit('in use');
  const again = await site.olmirror(['snapshot', '--mask']);
  assert.equal(again.code, 0, again.stderr);
  const found = parseChecked(snapshots, again.stdout);
  assert.doesNotMatch(again.stdout, /secret-|127\.0\.0\.1/);
  const first = parseChecked(snapshots, gunzipSync(await readFile(snapshot)).toString());
  assert.deepEqual(found.registries, first.registries);
  assert.deepEqual(
    found.inUse?.map(({ package: pkg, bundle }) => [pkg, bundle]),
    [['a', 'a.v1.0.0']],
  );
  await writeFile(snapshot, gzipSync(again.stdout));
  const need = await ask(hand);
  assert.deepEqual(
    need.catalogs
      .flatMap(({ upgrades }) => upgrades)
      .map(({ from, to, effect }) => [from, to, effect]),
    [['a.v1.0.0', 'a.v1.3.0', 'automatic']],
  );
  assert.equal(need.exitCode, 0);
});

// Seen to fail without `recognizeMasked`: the merge outside then takes what was masked for another content.
test('need asks for the same by a masked snapshot, read with the table of its pseudonyms', async (t) => {
  const { site, upstream, snapshot } = await prepare(t);
  const { host } = site.production;
  // A vendor writes of a cluster in public, the site of its own host and cluster in a catalog of its own.
  const note = {
    type: 'olm.csv.metadata',
    value: { annotations: { note: 'for east-1 clusters' } },
  };
  const own = {
    version: '1.0.0',
    image: `${host}/own/d-bundle@sha256:${'d'.repeat(64)}`,
    properties: [{ type: 'olm.csv.metadata', value: { description: `see ${host} of east-1` } }],
  };
  const images = ['bundle', 'operand'].map(
    (part) => `registry.example.com/vendor/e-${part}@sha256:${'e'.repeat(64)}`,
  );
  const [image = '', ...related] = images;
  const e = { version: '1.0.0', image, related, properties: [note] };
  for (const [name, bundle, folder] of [
    ['d', own, join(site.state, 'catalogs/idx')],
    ['d', own, upstream],
    ['e', e, join(site.state, 'catalogs/idx')],
    ['e', e, upstream],
  ] as const) {
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, name, 'catalog.json'), makePackageText(name, [bundle]));
  }
  const uses = `apiVersion: olmirror/v1alpha1
kind: InUse
spec:
  clusters:
    - name: east-1
      subscriptions:
        - { name: my-a, namespace: my-space, package: a, installed: a.v1.0.0 }
`;
  await writeFile(join(site.state, 'in-use.yaml'), uses);
  await site.commit('own catalog');
  const needed: Need[] = [];
  const names = join(site.folder, 'names.tsv');
  for (const args of [[], ['--mask', '--names', names]]) {
    const made = await site.olmirror(['snapshot', '--out', snapshot, ...args]);
    assert.equal(made.code, 0, made.stderr);
    needed.push(await ask({ site, upstream, snapshot }));
  }
  const text = gunzipSync(await readFile(snapshot)).toString();
  assert.doesNotMatch(text, /127\.0\.0\.1|east-1|my-space|my-a/);
  const [plain, masked] = needed;
  assert.ok(plain !== undefined && masked !== undefined);
  const table = await readFile(names, 'utf8');
  const pairs = table.split('\n').map((line) => line.split('\t'));
  assert.ok(pairs.length > 6, table);
  let revealed = JSON.stringify(masked.catalogs) + JSON.stringify(masked.images);
  for (const [pseudonym = '', name = ''] of pairs)
    if (pseudonym !== '') revealed = revealed.replaceAll(pseudonym, name);
  assert.equal(revealed, JSON.stringify(plain.catalogs) + JSON.stringify(plain.images));
  assert.match(revealed, /own\/d-bundle[^]*my-space\/my-a|my-space\/my-a[^]*own\/d-bundle/);
  const receipt = await receive({ site, upstream, snapshot }, masked);
  assert.ok(receipt.missing.some(({ reference }) => reference === own.image));
  const alone = await site.olmirror(['snapshot', '--names', names]);
  assert.deepEqual([alone.code, /--names writes down/.test(alone.stderr)], [1, true]);
});

test('receipt says unknown, not missing, where staging does not answer', async (t) => {
  const hand = await prepare(t);
  const need = await ask(hand);
  await hand.site.staging.stop();
  const receipt = await receive(hand, need);
  assert.deepEqual([receipt.exitCode, receipt.missing, receipt.unknown.length], [1, [], 6]);
});

// Seen to fail with blobs that production holds counted, and without `digest` of a tag.
test('need --sizes asks upstream which blobs production lacks, and says unknown where nobody answers', async (t) => {
  const { site, snapshot } = await prepare(t);
  const { host } = site.staging;
  // The outside registry of this test has an image that shares a layer with one that production holds.
  const files = { 'bin/operand': 'b 1.0.0 operand\n' };
  const shared = await pushImage(host, { repository: 'vendor/b-operand', files, tags: ['same'] });
  const fresh = await pushImage(host, {
    repository: 'vendor/new-operand',
    files: { bin: 'only outside' },
    tags: ['1.0'],
  });
  const again = await pushImage(host, {
    repository: 'vendor/new-bundle',
    files,
    labels: { other: 'config' },
    tags: ['1.0'],
  });
  const folder = join(site.folder, 'new');
  await mkdir(folder);
  const bundle = {
    version: '1.0.0',
    image: `${host}/vendor/new-bundle@${again.digest}`,
    related: [
      `${host}/vendor/b-operand@${shared.digest}`,
      `${host}/vendor/new-operand:1.0`,
      `${host}/vendor/gone:1.0`,
    ],
  };
  await writeFile(join(folder, 'catalog.json'), makePackageText('new', [bundle]));
  const args = ['need', folder, '--have', snapshot, '--package', 'new', '--format', 'json'];
  const { stdout, stderr } = await site.olmirror([...args, '--sizes', '--insecure']);
  const need = parseChecked(needs, stdout);
  assert.deepEqual(need.held, [`${host}/vendor/b-operand@${shared.digest}`], stderr);
  const found = new Map(need.images.map((image) => [image.repository, image]));
  assert.equal(found.get('vendor/new-operand')?.digest, fresh.digest);
  const [bundleBytes, operandBytes] = ['vendor/new-bundle', 'vendor/new-operand'].map(
    (name) => found.get(name)?.bytes ?? 0,
  );
  // The layer of the bundle is in production, so only its config comes; the operand brings both.
  assert.equal(need.blobs?.length, 3);
  const sum = need.blobs?.reduce((bytes, blob) => bytes + blob.size, 0);
  assert.equal(sum, (bundleBytes ?? 0) + (operandBytes ?? 0));
  assert.match(found.get('vendor/gone')?.unknown ?? '', /does not have it/);
  assert.equal(found.get('vendor/gone')?.bytes, null);
});
