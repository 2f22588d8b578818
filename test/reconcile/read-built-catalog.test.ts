import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Catalog } from '../../src/catalog/types.ts';
import type { CommitFiles, GitPort } from '../../src/git/port.ts';
import type { NoteStore } from '../../src/reconcile/file-notes.ts';
import { createStateLoader, type LoadedState } from '../../src/reconcile/load-state.ts';
import { type BuiltFrom, readBuiltCatalog } from '../../src/reconcile/read-built-catalog.ts';
import { createFakeGit, type FakeGit } from '../fakes/git.ts';
import { makePackageText } from '../support/catalog.ts';

const NAMES = ['a', 'b', 'c'];

function renderManifest(more = ''): string {
  return `apiVersion: olmirror/v1alpha1
kind: Mirror
metadata: { name: test }
spec:
  registries: { production: { host: "a:5000" }, staging: { host: "a:5001" } }
  catalogs: [{ name: idx, path: catalogs/idx, repository: olm/idx, tag: v1${more} }]
`;
}

function writePackage(git: FakeGit, name: string, version: string): void {
  const bundle = { version, image: `quay.io/v/${name}@sha256:${'0'.repeat(64)}` };
  git.write(`catalogs/idx/${name}/catalog.json`, makePackageText(name, [bundle]));
}

interface BuiltWorld {
  readonly git: FakeGit;
  readonly built: BuiltFrom;
  readonly store: NoteStore & { readonly notes: Map<string, string> };
}

/** Three packages at 1.0.0, of which an index was built. */
async function createBuilt(manifest = renderManifest()): Promise<BuiltWorld> {
  const git = createFakeGit();
  git.write('mirror.yaml', manifest);
  for (const name of NAMES) writePackage(git, name, '1.0.0');
  const revision = git.commit('built');
  const notes = new Map<string, string>();
  const store = {
    notes,
    readNote: async (key: string) => notes.get(key) ?? null,
    writeNote: async (key: string, text: string) => void notes.set(key, text),
  };
  const [content] = (await load(git, store)).catalogs.map((loaded) => loaded.content);
  return { git, store, built: { revision, content: content ?? null } };
}

async function load(git: FakeGit, store: NoteStore): Promise<LoadedState> {
  return createStateLoader(store)(await git.openCommit('HEAD'), 'mirror.yaml');
}

interface BuiltRead {
  readonly catalog: Catalog | null;
  readonly git: Catalog;
  /** Paths of the files whose bytes were read. */
  readonly read: readonly string[];
}

async function readBuilt({ git, store }: BuiltWorld, built: BuiltFrom): Promise<BuiltRead> {
  const state = await load(git, store);
  const [loaded] = state.catalogs;
  assert.ok(loaded !== undefined);
  const read: string[] = [];
  function openFiles(commit: string): CommitFiles {
    return spyOn(git.openFiles(commit), read);
  }
  const catalog = await readBuiltCatalog(built, { loaded, state, openFiles });
  return { catalog, git: loaded.catalog, read };
}

function spyOn(files: ReturnType<GitPort['openFiles']>, read: string[]): CommitFiles {
  return {
    ...files,
    async *readFiles(wanted) {
      for await (const entry of files.readFiles(wanted)) {
        read.push(entry.file.path);
        yield entry;
      }
    },
    readFile(path) {
      read.push(path);
      return files.readFile(path);
    },
  };
}

test('readBuiltCatalog reads the files that differ, however many commits are between', async () => {
  const world = await createBuilt();
  writePackage(world.git, 'b', '2.0.0');
  world.git.commit('newer b');
  world.git.remove('catalogs/idx/c/catalog.json');
  world.git.write('README.md', 'more');
  world.git.commit('no c');
  const { catalog, git, read } = await readBuilt(world, world.built);
  assert.deepEqual(read, ['catalogs/idx/b/catalog.json', 'catalogs/idx/c/catalog.json']);
  assert.deepEqual([...(catalog?.packages.keys() ?? [])], NAMES);
  assert.equal(catalog?.packages.get('a'), git.packages.get('a'), 'the identical object');
  const bundles = catalog?.packages.get('b')?.bundles ?? [];
  assert.deepEqual(
    bundles.map(({ name }) => name),
    ['b.v1.0.0'],
  );
});

test('readBuiltCatalog leaves the notes of the files as they are', async () => {
  const world = await createBuilt();
  writePackage(world.git, 'b', '2.0.0');
  world.git.commit('newer b');
  await load(world.git, world.store);
  const before = new Map(world.store.notes);
  assert.ok((await readBuilt(world, world.built)).catalog !== null);
  assert.deepEqual(world.store.notes, before);
});

test('readBuiltCatalog knows what .indexignore left out then', async () => {
  const world = await createBuilt();
  world.git.write('catalogs/idx/.indexignore', 'c\n');
  const revision = world.git.commit('no c');
  const [loaded] = (await load(world.git, world.store)).catalogs;
  world.git.write('catalogs/idx/.indexignore', 'b\n');
  world.git.commit('no b');
  const content = loaded?.content ?? null;
  const { catalog } = await readBuilt(world, { revision, content });
  assert.deepEqual([...(catalog?.packages.keys() ?? [])], ['a', 'b']);
});

test('readBuiltCatalog gives the addresses of the index where they are rewritten', async () => {
  const world = await createBuilt(renderManifest(', references: rewrite'));
  writePackage(world.git, 'b', '2.0.0');
  world.git.commit('newer b');
  const { catalog } = await readBuilt(world, world.built);
  const images = NAMES.map((name) => catalog?.packages.get(name)?.bundles[0]?.value['image']);
  const digest = `sha256:${'0'.repeat(64)}`;
  assert.deepEqual(images, [
    `quay.io/v/a@${digest}`,
    `a:5000/v/b@${digest}`,
    `quay.io/v/c@${digest}`,
  ]);
});

type Spoil = (world: BuiltWorld) => BuiltFrom;

const SPOILED: Readonly<Record<string, Spoil>> = {
  'a working tree': ({ built }) => ({ ...built, revision: null }),
  'no content': ({ built }) => ({ ...built, content: null }),
  'other content': ({ built }) => ({ ...built, content: `sha256:${'0'.repeat(64)}` }),
  'a commit that is not here': ({ built }) => ({ ...built, revision: '0'.repeat(40) }),
  'no full id': ({ built }) => ({ ...built, revision: built.revision?.slice(0, 12) ?? '' }),
  'a flag': ({ built }) => ({ ...built, revision: '--output=x' }),
  'a commit without a manifest': ({ git, built }) => {
    git.remove('mirror.yaml');
    const revision = git.commit('no manifest');
    git.write('mirror.yaml', renderManifest());
    git.commit('again');
    return { ...built, revision };
  },
  'a manifest that cannot be read': ({ git, built }) => {
    git.write('mirror.yaml', 'kind: [');
    const revision = git.commit('no manifest');
    git.write('mirror.yaml', renderManifest());
    git.commit('again');
    return { ...built, revision };
  },
  'a catalog that the manifest did not name': ({ git, built }) => {
    git.write('mirror.yaml', renderManifest().replace('idx', 'other'));
    const revision = git.commit('another name');
    git.write('mirror.yaml', renderManifest());
    git.commit('again');
    return { ...built, revision };
  },
  'addresses that are rewritten now': ({ git, built }) => {
    git.write('mirror.yaml', renderManifest(', references: rewrite'));
    git.commit('rewritten');
    return built;
  },
};

test('readBuiltCatalog gives nothing where the commit does not answer for the index', async () => {
  const sound = await createBuilt();
  assert.ok((await readBuilt(sound, sound.built)).catalog !== null);
  for (const [name, spoil] of Object.entries(SPOILED)) {
    const world = await createBuilt();
    assert.equal((await readBuilt(world, spoil(world))).catalog, null, name);
  }
});

test('readBuiltCatalog gives nothing for a catalog that is narrowed to what clusters use', async () => {
  const { git, store, built } = await createBuilt();
  const state = await load(git, store);
  const [loaded] = state.catalogs;
  assert.ok(loaded !== undefined);
  const context = { state, openFiles: (commit: string) => git.openFiles(commit) };
  assert.ok((await readBuiltCatalog(built, { ...context, loaded })) !== null);
  const narrowed = { ...loaded, complete: loaded.catalog };
  assert.equal(await readBuiltCatalog(built, { ...context, loaded: narrowed }), null);
});
