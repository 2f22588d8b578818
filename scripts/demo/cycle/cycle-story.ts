import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Advice, Strategy, StrategyAdvice } from '../../../src/plan/advice-types.ts';
import { emptyRegistry, weighRegistry } from '../../lib/registry-disk.ts';
import { buildExampleRelease } from '../example-release.ts';
import { pushCatalog, pushRelease } from '../fill-registries.ts';
import { formatHeadsTable } from '../format-table.ts';
import type { Heads } from '../operator-hub.ts';
import type { Delivery } from '../operators.ts';
import { askOlmirror, commit, isSame, playOlmirror, readHeads, type StoryDeps } from '../play.ts';
import { NEW_RELEASE, startStateRepository } from '../story.ts';
import { CYCLE_OPERATORS } from './cycle-operators.ts';

export interface Round {
  readonly delivery: Delivery;
  readonly title: string;
  readonly text: string;
  readonly message: string;
  /** Versions of the channels `stable`, from A on. */
  readonly stable: readonly [a: string, b: string, c: string, d: string];
}

export const ROUNDS: readonly Round[] = [
  {
    delivery: 'first',
    title: 'The first upgrade: OpenShift 4.20.2 and operator A',
    text: 'It lands in staging, is merged, and applied.',
    message: 'Deliver OpenShift 4.20.2 and operator A',
    stable: ['1.2.0', '2.1.0', '0.10.0', '3.1.0'],
  },
  {
    delivery: 'second',
    title: 'The second upgrade: operators B and C',
    text: 'The question that started it all: where does it go, and what may be cleaned?',
    message: 'Deliver operators B and C',
    stable: ['1.2.0', '2.2.0', '0.11.0', '3.1.0'],
  },
  {
    delivery: 'third',
    title: 'The third upgrade: operator A again',
    text: 'The same way again; so goes the thirtieth.',
    message: 'Deliver operator A again',
    stable: ['1.3.0', '2.2.0', '0.11.0', '3.1.0'],
  },
];

/** Plays the third act: three upgrades, each to the state that the advice predicted, byte for byte; throws where it goes otherwise. */
export async function playCycleStory(deps: StoryDeps): Promise<void> {
  const before = await fillProduction(deps);
  const seen: Heads[] = [];
  for (const round of ROUNDS) seen.push(await playRound(deps, round));
  await deps.narrator.begin('What came of it', 'Nothing that was there once is gone.');
  const columns = seen.map((heads, at) => ({ title: ROUNDS[at]?.delivery ?? '', heads }));
  deps.narrator.say(formatHeadsTable([{ title: 'before', heads: before }, ...columns]));
}

/** An existing mirror in production, taken over into a state repository; what it serves. */
export async function fillProduction(deps: StoryDeps): Promise<Heads> {
  const { production } = deps.stage;
  await pushCatalog(production.host, 'old', CYCLE_OPERATORS);
  await pushRelease(production.host, buildExampleRelease('4.20.1'));
  const before = await readHeads(production.host);
  await startStateRepository(deps);
  await turnOffBackup(deps);
  return before;
}

// The numbers are held against the disk: a backup of Git would come on top of them.
async function turnOffBackup(deps: StoryDeps): Promise<void> {
  const file = join(deps.stage.state, 'mirror.yaml');
  const manifest = await readFile(file, 'utf8');
  await writeFile(file, manifest.replace('\nspec:\n', '\nspec:\n  stateBackup: off\n'));
  await commit(deps, 'Keep no backup of Git in this demo');
}

async function playRound(deps: StoryDeps, round: Round): Promise<Heads> {
  const { narrator, stage } = deps;
  const { host } = stage.production;
  await narrator.begin(round.title, round.text);
  await pushCatalog(stage.staging.host, round.delivery, CYCLE_OPERATORS);
  if (round.delivery === 'second') await playOlmirror(deps, ['advise', '--rate', '50MB']);
  await playOlmirror(deps, ['merge']);
  if (round.delivery === 'first') await addRelease(deps, stage.staging.host);
  await commit(deps, round.message);
  const after = (await findPrediction(deps, 'append')).disk.production.after.bytes;
  await playOlmirror(deps, ['apply']);
  const there = await weighRegistry(join(stage.folder, 'production'));
  narrator.check(
    `production's disk holds ${there} bytes, as the advice said before`,
    after === there,
  );
  const heads = await readHeads(host);
  narrator.check('every operator is served at its newest', isSame(listExpected(round), heads));
  await emptyStaging(deps);
  return heads;
}

/** Brings the new release, which is one line in the manifest. */
export async function addRelease({ stage }: StoryDeps, host: string): Promise<void> {
  await pushRelease(host, buildExampleRelease('4.20.2'));
  const file = join(stage.state, 'mirror.yaml');
  await writeFile(file, `${await readFile(file, 'utf8')}${NEW_RELEASE}`);
}

/** What an advice says of a strategy. */
export async function findPrediction(deps: StoryDeps, strategy: Strategy): Promise<StrategyAdvice> {
  const advice: Advice = JSON.parse(await askOlmirror(deps, ['advise', '--format', 'json']));
  const found = advice.strategies.find((entry) => entry.strategy === strategy);
  if (found === undefined) throw new Error(`The advice says nothing of ${strategy}.`);
  return found;
}

async function emptyStaging(deps: StoryDeps): Promise<void> {
  const none = ['catalogs', 'mirror-rules', 'pods'].flatMap((kind) => ['--none-of', kind]);
  await playOlmirror(deps, ['staging', 'check', ...none]);
  await emptyRegistry(join(deps.stage.folder, 'staging'));
  deps.narrator.say('\nStaging is emptied by its own means; the next upgrade finds it so.');
}

function listExpected({ stable: [a, b, c, d] }: Round): Heads {
  return new Map([
    ['operator-a candidate', a],
    ['operator-a stable', a],
    ['operator-b stable', b],
    ['operator-c stable', c],
    ['operator-d stable', d],
  ]);
}
