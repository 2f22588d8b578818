import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { deleteManifest } from '../../scripts/lib/delete-manifest.ts';
import type { KnownMissingReport } from '../../src/plan/known-missing-types.ts';
import type { Check } from '../../src/plan/types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { runAndCommit } from '../support/proxied-site.ts';
import {
  createSite,
  pushIndex,
  pushOperator,
  readServed,
  readText,
  type Site,
} from '../support/site.ts';

const reports = compileSchema<KnownMissingReport>('known-missing-report');
const LIST = 'rules/idx/known-missing.yaml';

async function examine(site: Site, ...args: readonly string[]): Promise<KnownMissingReport> {
  const result = await site.olmirror(['known-missing', '--format', 'json', ...args]);
  const report = parseChecked(reports, result.stdout);
  assert.equal(result.code, report.exitCode, result.stdout + result.stderr);
  return report;
}

interface Told {
  readonly code: number | null;
  readonly checks: readonly Check[];
}

async function plan(site: Site): Promise<Told> {
  const { code, stdout, stderr } = await site.olmirror(['plan', '--format', 'json']);
  assert.notEqual(stdout, '', stderr);
  return { code, checks: JSON.parse(stdout).checks };
}

function kindsOf({ checks }: Told): readonly string[] {
  return checks.map(({ kind }) => kind);
}

async function writeList(site: Site, text: string): Promise<void> {
  await mkdir(join(site.state, 'rules/idx'), { recursive: true });
  await writeFile(join(site.state, LIST), text);
}

/** A production whose index names the images of a.v1.0.0, which are not there, and those of a.v1.1.0. */
async function createIndebted(t: TestContext): Promise<Site> {
  const site = await createSite(t);
  const a = { name: 'a', versions: ['1.0.0', '1.1.0'], withoutImages: ['1.0.0'] };
  await pushIndex(site.production.host, { a: await pushOperator(site.production.host, a) });
  await runAndCommit(site, ['init']);
  return site;
}

// Seen to fail with `there` not proposed in known-missing-checks.ts, and with the bundle pruned as well (canGo true).
test('an item whose image has come is proposed for removal, and --prune takes it out alone', async (t) => {
  const site = await createIndebted(t);
  const text = (await readText(site, LIST)).replace('- image', '# Seen in 2023.\n- image');
  await writeList(site, text);
  await site.commit('say when');
  assert.deepEqual(kindsOf(await plan(site)), ['known-missing', 'known-missing']);
  // Both of its images come; then the bundle's own is gone again.
  const [bundle] = await pushOperator(site.production.host, { name: 'a', versions: ['1.0.0'] });
  assert.ok(bundle?.image !== undefined);
  const [repository = '', digest = ''] = bundle.image.split('example.com/')[1]?.split('@') ?? [];
  await deleteManifest(site.production.host, repository, digest);
  const told = await plan(site);
  assert.deepEqual(kindsOf(told), ['known-missing', 'known-missing-there']);
  const [, there] = told.checks;
  assert.match(
    there?.message ?? '',
    /Production has 1 image now that rules\/idx.*a-operand@sha256/,
  );
  assert.match(there?.hint ?? '', /olmirror known-missing --prune idx/);
  const status = await site.olmirror(['status']);
  assert.match(status.stdout, /warning: Production has 1 image now/);
  const looked = await examine(site);
  assert.deepEqual(looked.items.map(({ standing }) => standing).toSorted(), ['owed', 'there']);
  assert.equal(await readText(site, LIST), text, 'looking changes nothing');
  const pruned = await examine(site, '--prune');
  assert.deepEqual(
    pruned.pruned?.map(({ file, images }) => [file, images]),
    [[LIST, bundle.related]],
  );
  const left = await readText(site, LIST);
  assert.match(left, /# Seen in 2023\.\n- image: registry\.example\.com\/vendor\/a-bundle@/);
  assert.doesNotMatch(left, /a-operand/);
  await site.commit('shorter');
  assert.deepEqual(kindsOf(await plan(site)), ['known-missing']);
});

const NEVER = `- image: registry.example.com/vendor/b*
  reason: licensed per seat, never mirrored
  since: 2026-01-01
`;

/** Production serves a and b; then the list of b's images is `list`, and one image of b is gone. */
async function loseOne(
  t: TestContext,
  list: string,
): Promise<{ readonly site: Site; readonly gone: string }> {
  const site = await createSite(t);
  const a = await pushOperator(site.production.host, { name: 'a', versions: ['1.0.0'] });
  const b = await pushOperator(site.production.host, { name: 'b', versions: ['1.0.0'] });
  await pushIndex(site.production.host, { a, b });
  await runAndCommit(site, ['init']);
  const gone = b[0]?.related?.[0] ?? '';
  const [repository = '', digest = ''] = gone.split('example.com/')[1]?.split('@') ?? [];
  await deleteManifest(site.production.host, repository, digest);
  await writeList(site, list);
  await site.commit('list');
  return { site, gone };
}

// Seen to fail with findLosses left out: then the plan said known-missing, and exited with 0.
test('a pattern does not hide the loss of an image that production had; an item of its own accepts it', async (t) => {
  const { site, gone } = await loseOne(t, NEVER);
  const told = await plan(site);
  assert.equal(told.code, 4);
  const lost = told.checks.find(({ kind }) => kind === 'missing-source');
  assert.ok(lost?.message.includes(gone), JSON.stringify(told.checks));
  assert.match(lost?.message ?? '', /Production had it when the index of commit [0-9a-f]{12} came/);
  assert.ok(kindsOf(told).includes('known-missing-wide'), 'the other image of b is there');
  const own = `${NEVER}- image: ${gone}\n  bundles: [b.v1.0.0]\n  reason: gone with the disk\n  since: 2026-11-01\n`;
  await writeList(site, own);
  await site.commit('accept it');
  const accepted = await plan(site);
  assert.equal(accepted.code, 0);
  assert.ok(kindsOf(accepted).includes('known-missing'));
});

// The ratchet with patterns. Seen to fail with patterns not counted in findKnown: apply exited with 4.
test('what a pattern fits keeps no index back, save what production had when the index that serves came', async (t) => {
  const site = await createIndebted(t);
  const { production, staging } = site;
  await writeList(site, `${await readText(site, LIST)}${NEVER}`);
  await site.commit('b is never mirrored');
  assert.ok(kindsOf(await plan(site)).includes('known-missing-idle'), 'nothing names b yet');
  const b = { name: 'b', versions: ['1.0.0'], withoutImages: ['1.0.0'] };
  const c = await pushOperator(staging.host, { name: 'c', versions: ['1.0.0'] });
  await pushIndex(staging.host, { b: await pushOperator(staging.host, b), c });
  await runAndCommit(site, ['merge']);
  const applied = await site.olmirror(['apply']);
  assert.equal(applied.code, 0, applied.stdout + applied.stderr);
  assert.deepEqual(await readServed(site.open(production)), [
    'a.v1.0.0',
    'a.v1.1.0',
    'b.v1.0.0',
    'c.v1.0.0',
  ]);
  const told = await plan(site);
  assert.deepEqual([told.code, new Set(kindsOf(told))], [0, new Set(['known-missing'])]);
  const text = await site.olmirror(['known-missing']);
  assert.match(text.stdout, /vendor\/b\*\n {6}fits 2 images that Git names/);
  // Of c all was there when the index came: a pattern that is too wide does not let it go.
  const image = c[0]?.related?.[0] ?? '';
  const [repository = '', digest = ''] = image.split('example.com/')[1]?.split('@') ?? [];
  await deleteManifest(production.host, repository, digest);
  await deleteManifest(staging.host, repository, digest);
  const wide = (await readText(site, LIST)).replace('vendor/b*', 'vendor/*');
  await writeList(site, wide);
  await site.commit('too wide');
  const lost = await plan(site);
  assert.equal(lost.code, 4);
  assert.deepEqual(
    lost.checks
      .filter(({ severity }) => severity === 'blocked')
      .map(({ message }) => message.includes(image)),
    [true],
    JSON.stringify(lost.checks),
  );
});

test('a list with faults is told by validate with its lines, and keeps back its own index only', async (t) => {
  const site = await createIndebted(t);
  await writeList(
    site,
    '- { image: a, bundles: [a], reason: r, since: 2026-01-01 }\n- { image: a, bundles: [a], reason: r, since: 2026-01-01 }\n',
  );
  const validated = await site.olmirror(['validate']);
  assert.equal(validated.code, 1);
  assert.match(
    validated.stdout,
    /rules\/idx\/known-missing\.yaml:2:12.*The same is listed twice: a/s,
  );
  await site.commit('twice');
  const told = await site.olmirror(['plan']);
  assert.equal(told.code, 1, told.stdout);
  assert.match(told.stdout, /Catalog idx is not valid, so its index stays as it is/);
  const listed = await site.olmirror(['known-missing']);
  assert.equal(listed.code, 1);
  assert.match(listed.stderr, /known-missing\.yaml:2:12/);
});

// Seen to fail with `until` not looked at in findKnown.
test('an item that has ended blocks again, and is told', async (t) => {
  const site = await createIndebted(t);
  const text = (await readText(site, LIST)).replaceAll(
    /( {2}since: .*\n)/g,
    '$1  until: "2026-01-02"\n',
  );
  await writeList(site, text);
  await site.commit('until');
  const told = await plan(site);
  assert.equal(told.code, 4);
  assert.deepEqual(kindsOf(told).toSorted(), [
    'known-missing-ended',
    'known-missing-ended',
    'loss',
    'missing-source',
    'missing-source',
  ]);
});

// Seen to fail with findHeld that does not know the lists: then b was held.
test('policy.missing: hold lets in a bundle of which only known missing images are missing', async (t) => {
  const site = await createIndebted(t);
  await site.writeManifest({ spec: '  policy: { missing: hold }' });
  await writeList(site, `${await readText(site, LIST)}${NEVER}`);
  await site.commit('hold');
  const without = { versions: ['1.0.0'], withoutImages: ['1.0.0'] };
  await pushIndex(site.staging.host, {
    b: await pushOperator(site.staging.host, { name: 'b', ...without }),
    d: await pushOperator(site.staging.host, { name: 'd', ...without }),
  });
  const merged = await site.olmirror(['merge', '--format', 'json']);
  assert.equal(merged.code, 0, merged.stderr);
  const [{ held }] = JSON.parse(merged.stdout).catalogs;
  assert.deepEqual(
    held.map(({ bundle }: { readonly bundle: string }) => bundle),
    ['d/d.v1.0.0'],
  );
});

// Seen to fail with the file written anew by init.
test('init adds to a list that is there, and takes up nothing that a pattern fits', async (t) => {
  const site = await createSite(t);
  const spec = { versions: ['1.0.0'], withoutImages: ['1.0.0'] };
  const a = await pushOperator(site.production.host, { name: 'a', ...spec });
  const b = await pushOperator(site.production.host, { name: 'b', ...spec });
  await pushIndex(site.production.host, { a, b });
  await writeList(site, `# Ours.\n${NEVER}`);
  await runAndCommit(site, ['init']);
  const text = await readText(site, LIST);
  assert.ok(text.startsWith(`# Ours.\n${NEVER}`), text);
  assert.deepEqual(text.match(/vendor\/\S+(?=@)/g), ['vendor/a-bundle', 'vendor/a-operand']);
  assert.equal((await plan(site)).code, 0);
});
