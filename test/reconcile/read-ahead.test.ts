import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Snapshot } from '../../src/git/port.ts';
import { createMessageVerifier } from '../../src/git/verify-messages.ts';
import { createPassPreparer } from '../../src/reconcile/prepare-pass.ts';
import { createFakeGit } from '../fakes/git.ts';
import { createFakeRegistry } from '../fakes/registry.ts';
import { makePackageText } from '../support/catalog.ts';
import { ONE_CATALOG } from '../support/one-catalog.ts';

test('a commit that is read ahead is read once, the next one waits for it and reads what changed, and faults are left to its pass', async () => {
  const git = createFakeGit();
  function write(name: string, version: string): void {
    const text = makePackageText(name, [{ version, image: `quay.io/v/${name}:1` }]);
    git.write(`catalogs/idx/${name}/catalog.json`, text);
  }
  git.write('mirror.yaml', ONE_CATALOG);
  write('a', '1.0.0');
  write('b', '1.0.0');
  git.commit('base');
  const { readAhead } = createPassPreparer({
    openRegistries: () => ({
      production: createFakeRegistry('a:5000'),
      staging: createFakeRegistry('a:5001'),
    }),
    readSource: () => Promise.resolve(null),
    verifyMessages: createMessageVerifier(process.env),
    clock: { now: () => new Date(), sleep: () => Promise.resolve() },
    emit: () => undefined,
    signal: new AbortController().signal,
  });
  const read: string[] = [];
  async function open(): Promise<Snapshot> {
    const snapshot = await git.openCommit('HEAD');
    return {
      ...snapshot,
      readFiles(files) {
        read.push(...files.map(({ path }) => path));
        return snapshot.readFiles(files);
      },
    };
  }
  const first = await open();
  write('b', '2.0.0');
  git.commit('newer b');
  const second = await open();
  await Promise.all([readAhead(first, 'mirror.yaml'), readAhead(second, 'mirror.yaml')]);
  assert.deepEqual(read, [
    'catalogs/idx/a/catalog.json',
    'catalogs/idx/b/catalog.json',
    'catalogs/idx/b/catalog.json',
  ]);
  git.write('mirror.yaml', 'kind: nothing');
  git.commit('broken');
  await readAhead(await open(), 'mirror.yaml');
});
