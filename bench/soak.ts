// Whether the reconciler grows: passes in a row of a real `watch` between real registries, a commit every other pass.
// Arguments: --passes N (default 500). Run after `npm run build`.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measureTree, readResident } from '../scripts/lib/process-tree.ts';
import { waitFor } from '../test/support/wait-for.ts';

const CLI = resolve(import.meta.dirname, '../dist/olmirror.js');
if (!existsSync(CLI)) throw new Error('There is no dist/: run `npm run build` first.');
// The sources, which sites run otherwise, take a third more memory.
process.env['OLMIRROR_TEST_CLI'] ??= CLI;
const { createSite, pushIndex, pushOperator } = await import('../test/support/site.ts');

const { values } = parseArgs({ options: { passes: { type: 'string', default: '500' } } });
const ends: (() => unknown)[] = [];
try {
  await soak(Number(values.passes));
} finally {
  for (const end of ends.toReversed()) await end();
}

async function soak(passes: number): Promise<void> {
  const site = await createSite({ after: (end) => void ends.push(end) });
  const versions = ['1.0.0', '1.1.0'];
  const a = await pushOperator(site.production.host, { name: 'a', versions });
  await pushIndex(site.production.host, { a });
  const init = await site.olmirror(['init']);
  if (init.code !== 0) throw new Error(init.stderr);
  await site.commit('base');
  const child = site.start(['watch', '--interval', '1s', '--log-format', 'json']);
  ends.push(() => child.kill('SIGKILL'));
  child.stdout?.setEncoding('utf8');
  const log = { done: 0 };
  child.stdout?.on('data', (text: string) => (log.done += text.split('"pass done').length - 1));
  console.log(
    '| passes | MB of watch | MB of all its processes | open files of all |\n|---|---|---|---|',
  );
  for (let round = 1; round <= passes / 2; round += 1) {
    const before = log.done;
    await site.git('commit', '-q', '--allow-empty', '-m', `round ${round}`);
    await waitFor('two passes', async () => log.done >= before + 2);
    if (round % Math.ceil(passes / 20) === 1) printRow(log.done, child.pid ?? 0);
  }
  printRow(log.done, child.pid ?? 0);
}

function printRow(passes: number, pid: number): void {
  const { bytes, openFiles } = measureTree(pid);
  const [own, all] = [readResident(pid), bytes].map((each) => (each / 1e6).toFixed(0));
  console.log(`| ${passes} | ${own} | ${all} | ${openFiles} |`);
}
