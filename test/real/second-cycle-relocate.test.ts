import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type CycleSite,
  createCycleSite,
  findStrategy,
  listPlannedTags,
  type UsedContent,
} from '../support/cycle-site.ts';
import { readServed } from '../support/site.ts';

interface Round {
  readonly message: string;
  readonly release: boolean;
  readonly operators: Readonly<Record<string, readonly string[]>>;
  /** What the cluster uses when the delivery comes. */
  readonly use: Omit<UsedContent, 'mirror'>;
  readonly served: readonly string[];
}

const ROUNDS: readonly Round[] = [
  {
    message: 'OpenShift 4.20.2 and A',
    release: true,
    operators: { a: ['1.0.0', '1.1.0'] },
    use: { installed: { a: 'a.v1.0.0', b: 'b.v1.0.0' }, release: '4.20.1' },
    served: ['a.v1.0.0', 'a.v1.1.0', 'b.v1.0.0'],
  },
  {
    message: 'B and C',
    release: false,
    operators: { b: ['1.0.0', '1.1.0'], c: ['1.0.0', '1.1.0'] },
    use: { installed: { a: 'a.v1.1.0', b: 'b.v1.0.0' }, release: '4.20.2' },
    served: ['a.v1.0.0', 'a.v1.1.0', 'b.v1.0.0', 'b.v1.1.0', 'c.v1.0.0', 'c.v1.1.0'],
  },
  {
    message: 'A again',
    release: false,
    operators: { a: ['1.1.0', '1.2.0'] },
    use: { installed: { a: 'a.v1.1.0', b: 'b.v1.1.0' }, release: '4.20.2' },
    served: ['a.v1.0.0', 'a.v1.1.0', 'a.v1.2.0', 'b.v1.0.0', 'b.v1.1.0', 'c.v1.0.0', 'c.v1.1.0'],
  },
];

test('relocate: three deliveries, the roles changed after each, end byte for byte where the advice said', async (t) => {
  const site = await createCycleSite(t, { fields: 'references: rewrite' });
  let hosts = { production: site.production, staging: site.staging };
  await edit(site, (text) => text.replace('spec:\n', 'spec:\n  strategy: relocate\n'));
  for (const round of ROUNDS) {
    await site.deliver(round.operators, hosts.staging.host);
    if (round.release) await site.deliverRelease();
    await site.use({ ...round.use, mirror: hosts.staging.host });
    await site.take(round.message);
    await relocate(site, round, hosts);
    hosts = { production: hosts.staging, staging: hosts.production };
    await edit(site, (text) => swap(text, hosts));
    await site.commit('Swap the roles');
  }
});

type Hosts = { readonly [role in 'production' | 'staging']: CycleSite['production'] };

/** The folder that a registry got its first role from. */
function folderOf(site: CycleSite, { host }: { readonly host: string }): 'production' | 'staging' {
  return host === site.production.host ? 'production' : 'staging';
}

async function edit(site: CycleSite, change: (text: string) => string): Promise<void> {
  const file = join(site.state, 'mirror.yaml');
  const text = await readFile(file, 'utf8');
  const changed = change(text);
  assert.notEqual(changed, text);
  await writeFile(file, changed);
}

function swap(text: string, { production, staging }: Hosts): string {
  return text
    .replace(/production: \{ host: "[^"]+"/, `production: { host: "${production.host}"`)
    .replace(/staging: \{ host: "[^"]+"/, `staging: { host: "${staging.host}"`);
}

async function relocate(site: CycleSite, round: Round, hosts: Hosts): Promise<void> {
  const { message } = round;
  const [from, to] = [folderOf(site, hosts.production), folderOf(site, hosts.staging)];
  const advice = await site.advise();
  const { copies, disk, blockers } = findStrategy(advice, 'relocate');
  assert.deepEqual(
    [blockers, copies.bytes.doubts, disk.staging.after.doubts, disk.production.cleaned.bytes],
    [[], [], [], 0],
    message,
  );
  assert.deepEqual(
    [disk.production.now.bytes, disk.staging.now.bytes],
    [await site.weigh(from), await site.weigh(to)],
    message,
  );
  const [old, tags] = [await site.readTags(from), await site.readTags(to)];
  const { plan, report } = await site.applySaved();
  assert.deepEqual([report.planHash, report.bytes], [plan.hash, plan.bytes]);
  assert.deepEqual(copies.repositories, plan.repositories, message);
  assert.equal(disk.staging.after.bytes, await site.weigh(to), message);
  const now = await site.readTags(to);
  const changed = [...now].filter(([tag, digest]) => tags.get(tag) !== digest);
  assert.deepEqual(new Set(changed.map(([tag]) => tag)), new Set(listPlannedTags(plan).keys()));
  assert.deepEqual(await site.readTags(from), old, message);
  assert.deepEqual(await readServed(site.open(hosts.staging)), round.served, message);
  const judged = advice.repositories.filter(({ role }) => role === 'production');
  assert.ok(
    judged.every(({ relocate: { verdict } }) => verdict === 'clean'),
    message,
  );
  const check: { readonly verdict: string; readonly hindrances: readonly object[] } = JSON.parse(
    await site.run(['relocate', 'check', '--format', 'json'], [0, 4]),
  );
  assert.deepEqual([check.verdict, check.hindrances], ['proved', []], message);
  await site.empty(from);
}
