import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import type { Catalog, JsonObject } from '../../src/catalog/types.ts';
import type { Snapshot } from '../../src/git/port.ts';
import { takeTexts } from '../../src/index/layer-memory.ts';
import type { NoteStore } from '../../src/reconcile/file-notes.ts';
import { createStateLoader, type LoadedState } from '../../src/reconcile/load-state.ts';
import { createFakeGit, type FakeGit } from '../fakes/git.ts';
import { makePackageText } from '../support/catalog.ts';
import { ONE_CATALOG } from '../support/one-catalog.ts';

function createWorld(): FakeGit {
  const git = createFakeGit();
  git.write('mirror.yaml', ONE_CATALOG);
  for (const name of ['a', 'b']) {
    const text = makePackageText(name, [{ version: '1.0.0', image: `quay.io/v/${name}:1` }]);
    git.write(`catalogs/idx/${name}/catalog.json`, text);
  }
  git.commit('base');
  return git;
}

/** The snapshot, and the catalog files that were really read through it. */
function spy(snapshot: Snapshot): { readonly snapshot: Snapshot; readonly read: string[] } {
  const read: string[] = [];
  async function* readFiles(
    files: Parameters<Snapshot['readFiles']>[0],
  ): ReturnType<Snapshot['readFiles']> {
    for await (const entry of snapshot.readFiles(files)) {
      read.push(entry.file.path);
      yield entry;
    }
  }
  return { read, snapshot: { ...snapshot, readFiles } };
}

test('createStateLoader reads every file once, and after a commit only what it changed', async () => {
  const git = createWorld();
  const load = createStateLoader();
  const first = spy(await git.openCommit('HEAD'));
  const before = await load(first.snapshot, 'mirror.yaml');
  assert.deepEqual(first.read, ['catalogs/idx/a/catalog.json', 'catalogs/idx/b/catalog.json']);
  const again = spy(await git.openCommit('HEAD'));
  assert.equal(
    (await load(again.snapshot, 'mirror.yaml')).catalogs[0]?.catalog,
    before.catalogs[0]?.catalog,
  );
  assert.deepEqual(again.read, []);
  git.write(
    'catalogs/idx/b/catalog.json',
    makePackageText('b', [{ version: '2.0.0', image: 'quay.io/v/b:2' }]),
  );
  git.commit('newer b');
  const changed = spy(await git.openCommit('HEAD'));
  const after = await load(changed.snapshot, 'mirror.yaml');
  assert.deepEqual(changed.read, ['catalogs/idx/b/catalog.json']);
  assert.deepEqual(
    after.catalogs[0]?.catalog.packages.get('b')?.bundles.map((bundle) => bundle.name),
    ['b.v2.0.0'],
  );
  assert.notEqual(after.binding.catalogs['idx'], before.binding.catalogs['idx']);
  assert.notEqual(after.catalogs[0]?.content, before.catalogs[0]?.content);
});

function createStore(): NoteStore & { readonly notes: Map<string, string> } {
  const notes = new Map<string, string>();
  return {
    notes,
    readNote: async (key) => notes.get(key) ?? null,
    writeNote: async (key, text) => void notes.set(key, text),
  };
}

test('createStateLoader reads in a later process only what changed since, and the state is the same', async () => {
  const git = createWorld();
  const store = createStore();
  await createStateLoader(store)(await git.openCommit('HEAD'), 'mirror.yaml');
  const again = spy(await git.openCommit('HEAD'));
  const recalled = await createStateLoader(store)(again.snapshot, 'mirror.yaml');
  assert.deepEqual(again.read, []);
  const fresh = await createStateLoader()(await git.openCommit('HEAD'), 'mirror.yaml');
  assert.deepEqual(describe(recalled), describe(fresh));

  // Texts that will be needed are read together, and no other.
  const part = spy(await git.openCommit('HEAD'));
  const { readFileNow: _, ...slow } = part.snapshot;
  const [partly] = (
    await createStateLoader(store)(
      { ...slow, readFileNow: () => assert.fail('one by one') },
      'mirror.yaml',
    )
  ).catalogs;
  await takeTexts(partly?.openTexts, ['b']);
  await takeTexts(partly?.openTexts, ['b']);
  assert.deepEqual(part.read, ['catalogs/idx/b/catalog.json']);
  assert.equal(partly?.catalog.packages.get('b')?.bundles[0]?.value['image'], 'quay.io/v/b:1');

  git.write(
    'catalogs/idx/b/catalog.json',
    makePackageText('b', [{ version: '2.0.0', image: 'quay.io/v/b:2' }]),
  );
  git.write('catalogs/idx/broken.json', '{"schema": "olm.package", "name": "broken"');
  git.commit('newer b');
  const changed = spy(await git.openCommit('HEAD'));
  const load = createStateLoader(store);
  const after = await load(changed.snapshot, 'mirror.yaml');
  const wanted = await createStateLoader()(await git.openCommit('HEAD'), 'mirror.yaml');
  assert.deepEqual(changed.read, ['catalogs/idx/b/catalog.json', 'catalogs/idx/broken.json']);
  assert.deepEqual(describe(after), describe(wanted));
  assert.equal(after.catalogs[0]?.problems.length, 1);

  // What is not committed may change before it is asked for.
  const lying = spy(await git.openWorkingTree());
  await createStateLoader(store)(lying.snapshot, 'mirror.yaml');
  assert.equal(lying.read.length, 3);

  store.notes.clear();
  const forgotten = spy(await git.openCommit('HEAD'));
  await createStateLoader(store)(forgotten.snapshot, 'mirror.yaml');
  assert.equal(forgotten.read.length, 3);
});

test('createStateLoader believes an earlier process what it found sound, as long as the package is that one file', async () => {
  const git = createWorld();
  git.write('catalogs/idx/c/catalog.json', '{"schema":"olm.package","name":"c"}\n');
  git.commit('a package without a channel');
  const store = createStore();
  async function listFaults(): Promise<readonly string[]> {
    const { catalogs } = await createStateLoader(store)(
      await git.openCommit('HEAD'),
      'mirror.yaml',
    );
    return catalogs.flatMap(({ problems }) => problems.map(({ message }) => message));
  }
  function countSound(): number {
    return [...store.notes.values()].join().split('"isSound":true').length - 1;
  }
  const faults = await listFaults();
  assert.deepEqual(faults, [
    'The package "c" has no default channel.',
    'The package "c" has no channel.',
  ]);
  assert.equal(countSound(), 2);
  assert.deepEqual(await listFaults(), faults);

  git.write(
    'catalogs/idx/a/again.json',
    '{"schema":"olm.package","name":"a","defaultChannel":"stable"}\n',
  );
  git.commit('a second head for a package that was sound');
  assert.deepEqual(await listFaults(), [
    'The package "a" stands in the catalog twice; the first is in a/again.json, line 1.',
    ...faults,
  ]);
  assert.equal(countSound(), 1);

  // Whose verdict is kept is not judged again.
  for (const [key, text] of store.notes)
    store.notes.set(key, text.replaceAll('"isSound":false', '"isSound":true'));
  assert.deepEqual(await listFaults(), [
    'The package "a" stands in the catalog twice; the first is in a/again.json, line 1.',
  ]);
});

test('createStateLoader keeps what files say and not their texts, and reads these again where they are asked for', async () => {
  const git = createWorld();
  for (const name of ['c', 'd'])
    git.write(
      `catalogs/idx/both/${name}.json`,
      ['c', 'd']
        .map((it) => makePackageText(it + name, [{ version: '1.0.0', image: `quay.io/v/${it}:1` }]))
        .join(''),
    );
  git.commit('files of two packages each');
  const first = spy(await git.openCommit('HEAD'));
  const now: string[] = [];
  const load = createStateLoader(createStore());
  const { catalogs } = await load(
    {
      ...first.snapshot,
      readFileNow: (file) => {
        now.push(file.path);
        return first.snapshot.readFileNow?.(file) ?? assert.fail(file.path);
      },
    },
    'mirror.yaml',
  );
  const [{ catalog, openTexts } = assert.fail()] = catalogs;
  assert.equal(first.read.length, 4);
  const images = ['a', 'cc', 'b'].map((name) => valueOf(catalog, name)['image']);
  assert.deepEqual(images, ['quay.io/v/a:1', 'quay.io/v/c:1', 'quay.io/v/b:1']);
  // A file of several packages would be read again for each.
  assert.deepEqual(now, ['catalogs/idx/a/catalog.json', 'catalogs/idx/b/catalog.json']);

  const texts = openTexts?.(['b', 'a', 'cc']) ?? assert.fail();
  texts.release(['a', 'cc']);
  for (const name of ['b', 'cc', 'a']) valueOf(catalog, name);
  assert.deepEqual(now.slice(2), ['catalogs/idx/a/catalog.json']);
  texts.release(['a', 'b']);
  await texts.close();

  const stream = openTexts?.(['b', 'a']) ?? assert.fail();
  await Promise.all([stream.take(['b']), stream.take(['b'])]);
  assert.deepEqual(first.read.slice(4), ['catalogs/idx/b/catalog.json']);
  await stream.take(['a']);
  for (const name of ['a', 'b']) valueOf(catalog, name);
  await stream.close();
  assert.equal(first.read.length, 6);
  assert.equal(now.length, 3);
});

// Seen to fail: with the texts let go of, and with those of the commit before kept.
test('createStateLoader keeps the text of what a commit changed until the next reading', async () => {
  const git = createWorld();
  const load = createStateLoader(createStore());
  await load(await git.openCommit('HEAD'), 'mirror.yaml');
  const now: string[] = [];
  async function change(name: string): Promise<void> {
    git.write(
      `catalogs/idx/${name}/catalog.json`,
      makePackageText(name, [{ version: '2.0.0', image: `quay.io/v/${name}:2` }]),
    );
    git.commit(`newer ${name}`);
    const snapshot = await git.openCommit('HEAD');
    const { catalogs } = await load(
      {
        ...snapshot,
        readFileNow: (file) => {
          now.push(file.path);
          return snapshot.readFileNow?.(file) ?? assert.fail(file.path);
        },
      },
      'mirror.yaml',
    );
    const [{ catalog } = assert.fail()] = catalogs;
    assert.equal(valueOf(catalog, name)['image'], `quay.io/v/${name}:2`);
    valueOf(catalog, 'b');
  }
  await change('b');
  assert.deepEqual(now, []);
  await change('a');
  assert.deepEqual(now, ['catalogs/idx/b/catalog.json']);
});

function valueOf(catalog: Catalog, name: string): JsonObject {
  return catalog.packages.get(name)?.bundles[0]?.value ?? assert.fail(name);
}

function describe({ catalogs, binding }: LoadedState): object {
  return {
    binding,
    catalogs: catalogs.map(({ catalog, content, problems, tree }) => ({
      content,
      problems,
      tree,
      blobs: [...catalog.packages.values()].flatMap(({ bundles }) =>
        bundles.map((it) => ({ ...it })),
      ),
    })),
  };
}

test('createStateLoader honours .indexignore and names faults by their place in the repository', async () => {
  const git = createWorld();
  git.write('catalogs/idx/.indexignore', 'README.md\n');
  git.write('catalogs/idx/README.md', 'not a catalog');
  git.write('catalogs/idx/b/catalog.json', '{"schema": "olm.package", "name": "b",}}');
  git.commit('broken');
  const { catalogs } = await createStateLoader()(await git.openCommit('HEAD'), 'mirror.yaml');
  const problems = catalogs[0]?.problems ?? [];
  assert.ok(problems.length > 0);
  assert.deepEqual(
    [...new Set(problems.map((problem) => problem.file))],
    ['catalogs/idx/b/catalog.json'],
  );
  assert.deepEqual([...new Set(problems.map((problem) => problem.catalog))], ['idx']);
});

test('createStateLoader says which commit has no manifest', async () => {
  const git = createFakeGit();
  git.write('other', 'x');
  git.commit('no manifest');
  const snapshot = await git.openCommit('HEAD');
  await assert.rejects(
    createStateLoader()(snapshot, 'mirror.yaml'),
    (error: unknown) =>
      isToolError(error, 'MANIFEST_NOT_FOUND') &&
      error.message.includes(snapshot.revision.slice(0, 12)),
  );
});
