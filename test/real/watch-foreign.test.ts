import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { createSettledSite } from '../support/settled-site.ts';
import { collect, pushIndex, pushOperator, readServed } from '../support/site.ts';
import { waitFor } from '../support/wait-for.ts';

// Seen to fail: with a refused pass ending as `done`, the log said "in step with Git".
test('watch keeps a foreign index, goes on with another catalog, and follows once it was taken in', async (t) => {
  const site = await createSettledSite(t, { catalogs: ['idx', 'red'] });
  const { a, b, production, staging } = site;
  const c = await pushOperator(production.host, { name: 'c', versions: ['1.0.0'] });
  const theirs = await pushIndex(production.host, { a, b, c });
  const watching = site.start(['watch', '--interval', '5s', '--log-format', 'json']);
  t.after(() => watching.kill('SIGKILL'));
  const ended = collect(watching);
  let log = '';
  watching.stdout?.on('data', (text: string) => (log += text));
  await waitFor('the refusal', async () => log.includes('stalled: what was refused'));
  assert.match(log, /foreign index.*1 package \(c\).*merge idx --from production/);
  const d = await pushOperator(staging.host, { name: 'd', versions: ['1.0.0'] });
  await pushIndex(staging.host, { d }, { repository: 'olm/red' });
  await site.expect(['merge', 'red']);
  await site.commit('d for red');
  const registry = site.open(production);
  await waitFor('the other catalog', async () =>
    (await readServed(registry, 'olm/red')).includes('d.v1.0.0'),
  );
  assert.equal(await site.head(), theirs);
  const e = await pushOperator(staging.host, { name: 'e', versions: ['1.0.0'] });
  await pushIndex(staging.host, { e });
  await site.expect(['merge', 'idx', '--from', 'production']);
  await site.commit('what was pushed by hand');
  await site.expect(['merge', 'idx']);
  await site.commit('e for idx');
  await waitFor('both', async () => (await readServed(registry)).includes('e.v1.0.0'));
  assert.deepEqual(await readServed(registry), [
    'a.v1.0.0',
    'a.v1.1.0',
    'b.v1.0.0',
    'c.v1.0.0',
    'e.v1.0.0',
  ]);
  await waitFor('the end of the pass', async () => log.trimEnd().endsWith('in step with Git"}'));
  const ours = await site.head();
  await pushImage(production.host, {
    repository: 'olm/idx',
    tags: ['v1'],
    files: { a: 'no index' },
  });
  await waitFor('the drift', async () => log.includes('holds an image that is no index'));
  await waitFor('the index', async () => (await site.head()) === ours);
  await waitFor('its report', async () => log.includes('(drift)'));
  watching.kill('SIGTERM');
  assert.equal((await ended).code, 0);
});
