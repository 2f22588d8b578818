import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makePrivateHome } from '../../src/apply/private-home.ts';

// Seen to fail with `containers` linked as a whole, and with `.docker` shown whatever is looked up.

interface Homes {
  readonly home: string;
  readonly config: string;
  /** For the private home. */
  readonly folder: string;
}

const SETTINGS = [
  'auth.json',
  'certs.d/r:5000/ca.crt',
  'registries.conf',
  'registries.conf.d/a.conf',
  'registries.d/a.yaml',
  'policy.json',
];

async function makeHomes(t: TestContext): Promise<Homes> {
  const root = await mkdtemp(join(tmpdir(), 'olmirror-test-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const homes = {
    home: join(root, 'me'),
    config: join(root, 'xdg'),
    folder: join(root, 'private'),
  };
  const files = [
    ...SETTINGS.map((name) => join(homes.home, '.config/containers', name)),
    ...SETTINGS.map((name) => join(homes.config, 'containers', name)),
    join(homes.home, '.docker/config.json'),
    join(homes.home, '.aws/credentials'),
    join(homes.home, '.config/gcloud/token'),
    join(homes.config, 'pass/store'),
  ];
  for (const file of files) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, file);
  }
  await mkdir(homes.folder);
  return homes;
}

/** Every file below a folder, links followed where they lead anywhere, and whether it is empty. */
async function listFiles(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (!existsSync(path)) continue;
    const files = await listFiles(path).catch(() => null);
    found.push(...(files ?? [(await readFile(path, 'utf8')) === '' ? `${path} (empty)` : path]));
  }
  return found.toSorted();
}

function below(folder: string, files: readonly string[]): readonly string[] {
  return files.map((file) => relative(folder, file));
}

test('a run that looks for credentials sees the home, and of the containers tools auth files only', async (t) => {
  const { home, config, folder } = await makeHomes(t);
  const variables = await makePrivateHome(folder, { HOME: home, XDG_CONFIG_HOME: config }, true);
  assert.deepEqual(variables, {
    HOME: join(folder, 'home'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    CONTAINERS_REGISTRIES_CONF: join(folder, 'home/.config/containers/registries.conf'),
  });
  assert.deepEqual(below(folder, await listFiles(folder)), [
    'config/containers/auth.json',
    'config/containers/registries.conf (empty)',
    'config/pass/store',
    'home/.aws/credentials',
    'home/.config/containers/auth.json',
    'home/.config/containers/registries.conf (empty)',
    'home/.config/gcloud/token',
    'home/.docker/config.json',
  ]);
});

test('a run with auth files of its own sees the home without the default ones', async (t) => {
  const { home, config, folder } = await makeHomes(t);
  const variables = await makePrivateHome(folder, { HOME: home, XDG_CONFIG_HOME: config }, false);
  assert.deepEqual(variables, {
    HOME: join(folder, 'home'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_RUNTIME_DIR: join(folder, 'empty'),
    DOCKER_CONFIG: join(folder, 'empty'),
    CONTAINERS_REGISTRIES_CONF: join(folder, 'home/.config/containers/registries.conf'),
  });
  assert.deepEqual(below(folder, await listFiles(folder)), [
    'config/containers/registries.conf (empty)',
    'config/pass/store',
    'home/.aws/credentials',
    'home/.config/containers/registries.conf (empty)',
    'home/.config/gcloud/token',
  ]);
});

test('a private home leads to auth files that are not there yet, since somebody may log in meanwhile', async (t) => {
  const { folder } = await makeHomes(t);
  const home = join(folder, 'me');
  await mkdir(home);
  await makePrivateHome(folder, { HOME: home }, true);
  const files = ['.config/containers/auth.json', '.docker/config.json'];
  for (const file of files) {
    await mkdir(dirname(join(home, file)), { recursive: true });
    await writeFile(join(home, file), file);
  }
  for (const file of files) assert.equal(await readFile(join(folder, 'home', file), 'utf8'), file);
});

test('a private home is made where there is no home, or one that does not exist', async (t) => {
  const { folder } = await makeHomes(t);
  await makePrivateHome(folder, {}, true);
  await mkdir(join(folder, 'other'));
  await makePrivateHome(join(folder, 'other'), { HOME: join(folder, 'absent') }, true);
  assert.deepEqual(below(folder, await listFiles(folder)), [
    'home/.config/containers/registries.conf (empty)',
    'other/home/.config/containers/registries.conf (empty)',
  ]);
});
