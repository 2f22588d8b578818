import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { shortHex } from '../../src/base/digest.ts';
import { type IndexIdentity, readIndexIdentity } from '../../src/index/read-index.ts';
import type { RollbackReport } from '../../src/plan/rollback-types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { fakePodman, pushOpm } from '../support/opm-stand-in.ts';
import { deliverA, NO_PODMAN, readGit, readPlan, readTags } from '../support/podman-site.ts';
import { createSite, readServed, readText, type Site } from '../support/site.ts';

const rolled = compileSchema<RollbackReport>('index-rollback');
const WHY = ['--reason', 'b crashes', '--by', 'kim'];
const OLD = ['a.v1.0.0'];

async function run(site: Site, args: readonly string[], code = 0): Promise<string> {
  const result = await site.olmirror(args);
  assert.equal(result.code, code, `${args.join(' ')}: ${result.stdout}${result.stderr}`);
  return result.stdout;
}

/** The tag that an index is to have by its own label. */
function nameByRecipe({ labels }: IndexIdentity): string {
  return `v1-${labels['io.olmirror.recipe']?.slice('sha256:'.length, 'sha256:'.length + 12)}`;
}

/** Podman builds two indexes, the second is served; the commit of the first. */
async function publishTwo(site: Site): Promise<string> {
  await deliverA(site);
  const first = await readGit(site);
  const commit = await site.git('rev-parse', 'HEAD');
  await deliverA(site, ['1.0.0'], 'b');
  const opm = await pushOpm(site.production.host, { catalogs: [first, await readGit(site)] });
  await site.git('checkout', '-q', commit, '--', 'catalogs');
  await site.git('rm', '-rq', 'catalogs/idx/b');
  await site.writeManifest({ base: `"${opm}"`, fields: 'builder: podman' });
  const one = await site.commit('one package');
  await run(site, ['apply']);
  await site.git('checkout', '-q', 'HEAD~1', '--', 'catalogs');
  await site.commit('two packages');
  await run(site, ['apply']);
  return one;
}

describe('index rollback with builder: podman', { skip: NO_PODMAN }, () => {
  // Seen to fail: with the image id alone, the pinned index was foreign, as its tag names a recipe.
  test('goes back to what podman built before, builds nothing, and every later pass keeps it', async (t) => {
    const site = await createSite(t);
    const one = await publishTwo(site);
    const production = site.open(site.production);
    const tags = await readTags(site);
    const before = await readText(site, 'mirror.yaml');
    const newer = await readIndexIdentity(production, 'olm/idx', 'v1');
    // Any call of podman would be a build.
    const env = { PATH: await fakePodman(site.folder, 'no-build', 'exit 42') };

    const args = ['index', 'rollback', 'previous', '--apply', ...WHY, '--format', 'json'];
    const back = await site.olmirror(args, { env });
    assert.equal(back.code, 0, back.stdout + back.stderr);
    const report = parseChecked(rolled, back.stdout);
    const older = await readIndexIdentity(production, 'olm/idx', 'v1');
    const recipe = older.labels['io.olmirror.recipe'];
    assert.equal(report.to.tag, nameByRecipe(older));
    assert.deepEqual(
      [report.way, report.outcome?.kind, report.to.revision, report.checks],
      ['move-tag', 'copied', one, []],
    );
    assert.deepEqual(await readServed(production), OLD);
    assert.deepEqual(await readTags(site), tags, 'no tag came or went');
    await site.commit('pin');

    const plan = await readPlan(site, 0);
    assert.deepEqual(plan.steps, []);
    const [entry] = plan.catalogs;
    assert.deepEqual(
      [entry?.action, entry?.builder, entry?.servedId, entry?.wantedId],
      ['pinned', 'podman', recipe, recipe],
    );
    const applied = await site.olmirror(['apply'], { env });
    assert.deepEqual([applied.code, await readServed(production)], [0, OLD]);
    assert.match(await run(site, ['index', 'verify', 'production']), /✔ It is what the pin names/);
    assert.match(await run(site, ['index', 'list']), /\* {2}v1-.* \(pinned\)\n/);

    await site.git('revert', '--no-edit', 'HEAD');
    assert.equal(await readText(site, 'mirror.yaml'), before);
    const forth = await site.olmirror(['apply'], { env });
    assert.equal(forth.code, 0, forth.stdout + forth.stderr);
    assert.equal((await readIndexIdentity(production, 'olm/idx', 'v1')).digest, newer.digest);
  });

  test('goes to what a commit made by a pin in Git; an index under a tag that is not of its recipe is foreign', async (t) => {
    const site = await createSite(t);
    const one = await publishTwo(site);
    const production = site.open(site.production);
    const pinned = await site.olmirror([
      'index',
      'rollback',
      one.slice(0, 12),
      '--pin-only',
      ...WHY,
    ]);
    assert.equal(pinned.code, 0, pinned.stdout + pinned.stderr);
    await site.commit('pin');
    const plan = await readPlan(site, 2);
    const [move, ...others] = plan.steps;
    assert.ok(move?.kind === 'move-index' && others.length === 0);
    assert.equal(move.builder, 'podman');
    assert.equal(move.immutableTag, `v1-${shortHex(move.imageId)}`);
    assert.doesNotMatch(await run(site, ['plan'], 2), /podman builds it/);
    await run(site, ['apply']);
    assert.deepEqual(await readServed(production), OLD);

    // The very image under another tag: its label says what it is, and the tag does not.
    const odd = `v1-${'e'.repeat(12)}`;
    const place = `docker://${site.production.host}/olm/idx`;
    const tls = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    const copy = ['--insecure-policy', 'copy', '--preserve-digests', ...tls];
    const images = [`${place}:${move.immutableTag}`, `${place}:${odd}`];
    await promisify(execFile)('skopeo', [...copy, ...images]);
    const refused = await run(site, ['index', 'rollback', odd, '--apply', ...WHY], 4);
    assert.match(refused, /refused: .*holds a foreign index/);
    const text = await readText(site, 'mirror.yaml');
    await writeFile(join(site.state, 'mirror.yaml'), text.replace(move.immutableTag, odd));
    await site.commit('a pin to the odd tag');
    assert.match(await run(site, ['apply'], 4), /refused: index idx: .*holds a foreign index/);
    assert.deepEqual(await readServed(production), OLD);
  });

  test('where production lets no tag move, merge tells clusters of the recipe, and a rollback of the one before', async (t) => {
    const site = await createSite(t);
    await site.writeManifest({ fields: 'builder: podman, cache: none', writePolicy: 'allow-once' });
    const told: string[] = [];
    for (const name of ['a', 'b']) {
      await deliverA(site, ['1.0.0'], name);
      await run(site, ['apply']);
      const found = /olm\/idx:(v1-[0-9a-f]{12})\n/.exec(await readText(site, 'cluster/idx.yaml'));
      told.push(found?.[1] ?? '');
    }
    const production = site.open(site.production);
    for (const tag of told)
      assert.equal(tag, nameByRecipe(await readIndexIdentity(production, 'olm/idx', tag)));
    assert.deepEqual(await readTags(site), told.toSorted(), 'v1 itself is not written');
    await run(site, ['index', 'rollback', 'previous', '--apply', ...WHY]);
    assert.match(await readText(site, 'cluster/idx.yaml'), new RegExp(`olm/idx:${told[0]}\n`));
    await site.commit('rollback');
    await run(site, ['plan']);
    assert.deepEqual(await readTags(site), told.toSorted());
  });
});
