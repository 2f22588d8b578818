import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { emptyRegistry, weighRegistry } from '../../lib/registry-disk.ts';
import { pushCatalog } from '../fill-registries.ts';
import { formatHeadsTable } from '../format-table.ts';
import type { Heads } from '../operator-hub.ts';
import { commit, playGit, playOlmirror, readHeads, type StoryDeps } from '../play.ts';
import { CYCLE_OPERATORS } from './cycle-operators.ts';
import { addRelease, fillProduction, findPrediction, ROUNDS, type Round } from './cycle-story.ts';
import { renderUsedCluster, type UsedCluster } from './used-cluster.ts';

/** A registry, and the folder in which it was started. */
interface Place {
  readonly host: string;
  readonly folder: string;
}

interface Hosts {
  readonly production: Place;
  readonly staging: Place;
}

/** What the cluster has when each upgrade comes: D is used by nobody, and neither is C. */
const USED: readonly Omit<UsedCluster, 'mirror'>[] = [
  { installed: { 'operator-a': '1.1.0', 'operator-b': '2.1.0' }, release: '4.20.1' },
  { installed: { 'operator-a': '1.2.0', 'operator-b': '2.1.0' }, release: '4.20.2' },
  { installed: { 'operator-a': '1.2.0', 'operator-b': '2.2.0' }, release: '4.20.2' },
];

/** Plays the third act by the other strategy: what is in use moves, and the roles change after each upgrade. */
export async function playRelocateStory(deps: StoryDeps): Promise<void> {
  const { stage, narrator } = deps;
  const before = await fillProduction(deps);
  await edit(deps, (text) => text.replace('strategy: append', 'strategy: relocate'));
  await commit(deps, 'Relocate what is in use');
  let hosts: Hosts = {
    production: { host: stage.production.host, folder: join(stage.folder, 'production') },
    staging: { host: stage.staging.host, folder: join(stage.folder, 'staging') },
  };
  const seen: Heads[] = [];
  for (const [at, round] of ROUNDS.entries()) {
    await narrator.begin(
      round.title,
      'What is in use goes where the upgrade is, then the roles change.',
    );
    await pushCatalog(hosts.staging.host, round.delivery, CYCLE_OPERATORS);
    await lookAtCluster(deps, at, hosts.staging.host);
    seen.push(await relocate(deps, round, hosts));
    hosts = await exchangeRoles(deps, hosts);
  }
  await narrator.begin(
    'What came of it',
    'D, which nobody used and nobody delivered, was left behind. Git has it still.',
  );
  const columns = seen.map((heads, at) => ({ title: ROUNDS[at]?.delivery ?? '', heads }));
  narrator.say(formatHeadsTable([{ title: 'before', heads: before }, ...columns]));
}

async function lookAtCluster(deps: StoryDeps, at: number, mirror: string): Promise<void> {
  const used = USED[at];
  if (used === undefined) throw new Error('There are three upgrades.');
  const file = join(deps.stage.folder, 'objects.json');
  await writeFile(file, renderUsedCluster({ ...used, mirror }));
  await playOlmirror(deps, ['in-use', '--from', file, '--cluster', 'prod']);
  await commit(deps, 'What the cluster uses');
}

async function relocate(deps: StoryDeps, round: Round, hosts: Hosts): Promise<Heads> {
  const { narrator } = deps;
  await playOlmirror(deps, ['merge']);
  if (round.delivery === 'first') await addRelease(deps, hosts.staging.host);
  await commit(deps, round.message);
  if (round.delivery === 'second') await playOlmirror(deps, ['advise', '--rate', '50MB']);
  const after = (await findPrediction(deps, 'relocate')).disk.staging.after.bytes;
  await playOlmirror(deps, ['apply']);
  const there = await weighRegistry(hosts.staging.folder);
  narrator.check(
    `${hosts.staging.host} holds ${there} bytes, as the advice said before`,
    after === there,
  );
  const heads = await readHeads(hosts.staging.host);
  const [a, b] = round.stable;
  narrator.check(
    `A ${a} and B ${b} are served from there`,
    heads.get('operator-a stable') === a && heads.get('operator-b stable') === b,
  );
  return heads;
}

async function exchangeRoles(deps: StoryDeps, hosts: Hosts): Promise<Hosts> {
  await playOlmirror(deps, ['relocate', 'check']);
  deps.narrator.say(
    `\n${hosts.production.host} is wiped by its own means, and the roles change by one commit:`,
  );
  await emptyRegistry(hosts.production.folder);
  const swapped = { production: hosts.staging, staging: hosts.production };
  await edit(deps, (text) => swapHosts(text, swapped));
  await playGit(deps, ['diff', '--unified=0', '--', 'mirror.yaml']);
  await commit(deps, 'Exchange the roles');
  return swapped;
}

function swapHosts(text: string, { production, staging }: Hosts): string {
  return text
    .replace(/production: \{ host: "[^"]+"/, `production: { host: "${production.host}"`)
    .replace(/staging: \{ host: "[^"]+"/, `staging: { host: "${staging.host}"`);
}

async function edit({ stage }: StoryDeps, change: (text: string) => string): Promise<void> {
  const file = join(stage.state, 'mirror.yaml');
  await writeFile(file, change(await readFile(file, 'utf8')));
}
