import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Review } from '../../src/plan/review-types.ts';
import { makePackageText } from '../support/catalog.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { deliver } from '../support/deliver.ts';
import { createSite, type Site } from '../support/site.ts';

const reviewSchema = compileSchema<Review>('review');

/** A package of these versions, each replacing the one before, in the working tree. */
async function writePackage(
  site: Site,
  name: string,
  ...versions: readonly string[]
): Promise<void> {
  const bundles = versions.map((version, i) => ({
    version,
    image: `registry.example.com/${name}@sha256:${String(i).repeat(64)}`,
    ...(i === 0 ? {} : { replaces: versions[i - 1] ?? '' }),
  }));
  const folder = join(site.state, 'catalogs/idx', name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'catalog.json'), makePackageText(name, bundles));
}

async function writeUses(site: Site, ...lines: readonly string[]): Promise<void> {
  const head =
    'apiVersion: olmirror/v1alpha1\nkind: InUse\nspec:\n  clusters:\n    - name: prod\n      subscriptions:\n';
  await writeFile(
    join(site.state, 'in-use.yaml'),
    `${head}${lines.map((line) => `        - ${line}\n`).join('')}`,
  );
}

/** A repository whose only commit has packages `a` and `b` of one version. */
async function createRepository(t: TestContext): Promise<Site> {
  const site = await createSite(t);
  await site.writeManifest();
  await writePackage(site, 'a', '1.0.0');
  await writePackage(site, 'b', '1.0.0');
  await site.commit('base');
  return site;
}

async function review(
  site: Site,
  ...args: readonly string[]
): Promise<Review & { readonly code: number | null; readonly stderr: string }> {
  const { code, stdout, stderr } = await site.olmirror(['plan', '--format', 'json', ...args]);
  assert.notEqual(stdout, '', stderr);
  return { ...parseChecked(reviewSchema, stdout), code, stderr };
}

test('plan --from says, asking nobody, what a commit changes: operators, images, settings, clusters, policies', async (t) => {
  const site = await createRepository(t);
  await Promise.all([site.production.stop(), site.staging.stop()]);
  await writePackage(site, 'a', '1.0.0', '1.1.0');
  await writePackage(site, 'c', '1.0.0');
  await writeUses(site, '{ name: a, namespace: ops, package: a, installed: a.v1.0.0 }');
  await site.writeManifest({ spec: '  policy: { automaticUpgrades: block }' });
  await site.commit('change');
  const made = await review(site, '--from', 'HEAD~1', '--offline');
  assert.equal(made.code, 4, made.stderr);
  assert.equal(made.plan, null);
  const [catalog] = made.catalogs;
  assert.equal(catalog?.change, 'changed');
  assert.deepEqual(
    catalog?.packages?.map(({ package: name, change }) => [name, change]),
    [
      ['a', 'changed'],
      ['c', 'added'],
    ],
  );
  assert.deepEqual(made.images, {
    added: [
      `registry.example.com/a@sha256:${'1'.repeat(64)}`,
      `registry.example.com/c@sha256:${'0'.repeat(64)}`,
    ],
    removed: [],
  });
  assert.deepEqual(made.settings, ['spec.policy.automaticUpgrades: not set → block']);
  assert.deepEqual(
    made.upgrades?.map(({ effect, to }) => [effect, to]),
    [['automatic', 'a.v1.1.0']],
  );
  assert.deepEqual(
    made.checks.map(({ kind, severity }) => `${kind} ${severity}`),
    ['automatic-upgrade blocked'],
  );
  assert.equal((await site.olmirror(['plan', '--from', 'HEAD', '--offline'])).code, 0);
});

// What came to the target branch meanwhile is not what the change takes away. Seen to fail: with the branch itself compared, b.v1.1.0 was out.
test('plan --from BRANCH compares with where the change left the branch, and says so', async (t) => {
  const site = await createRepository(t);
  await site.git('checkout', '-qb', 'change');
  await writePackage(site, 'a', '1.0.0', '1.1.0');
  const head = await site.commit('change');
  await site.git('checkout', '-q', '-');
  await writePackage(site, 'b', '1.0.0', '1.1.0');
  await site.commit('meanwhile');
  const made = await review(site, '--from', 'HEAD', '--to', 'change', '--offline');
  assert.deepEqual([made.code, made.from.subject, made.to.subject], [2, 'base', 'change']);
  assert.deepEqual(
    made.catalogs[0]?.packages?.map((change) => change.package),
    ['a'],
  );
  assert.match(made.stderr, /Compared with [0-9a-f]{12}, where the change left HEAD/);
  assert.ok(head.length > 0);
});

test('plan --from works in a shallow clone, and reads what a package folder that lies wrong would hide', async (t) => {
  const site = await createRepository(t);
  await site.git('mv', 'catalogs/idx/b', 'catalogs/idx/other');
  await writePackage(site, 'a', '1.0.0', '1.1.0');
  await site.commit('move');
  const clone = join(site.folder, 'clone');
  await site.git('clone', '-q', '--depth=1', `file://${site.state}`, clone);
  const result = await site.olmirror(
    ['plan', '--format', 'json', '--from', 'HEAD~1', '--offline'],
    { cwd: clone },
  );
  assert.equal(result.code, 2, result.stderr);
  const { catalogs } = parseChecked(reviewSchema, result.stdout);
  assert.deepEqual(
    catalogs[0]?.packages?.map((change) => change.package),
    ['a'],
  );
});

test('plan --from names what is broken on either side, and goes on', async (t) => {
  const site = await createRepository(t);
  await writeFile(join(site.state, 'catalogs/idx/b/catalog.json'), '{ "schema": "olm.package"');
  await writePackage(site, 'a', '1.0.0', '1.1.0');
  await writeFile(join(site.state, 'in-use.yaml'), 'a: 1\n');
  await site.commit('broken');
  const broken = await review(site, '--from', 'HEAD~1', '--offline');
  assert.equal(broken.code, 1);
  assert.equal(broken.catalogs[0]?.packages, null);
  assert.deepEqual(
    broken.checks.map(({ kind, severity }) => `${kind} ${severity}`),
    ['invalid error', 'invalid error'],
  );
  await writePackage(site, 'b', '1.0.0');
  await site.git('rm', '-q', '--cached', 'in-use.yaml');
  await writeFile(join(site.state, '.gitignore'), 'in-use.yaml\n');
  await site.commit('mended');
  const mended = await review(site, '--from', 'HEAD~1', '--offline');
  assert.deepEqual([mended.code, mended.checks.map(({ severity }) => severity)], [2, ['warning']]);
});

test('plan --from without --offline adds the plan of the later commit, and saves it', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  for (const command of ['init', 'merge']) {
    await site.olmirror([command]);
    await site.commit(command);
  }
  const file = join(site.folder, 'plan.json');
  const made = await review(site, '--from', 'HEAD~1', '--out', file);
  assert.equal(made.code, 2, made.stderr);
  assert.ok((made.plan?.steps.length ?? 0) > 0);
  const applied = await site.olmirror(['apply', file]);
  assert.equal(applied.code, 0, applied.stderr);
  const text = await site.olmirror(['plan', '--from', 'HEAD~1']);
  assert.match(text.stdout, /^Review of commit [0-9a-f]{12} "merge" against commit [0-9a-f]{12}: /);
});

for (const [args, message] of [
  [['--offline'], /--offline has no meaning without --from/],
  [['--to', 'HEAD'], /--to has no meaning without --from/],
  [['--from', 'HEAD', '--to', 'HEAD', '--working-tree'], /exclude each other/],
  [['--from', 'HEAD', '--offline', '--out', 'x'], /--out saves a plan/],
] as const)
  test(`plan refuses ${args.join(' ')}`, async (t) => {
    const site = await createRepository(t);
    const result = await site.olmirror(['plan', ...args]);
    assert.equal(result.code, 1);
    assert.match(result.stderr, message);
  });
