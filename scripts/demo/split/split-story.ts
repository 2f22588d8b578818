import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatHeadsTable } from '../format-table.ts';
import { commit, isSame, playGit, playOlmirror, readHeads, type StoryDeps } from '../play.ts';
import { listLost, readSnapshot, type Snapshot } from '../snapshot.ts';
import {
  BESIDE,
  FINAL_TAG,
  fillSplitSite,
  type Hosts,
  listOpen,
  listStagingUse,
  NEW_RELEASE,
  NEWEST,
  renderJoinedCluster,
  renderSplitCluster,
  renderSplitManifest,
} from './split-site.ts';

interface SplitWorld extends StoryDeps {
  readonly hosts: Hosts;
  /** What both held before olmirror did anything. */
  readonly before: { readonly production: Snapshot; readonly staging: Snapshot };
}

/** Plays the way from a site that is split over two ports back to one; throws where it goes otherwise. */
export async function playSplitStory(deps: StoryDeps): Promise<void> {
  const world = await openSplitSite(deps);
  await takeOver(world);
  await takeInUpgrade(world);
  await applyUpgrade(world);
  await pointClusters(world);
  await listFree(world);
}

async function openSplitSite(deps: StoryDeps): Promise<SplitWorld> {
  const { production, staging } = deps.stage;
  const hosts = { production: production.host, staging: staging.host };
  await fillSplitSite(hosts);
  deps.narrator.say(`
The first upgrade was done by hand. Staging holds OpenShift 4.20.2, the new version of operator A, and an index
${FINAL_TAG} of A, B, C and D; production still holds B, C and D. Clusters pull from both (IDMS), and their
CatalogSource points at staging. ${BESIDE} lies in staging too, and nobody remembers why.

What OperatorHub shows:
${formatHeadsTable([
  { title: `staging, ${FINAL_TAG} (served)`, heads: await readHeads(hosts.staging, FINAL_TAG) },
  { title: 'production, v4.20', heads: await readHeads(hosts.production) },
])}
`);
  const open = await listOpen(hosts.production);
  deps.narrator.check(
    'production alone could not serve it: it lacks the new release',
    open.length > 0,
  );
  const before = {
    production: await readSnapshot(hosts.production),
    staging: await readSnapshot(hosts.staging),
  };
  return { ...deps, hosts, before };
}

async function takeOver(world: SplitWorld): Promise<void> {
  const { narrator, root, stage, hosts } = world;
  await narrator.begin(
    'Take over what production has',
    'mirror.yaml names both registries, and the tag that the index has in each. init reads the index in\nproduction; what the clusters are told goes into cluster/.',
  );
  const example = await readFile(join(root, 'mirror.yaml'), 'utf8');
  await writeState(world, new Map([['mirror.yaml', renderSplitManifest(example, hosts)]]));
  await writeState(world, renderSplitCluster(hosts));
  narrator.say(await readFile(join(stage.state, 'cluster/idms.yaml'), 'utf8'));
  await playGit(world, ['init', '--quiet', '--initial-branch=main']);
  await playOlmirror(world, ['init']);
  await commit(world, 'Take over production');
  narrator.say('\nNothing was changed yet, so there is nothing to do:');
  await playOlmirror(world, ['plan']);
}

async function takeInUpgrade(world: SplitWorld): Promise<void> {
  const { narrator, stage } = world;
  await narrator.begin(
    'Take in the upgrade that was done by hand',
    `merge reads ${FINAL_TAG} in staging: A is new, and what that index lost of A stays. The new release is one\nline in mirror.yaml.`,
  );
  await playOlmirror(world, ['merge']);
  const file = join(stage.state, 'mirror.yaml');
  await writeFile(file, `${await readFile(file, 'utf8')}${NEW_RELEASE}`);
  narrator.say(`\nmirror.yaml, spec.releases:\n+${NEW_RELEASE.trimEnd()}`);
  await commit(world, 'Take in OpenShift 4.20.2 and operator A');
}

async function applyUpgrade(world: SplitWorld): Promise<void> {
  const { narrator, hosts, before } = world;
  await narrator.begin(
    'Everything to production',
    'What only staging has is copied; the index of all four goes to production, under its own tag.',
  );
  await playOlmirror(world, ['plan'], 2);
  await playOlmirror(world, ['apply']);
  await playOlmirror(world, ['index', 'verify', 'production']);
  narrator.check(
    'production holds everything that its index and the release name',
    (await listOpen(hosts.production)).length === 0,
  );
  narrator.check(
    'OperatorHub would show each operator at its newest',
    isSame(NEWEST, await readHeads(hosts.production)),
  );
  const lost = listLost(before.production, await readSnapshot(hosts.production));
  narrator.check(
    'production lost no tag, and moved the index tag alone',
    lost.join() === 'olm/example-index:v4.20',
  );
  narrator.say('\nA second plan is empty:');
  await playOlmirror(world, ['plan']);
}

async function pointClusters(world: SplitWorld): Promise<void> {
  const { narrator, hosts } = world;
  await narrator.begin(
    'The CatalogSource back on production',
    'First the CatalogSource, then, once its pod serves, the mirror rules. Its name stays, so that Subscriptions\nkeep their source.',
  );
  await playOlmirror(world, ['index', 'info', 'production']);
  await writeState(world, renderJoinedCluster(hosts));
  await playGit(world, ['diff', '--unified=0', '--', 'cluster']);
  await commit(world, 'Clusters pull from production alone');
  const told = await Promise.all(
    [...renderJoinedCluster(hosts).keys()].map((path) =>
      readFile(join(world.stage.state, path), 'utf8'),
    ),
  );
  narrator.check(
    'clusters are told of staging no more',
    told.every((text) => !text.includes(hosts.staging)),
  );
  await playOlmirror(world, ['plan']);
}

async function listFree(world: SplitWorld): Promise<void> {
  const { narrator, hosts, before } = world;
  await narrator.begin(
    'What staging no longer needs',
    'staging check proves each manifest of staging in production, or lists it as wanted by nobody, and looks for\nwhat still points there. This demo has no cluster, so there are no Pods to show.',
  );
  await playOlmirror(world, [
    'staging',
    'check',
    '--cluster-resources',
    'cluster',
    '--none-of',
    'pods',
  ]);
  const { free, only } = await listStagingUse(hosts, before.staging);
  narrator.say(`\nNo longer needed in staging:\n${free.map((name) => `  ${name}`).join('\n')}\n`);
  narrator.check(`only ${BESIDE} is nowhere else`, only.join() === BESIDE);
  narrator.check('all else can go', free.length === before.staging.size - 1);
  narrator.check(
    'nothing was written to staging',
    isSame(before.staging, await readSnapshot(hosts.staging)),
  );
}

async function writeState(
  { stage }: SplitWorld,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  for (const [path, text] of files) {
    const file = join(stage.state, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
