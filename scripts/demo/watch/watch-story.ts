import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pushCatalog } from '../fill-registries.ts';
import { formatHeadsTable } from '../format-table.ts';
import { readOperatorHub } from '../operator-hub.ts';
import {
  commit,
  playGit,
  playOlmirror,
  readHeads,
  type StoryDeps,
  startOlmirror,
} from '../play.ts';
import {
  checkGrowth,
  checkHeads,
  deleteIndex,
  fillRegistries,
  NEW_RELEASE,
  startStateRepository,
  type World,
} from '../story.ts';

const PATIENCE = 60_000;
const READY = ['status', '--wait', 'Ready', '--timeout', '2m'] as const;

/** Plays the second act: the reconciler brings production to each commit, and tells what it cannot do. */
export async function playWatchStory(deps: StoryDeps): Promise<void> {
  const world = await fillRegistries(deps);
  await startStateRepository(world);
  await world.narrator.begin(
    'The reconciler',
    'watch compares the repository with both registries, now, at every commit, and at an interval.',
  );
  const watching = startOlmirror(world, ['watch', '--interval', '5s']);
  try {
    await playOlmirror(world, READY);
    await deliverByCommit(world);
    await breakAndMend(world);
    await loseIndex(world);
    await deliverAgain(world);
  } finally {
    await watching.stop();
  }
  await lookBack(world);
}

async function deliverByCommit(world: World): Promise<void> {
  const { narrator, stage } = world;
  await narrator.begin(
    'A commit is enough',
    'merge takes the delivery into the working tree; nobody types apply.',
  );
  await playOlmirror(world, ['merge']);
  const file = join(stage.state, 'mirror.yaml');
  await writeFile(file, `${await readFile(file, 'utf8')}${NEW_RELEASE}`);
  await commitAndWait(world, {
    message: 'Deliver OpenShift 4.20.2, operators A and C',
    second: false,
  });
}

async function commitAndWait(
  world: World,
  { message, second }: { readonly message: string; readonly second: boolean },
): Promise<void> {
  const { host } = world.stage.production;
  await commit(world, message);
  await playOlmirror(world, READY);
  checkHeads(world, { heads: await readHeads(host), first: true, second });
  await checkGrowth(world, host);
}

async function breakAndMend(world: World): Promise<void> {
  const { narrator, stage } = world;
  await narrator.begin(
    'A commit that is not valid',
    'The reconciler stalls and says where; what is served stays as it is (exit 1).',
  );
  const file = join(stage.state, 'mirror.yaml');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('strategy:', 'strategi:'));
  await commit(world, 'A typo');
  await playOlmirror(world, READY, 1);
  checkHeads(world, { heads: await readHeads(stage.production.host), first: true, second: false });
  narrator.say('\nThe next good commit heals it:');
  await playGit(world, ['revert', '--no-edit', 'HEAD']);
  await playOlmirror(world, READY);
}

async function loseIndex(world: World): Promise<void> {
  const { narrator, stage } = world;
  const { host } = stage.production;
  await narrator.begin(
    'The index is lost',
    'Somebody deletes the index from production. No commit, and nobody is there.',
  );
  await deleteIndex(world);
  const end = Date.now() + PATIENCE;
  while ((await readOperatorHub(host)) === null && Date.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 200));
  narrator.check('the index is back', (await readOperatorHub(host)) !== null);
  checkHeads(world, { heads: await readHeads(host), first: true, second: false });
}

async function deliverAgain(world: World): Promise<void> {
  const { narrator, stage } = world;
  await pushCatalog(stage.staging.host, 'second');
  await narrator.begin('The second delivery', 'It brings operator B only. The way is the same.');
  await playOlmirror(world, ['merge']);
  await commitAndWait(world, { message: 'Deliver operator B', second: true });
}

async function lookBack(world: World): Promise<void> {
  const { narrator, stage } = world;
  await narrator.begin(
    'What came of it',
    'Every pass was kept; those that changed nothing share a line.',
  );
  await playOlmirror(world, ['history']);
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
}
