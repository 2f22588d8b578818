import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deleteManifest } from '../lib/delete-manifest.ts';
import { renderExampleCatalog } from './example-catalog.ts';
import { buildExampleRelease } from './example-release.ts';
import {
  INDEX_REPOSITORY,
  INDEX_TAG,
  listCatalogImages,
  pushCatalog,
  pushRelease,
} from './fill-registries.ts';
import { formatHeadsTable } from './format-table.ts';
import { type Heads, headDigest, readOperatorHub } from './operator-hub.ts';
import { commit, isSame, playGit, playOlmirror, readHeads, type StoryDeps } from './play.ts';
import { listLost, readSnapshot, type Snapshot } from './snapshot.ts';
import type { Stage } from './stage.ts';

export interface World extends StoryDeps {
  /** What production held before olmirror did anything. */
  readonly start: Snapshot;
  readonly before: Heads;
  readonly delivered: Heads;
}

const INDEX: { readonly repository: string; readonly reference: string } = {
  repository: INDEX_REPOSITORY,
  reference: INDEX_TAG,
};
const MOVING_TAG = `${INDEX_REPOSITORY}:${INDEX_TAG}`;
export const NEW_RELEASE = '    - { version: 4.20.2, architecture: x86_64 }\n';

/** Plays the story of design §1 from an existing mirror to a lost index; throws where it goes otherwise. */
export async function playStory(deps: StoryDeps): Promise<void> {
  const world = await fillRegistries(deps);
  await startStateRepository(world);
  await takeFirstDelivery(world);
  await applyFirstDelivery(world);
  await takeSecondDelivery(world);
  await restoreLostIndex(world);
  await showEnd(world);
}

/** An existing mirror in production, and a delivery in staging. */
export async function fillRegistries(deps: StoryDeps): Promise<World> {
  const { production, staging } = deps.stage;
  const old = await pushCatalog(production.host, 'old');
  const oldRelease = await pushRelease(production.host, buildExampleRelease('4.20.1'));
  const first = await pushCatalog(staging.host, 'first');
  const newRelease = await pushRelease(staging.host, buildExampleRelease('4.20.2'));
  const before = await readHeads(production.host);
  const delivered = await readHeads(staging.host);
  deps.narrator.say(`
Production holds an existing mirror as oc-mirror left it: OpenShift 4.20.1 (${oldRelease} images), operators
A, B, C and D (${old} images) and the index ${MOVING_TAG} that names them.
The delivery in staging brings OpenShift 4.20.2 (${newRelease} images) and newer versions of A and C (${first} images).
Its index knows nothing of B and D: served as it is, it would take them out of OperatorHub.

What OperatorHub shows:
${formatHeadsTable([
  { title: 'production now', heads: before },
  { title: "delivery's index alone", heads: delivered },
])}`);
  return { ...deps, start: await readSnapshot(production.host), before, delivered };
}

/** Takes the mirror over into a state repository. */
export async function startStateRepository(world: StoryDeps): Promise<void> {
  await world.narrator.begin(
    'The state repository',
    'A Git repository says what production must hold. It starts with mirror.yaml; init reads the\ncatalog out of the index that production serves.',
  );
  const { stage, root } = world;
  const example = await readFile(join(root, 'mirror.yaml'), 'utf8');
  const manifest = example
    .replace(NEW_RELEASE, '')
    .replace('localhost:5000', stage.production.host)
    .replace('localhost:5001', stage.staging.host);
  await writeFile(join(stage.state, 'mirror.yaml'), manifest);
  await playGit(world, ['init', '--quiet', '--initial-branch=main']);
  await playOlmirror(world, ['init']);
  await commit(world, 'Take over the existing mirror');
  world.narrator.say('\nNothing was changed yet, so there is nothing to do:');
  await playOlmirror(world, ['plan']);
}

async function takeFirstDelivery(world: World): Promise<void> {
  const { narrator, stage } = world;
  await narrator.begin(
    'The first delivery, as a change to review',
    'merge reads the index in staging and writes both catalogs, united, into the working tree.\nThe new release is one line in mirror.yaml.',
  );
  await playOlmirror(world, ['merge']);
  const file = join(stage.state, 'mirror.yaml');
  const manifest = await readFile(file, 'utf8');
  await writeFile(file, `${manifest}${NEW_RELEASE}`);
  narrator.say(`\nmirror.yaml, spec.releases:\n+${NEW_RELEASE.trimEnd()}`);
  await playGit(world, ['add', '--all']);
  await playGit(world, ['diff', '--cached', '--stat']);
  await playGit(world, ['commit', '--quiet', '-m', 'Deliver OpenShift 4.20.2, operators A and C']);
}

async function applyFirstDelivery(world: World): Promise<void> {
  const { narrator, stage } = world;
  const { host } = stage.production;
  await narrator.begin(
    'Plan and apply',
    'plan compares the commit with both registries and says what apply would do (exit 2: changes).',
  );
  narrator.say('What production serves today:');
  await playOlmirror(world, ['index', 'show', 'production']);
  narrator.say('\nWhat the commit would change:');
  await playOlmirror(world, ['plan'], 2);
  narrator.check('plan changed nothing', isSame(world.start, await readSnapshot(host)));
  await playOlmirror(world, ['apply']);
  narrator.say('\nThe new index, with the cache from which opm serves at once:');
  await playOlmirror(world, ['index', 'show', 'production']);
  await playOlmirror(world, ['index', 'verify', 'production']);
  const heads = await readHeads(host);
  narrator.say(`\nWhat OperatorHub shows:\n${formatHeadsTable([{ title: 'production', heads }])}`);
  checkHeads(world, { heads, first: true, second: false });
  await checkGrowth(world, host);

  narrator.say('\nA second apply finds production in sync:');
  const applied = await readSnapshot(host);
  await playOlmirror(world, ['apply']);
  narrator.check('the second apply changed nothing', isSame(applied, await readSnapshot(host)));
}

async function takeSecondDelivery(world: World): Promise<void> {
  const { narrator, stage } = world;
  await pushCatalog(stage.staging.host, 'second');
  await narrator.begin(
    'The second delivery brings operator B only',
    'The index in staging now names B and nothing else. The way is the same.',
  );
  await playOlmirror(world, ['merge']);
  await playGit(world, ['add', '--all']);
  await playGit(world, ['diff', '--cached', '--stat']);
  await playGit(world, ['commit', '--quiet', '-m', 'Deliver operator B']);
  await playOlmirror(world, ['plan'], 2);
  await playOlmirror(world, ['apply']);
  checkHeads(world, { heads: await readHeads(stage.production.host), first: true, second: true });
  await checkGrowth(world, stage.production.host);
}

async function restoreLostIndex(world: World): Promise<void> {
  const { narrator, stage } = world;
  const { host } = stage.production;
  await narrator.begin(
    'The index is lost',
    'Somebody deletes the index from production: OperatorHub is empty.',
  );
  const digest = await deleteIndex(world);
  narrator.check('production serves no index', (await readOperatorHub(host)) === null);
  narrator.say('\nGit still has it, and apply brings it back:');
  await playOlmirror(world, ['plan'], 2);
  await playOlmirror(world, ['apply']);
  const restored = await headDigest(host, INDEX);
  narrator.check(`the index is back, with the digest it had`, restored === digest);
}

/** Deletes the served index as somebody else would; returns its digest. */
export async function deleteIndex({ narrator, stage }: World): Promise<string> {
  const { host } = stage.production;
  const digest = await headDigest(host, INDEX);
  if (digest === null) throw new Error('There is no index to delete.');
  narrator.say(`\n$ curl -X DELETE http://${host}/v2/${INDEX_REPOSITORY}/manifests/${digest}`);
  await deleteManifest(host, INDEX_REPOSITORY, digest);
  return digest;
}

async function showEnd(world: World): Promise<void> {
  const { narrator, stage, root } = world;
  await narrator.begin('What came of it', 'Production against Git, on one screen:');
  await playOlmirror(world, ['status']);
  const heads = await readHeads(stage.production.host);
  narrator.say(`
What OperatorHub shows:
${formatHeadsTable([
  { title: 'before', heads: world.before },
  { title: 'first delivery alone', heads: world.delivered },
  { title: 'after', heads },
])}
`);
  checkHeads(world, { heads, first: true, second: true });
  narrator.check('every image that the index names is in production', await isComplete(stage));
  const same = await hasExampleCatalog(stage.state, root);
  narrator.check('Git holds the catalog that this project keeps in catalogs/example-index', same);
}

export function checkHeads(
  world: World,
  {
    heads,
    first,
    second,
  }: { readonly heads: Heads; readonly first: boolean; readonly second: boolean },
): void {
  const [a, c] = first ? ['1.2.0', '0.11.0'] : ['1.1.0', '0.10.0'];
  const wanted = new Map([
    ['operator-a candidate', a],
    ['operator-a stable', a],
    ['operator-b stable', second ? '2.2.0' : '2.1.0'],
    ['operator-c stable', c],
    ['operator-d stable', '3.1.0'],
  ]);
  const same = isSame(wanted, heads);
  const told = second ? 'A, B and C are new, D is' : 'A and C are new, B and D are';
  world.narrator.check(`${told} still there`, same);
}

export async function checkGrowth(world: World, host: string): Promise<void> {
  const lost = listLost(world.start, await readSnapshot(host));
  const grown = lost.every((name) => name === MOVING_TAG);
  world.narrator.check('no tag of the old mirror was moved or removed, save the index tag', grown);
}

async function isComplete({ production }: Stage): Promise<boolean> {
  const { host } = production;
  const found = listCatalogImages('merged').map(({ spec, digest }) =>
    headDigest(host, { repository: spec.repository, reference: digest }),
  );
  const release = buildExampleRelease('4.20.2').components.map(({ digest }) =>
    headDigest(host, { repository: 'openshift/release', reference: digest }),
  );
  return (await Promise.all([...found, ...release])).every((digest) => digest !== null);
}

async function hasExampleCatalog(state: string, root: string): Promise<boolean> {
  for (const path of renderExampleCatalog('merged').keys()) {
    const file = join('catalogs/example-index', path);
    const [inState, here] = [await readFile(join(state, file)), await readFile(join(root, file))];
    if (!inState.equals(here)) return false;
  }
  return true;
}
