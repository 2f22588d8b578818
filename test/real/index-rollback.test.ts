import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RollbackReport } from '../../src/plan/rollback-types.ts';
import type { Plan } from '../../src/plan/types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { deliver } from '../support/deliver.ts';
import { runAndCommit } from '../support/proxied-site.ts';
import { createSite, readServed, readText, type Site } from '../support/site.ts';

const checked = compileSchema<RollbackReport>('index-rollback');
const planned = compileSchema<Plan>('plan');
const OLD = ['a.v1.0.0', 'b.v1.0.0'];
const NEW = ['a.v1.0.0', 'a.v1.1.0', 'b.v1.0.0'];
const WHY = ['--reason', 'a 1.1 crashes: "boom" # now', '--by', 'kim'];

async function roll(site: Site, args: readonly string[], code: number): Promise<RollbackReport> {
  const all = ['index', 'rollback', ...args, '--format', 'json'];
  const result = await site.olmirror(all);
  assert.equal(result.code, code, result.stdout + result.stderr);
  return parseChecked(checked, result.stdout);
}

/** Serves the delivered index, with the one before kept under its own tag. */
async function publish(site: Site): Promise<void> {
  await deliver(site);
  await runAndCommit(site, ['init', 'merge']);
  const result = await site.olmirror(['apply']);
  assert.equal(result.code, 0, result.stdout + result.stderr);
}

// Seen to fail: without the pin in settle-index.ts the next pass moved the tag forward again.
test('index rollback goes back, the next pass keeps it, and without the pin it goes forward again', async (t) => {
  const site = await createSite(t);
  await publish(site);
  const production = site.open(site.production);
  const before = await readText(site, 'mirror.yaml');

  const dry = await roll(site, ['previous'], 0);
  assert.deepEqual([dry.mode, dry.way, dry.written], ['dry-run', 'move-tag', []]);
  assert.deepEqual(
    dry.packages?.map((change) => change.bundlesRemoved),
    [['a.v1.1.0']],
  );
  assert.deepEqual(await readServed(production), NEW);
  assert.equal(await readText(site, 'mirror.yaml'), before);

  const done = await roll(site, ['previous', '--apply', ...WHY], 0);
  assert.deepEqual([done.outcome?.kind, done.written], ['copied', ['mirror.yaml']]);
  assert.deepEqual(await readServed(production), OLD);
  const after = await readText(site, 'mirror.yaml');
  assert.equal(
    after,
    before.replace(
      / \}\n$/,
      `, pin: { tag: "${done.to.tag}", reason: "a 1.1 crashes: \\"boom\\" # now", by: kim, until: null } }\n`,
    ),
  );
  await site.commit('pin');

  const json = parseChecked(planned, (await site.olmirror(['plan', '--format', 'json'])).stdout);
  assert.deepEqual(
    [json.steps, json.checks.map(({ kind, severity }) => [kind, severity])],
    [[], [['pinned', 'warning']]],
  );
  const plan = await site.olmirror(['plan']);
  assert.equal(plan.code, 0, plan.stdout + plan.stderr);
  assert.match(plan.stdout, /stays, as pinned\n {2}held back by the pin:\n {2}~ a {2}\+1 bundle/);
  assert.match(plan.stdout, /a 1\.1 crashes: "boom" # now \(by kim, without an end\)/);
  const kept = await site.olmirror(['apply']);
  assert.match(kept.stdout, /warning: The index of idx is pinned to v1-/);
  assert.deepEqual([kept.code, await readServed(production)], [0, OLD]);
  const status = await site.olmirror(['status']);
  assert.match(status.stdout, /: Synced with .*\n[^]*staging .* merged, held back by the pin/);
  const verify = await site.olmirror(['index', 'verify', 'production']);
  assert.equal(verify.code, 0, verify.stdout);
  assert.match(verify.stdout, /✔ It is what the pin names, v1-/);
  const list = await site.olmirror(['index', 'list']);
  assert.match(list.stdout, /\n {2}\* {2}v1-.* \(pinned\)\n/);

  const newest = dry.from?.tag ?? '';
  const forth = await roll(site, [newest, '--apply', ...WHY, '--until', '2099-01-01'], 0);
  assert.deepEqual([forth.outcome?.kind, await readServed(production)], ['copied', NEW]);
  assert.equal(
    (await site.olmirror(['index', 'rollback', done.to.tag, '--apply', ...WHY])).code,
    0,
  );
  assert.deepEqual(await readServed(production), OLD);
  const again = await roll(site, [done.to.tag, '--apply', ...WHY], 0);
  assert.deepEqual([again.way, again.outcome, again.written], ['none', null, []]);

  await writeFile(join(site.state, 'mirror.yaml'), before);
  await site.commit('no pin');
  assert.equal((await site.olmirror(['apply'])).code, 0);
  assert.deepEqual(await readServed(production), NEW);
});

test('index rollback --pin-only leaves the tag to the next pass, which moves it back; a commit names an index', async (t) => {
  const site = await createSite(t);
  await publish(site);
  const production = site.open(site.production);
  const commit = await site.git('rev-parse', 'HEAD');
  const tags = await production.listTags('olm/idx');
  const named = await roll(site, [commit.slice(0, 10)], 0);
  assert.deepEqual([named.way, named.to.revision], ['none', commit]);
  await site.git('commit', '-q', '--allow-empty', '-m', 'nothing');
  assert.equal((await roll(site, ['HEAD'], 0)).to.tag, named.to.tag, 'by what the commit holds');

  const only = await roll(site, ['previous', '--pin-only', ...WHY], 0);
  assert.deepEqual([only.outcome, only.written], [null, ['mirror.yaml']]);
  assert.deepEqual(await readServed(production), NEW);
  await site.commit('pin');
  const plan = await site.olmirror(['plan']);
  assert.equal(plan.code, 2, plan.stdout);
  assert.match(plan.stdout, /, as pinned\n {2}~ a {2}-1 bundle/);
  assert.equal((await site.olmirror(['apply'])).code, 0);
  assert.deepEqual(await readServed(production), OLD);
  assert.deepEqual(await production.listTags('olm/idx'), tags, 'no tag came or went');
});

// Seen to fail: without holdRollback nobody was told of the window, and the tag moved without an approval.
test('index rollback goes beyond a closed window and says so, and needs an approval where one is required', async (t) => {
  const site = await createSite(t);
  await publish(site);
  const production = site.open(site.production);
  const shut = '    windows: { publish: [{ deny: "2020-01-01..2098-12-31" }] }';
  await site.writeManifest({ spec: `  reconcile:\n${shut}\n    approval: required` });
  const asked = await roll(site, ['previous', ...WHY], 4);
  assert.deepEqual(
    asked.checks.map(({ kind, severity }) => [kind, severity]),
    [
      ['held', 'warning'],
      ['held', 'blocked'],
    ],
  );
  const refused = await roll(site, ['previous', '--apply', ...WHY], 4);
  const [, hash = ''] =
    /: plan (sha256:[0-9a-f]{64})\.$/.exec(refused.checks[1]?.message ?? '') ?? [];
  assert.deepEqual([refused.written, await readServed(production)], [[], NEW]);

  const command = ['index', 'rollback', 'previous', '--apply', ...WHY, '--approve-hash'];
  const other = await site.olmirror([...command, '0123456789ab']);
  assert.deepEqual([other.code, await readServed(production)], [3, NEW], other.stderr);
  const done = await site.olmirror([...command, hash]);
  assert.equal(done.code, 0, done.stdout + done.stderr);
  assert.match(
    done.stdout,
    /outside of the publish window.*a rollback that a person types goes on/,
  );
  assert.deepEqual(await readServed(production), OLD);
});

test('index rollback refuses what cannot be served, and takes no installed version away without --force', async (t) => {
  const site = await createSite(t);
  await publish(site);
  const production = site.open(site.production);
  const inUse = `apiVersion: olmirror/v1alpha1
kind: InUse
spec:
  clusters:
    - name: prod
      seen: 2026-11-20
      subscriptions:
        - { name: a, namespace: ops, package: a, source: cs-any, installed: a.v1.1.0 }
        - { name: b, namespace: ops, package: b, installed: b.v1.0.0 }
        - { name: other, namespace: ops, package: other, installed: other.v9 }
`;
  await writeFile(join(site.state, 'in-use.yaml'), inUse);
  const before = await readText(site, 'mirror.yaml');
  const refused = await roll(site, ['previous', '--apply', ...WHY], 4);
  assert.deepEqual(
    refused.checks.map(({ kind, severity }) => [kind, severity]),
    [['in-use', 'blocked']],
  );
  assert.match(
    refused.checks[0]?.message ?? '',
    /does not serve 1 installed version: a\.v1\.1\.0 \(Subscription ops\/a of prod, seen 2026-11-20\)/,
  );
  const text = await site.olmirror(['index', 'rollback', 'previous', '--apply', ...WHY]);
  assert.match(
    text.stdout,
    /refused: .*\n {2}Hint: .*--force.*\nNothing was changed: neither the tag nor a file\.\n$/,
  );
  assert.deepEqual(
    [await readServed(production), await readText(site, 'mirror.yaml')],
    [NEW, before],
  );
  const wrong = await site.olmirror(['index', 'rollback', 'v1-000000000000']);
  assert.deepEqual([wrong.code, wrong.stdout], [1, '']);
  assert.match(
    wrong.stderr,
    /no tag that production keeps of idx, and no commit.*\nHint: Name a tag .*v1-/,
  );
  const bare = await site.olmirror(['index', 'rollback', 'previous', '--apply']);
  assert.match(bare.stderr, /A pin without a reason/);
  const past = await site.olmirror(['index', 'rollback', 'previous', '--until', '2001-01-01']);
  assert.match(past.stderr, /2001-01-01 is no day to come/);
  await writeFile(join(site.state, 'in-use.yaml'), inUse.replace('installed: a', 'instaled: a'));
  const broken = await site.olmirror(['index', 'rollback', 'previous', '--apply', ...WHY]);
  assert.match(broken.stderr, /in-use\.yaml:8:\d+: .*unknown field "instaled"/);
  assert.deepEqual(await readServed(production), NEW);
  await writeFile(join(site.state, 'in-use.yaml'), inUse);
  const forced = await roll(site, ['previous', '--apply', '--force', ...WHY], 0);
  assert.deepEqual([forced.checks[0]?.severity, forced.outcome?.kind], ['warning', 'copied']);
  assert.deepEqual(await readServed(production), OLD);
});

const CATALOG_SOURCE = `kind: CatalogSource
spec:
  image: nexus.example.com/olm/idx:v1
  grpcPodConfig: { extractContent: { catalogDir: /configs, cacheDir: /tmp/cache } }
`;

// Seen to fail: without findCacheFault the tag moved to an index of which no pod would have come up.
test('index rollback does not take the cache away that a CatalogSource needs', async (t) => {
  const site = await createSite(t);
  await publish(site);
  const production = site.open(site.production);
  await mkdir(join(site.state, 'cluster'));
  await writeFile(join(site.state, 'cluster/idx.yaml'), CATALOG_SOURCE);
  const refused = await roll(site, ['previous', '--apply', ...WHY], 4);
  assert.deepEqual(
    refused.checks.map(({ kind, severity }) => [kind, severity]),
    [['cache-unfit', 'blocked']],
  );
  assert.match(refused.checks[0]?.message ?? '', /its \/tmp\/cache is missing or empty\./);
  assert.deepEqual(await readServed(production), NEW);
  const plain = CATALOG_SOURCE.replace(', cacheDir: /tmp/cache', '');
  await writeFile(join(site.state, 'cluster/idx.yaml'), plain);
  const done = await roll(site, ['previous', '--apply', ...WHY], 0);
  assert.deepEqual([done.checks, await readServed(production)], [[], OLD]);
  await writeFile(join(site.state, 'cluster/idx.yaml'), CATALOG_SOURCE);
  const forth = await roll(site, [refused.from?.tag ?? '', '--apply', ...WHY], 0);
  assert.deepEqual([forth.checks, await readServed(production)], [[], NEW], 'ours has a cache');
});
