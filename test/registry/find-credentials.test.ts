import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { findCredentials } from '../../src/registry/find-credentials.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'olmirror-auth-'));
});
afterEach(() => rm(folder, { recursive: true }));

const HOST = 'registry.example:5000';

function entry(user: string): { readonly auth: string } {
  return { auth: Buffer.from(`${user}:pass:word`).toString('base64') };
}

async function write(path: string, value: unknown): Promise<string> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
}

async function find(
  repository: string,
  search: { authFile?: string; environment?: Record<string, string> },
): Promise<string | null> {
  const environment = { XDG_RUNTIME_DIR: join(folder, 'run'), HOME: folder, ...search.environment };
  const found = await findCredentials(HOST, repository, {
    authFile: search.authFile ?? null,
    environment,
  });
  return found?.user ?? null;
}

test('findCredentials takes the longest key, then the host, then other spellings of the host', async () => {
  const auths = {
    [HOST]: entry('host'),
    [`${HOST}/team`]: entry('team'),
    [`${HOST}/team/app`]: entry('app'),
    'registry.example': entry('without port'),
  };
  const authFile = await write('auth.json', { auths });
  assert.equal(await find('team/app', { authFile }), 'app');
  assert.equal(await find('team/other', { authFile }), 'team');
  assert.equal(await find('team-two/app', { authFile }), 'host');
  const spelled = await write('b.json', { auths: { [`https://${HOST}/v1/`]: entry('url') } });
  assert.equal(await find('team/app', { authFile: spelled }), 'url');
  const other = await write('c.json', { auths: { 'registry.example': entry('x') } });
  assert.equal(await find('team/app', { authFile: other }), null);
});

// What skopeo does with every odd file is in test/real/credentials-contract.test.ts, by asking it.

test('findCredentials splits at the first colon and trims zero bytes around the password', async () => {
  const auth = Buffer.from('user:\0pass:word\0\0').toString('base64');
  const authFile = await write('auth.json', { auths: { [HOST]: { auth } } });
  const found = await findCredentials(HOST, 'a/b', { authFile, environment: {} });
  assert.deepEqual(found, { user: 'user', password: 'pass:word', identityToken: '' });
});

test('findCredentials ends the search of a file at an empty entry, and asks the next file', async () => {
  await write('run/containers/auth.json', {
    auths: { [HOST]: entry('host'), [`${HOST}/a`]: {} },
  });
  assert.equal(await find('a/b', {}), null);
  assert.equal(await find('c/b', {}), 'host');
  await write('.docker/config.json', { auths: { [HOST]: entry('docker') } });
  assert.equal(await find('a/b', {}), 'docker');
});

test('findCredentials knows docker.io by each of its names', async () => {
  for (const key of ['docker.io', 'index.docker.io', 'https://index.docker.io/v1/']) {
    const authFile = await write('auth.json', { auths: { [key]: entry(key) } });
    const found = await findCredentials('docker.io', 'library/x', { authFile, environment: {} });
    assert.equal(found?.user, key.includes('://') ? 'https' : key);
  }
});

test('findCredentials gives an identity token of an auth file and of a helper', async () => {
  const helper = '#!/bin/sh\necho \'{"Username":"<token>","Secret":"from-helper"}\'\n';
  await chmod(await write('bin/docker-credential-demo', helper), 0o755);
  const environment = { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` };
  const ofFile = { auths: { [HOST]: { ...entry('u'), identitytoken: 'from-file' } } };
  const ofHelper = { credHelpers: { [HOST]: 'demo' } };
  const tokens: (string | undefined)[] = [];
  for (const value of [ofFile, ofHelper]) {
    const authFile = await write('auth.json', value);
    const found = await findCredentials(HOST, 'a/b', { authFile, environment });
    tokens.push(found?.identityToken);
  }
  assert.deepEqual(tokens, ['from-file', 'from-helper']);
});

test('findCredentials searches the files in the order of the containers tools', async () => {
  const files = [
    ['.dockercfg', { [HOST]: entry('dockercfg') }],
    ['.docker/config.json', { auths: { [HOST]: entry('docker') } }],
    ['.config/containers/auth.json', { auths: { [HOST]: entry('config') } }],
    ['run/containers/auth.json', { auths: { [HOST]: entry('runtime') } }],
  ] as const;
  const seen: (string | null)[] = [await find('a/b', {})];
  for (const [path, value] of files) {
    await write(path, value);
    seen.push(await find('a/b', {}));
  }
  assert.deepEqual(seen, [null, 'dockercfg', 'docker', 'config', 'runtime']);
  const moved = await write('elsewhere/config.json', { auths: { [HOST]: entry('moved') } });
  await rm(join(folder, 'run'), { recursive: true });
  await rm(join(folder, '.config'), { recursive: true });
  assert.equal(await find('a/b', { environment: { DOCKER_CONFIG: dirname(moved) } }), 'moved');
});

test('findCredentials lets an explicit file end the search, even one that is absent', async () => {
  await write('.docker/config.json', { auths: { [HOST]: entry('docker') } });
  const explicit = await write('mine.json', { auths: { [HOST]: entry('mine') } });
  assert.equal(await find('a/b', { authFile: explicit }), 'mine');
  assert.equal(await find('a/b', { environment: { REGISTRY_AUTH_FILE: explicit } }), 'mine');
  assert.equal(await find('a/b', { authFile: join(folder, 'absent.json') }), null);
});

test('findCredentials asks a credential helper for the host before it looks at auths', async () => {
  const script = `#!/bin/sh\nread host\necho "{\\"Username\\":\\"helper of $host\\",\\"Secret\\":\\"x\\"}"\n`;
  await chmod(await write('bin/docker-credential-demo', script), 0o755);
  const authFile = await write('auth.json', {
    auths: { [HOST]: entry('host') },
    credHelpers: { [HOST]: 'demo' },
  });
  const environment = { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` };
  assert.equal(await find('a/b', { authFile, environment }), `helper of ${HOST}`);
  await assert.rejects(find('a/b', { authFile, environment: { PATH: '/nowhere' } }), (error) =>
    isToolError(error, 'REGISTRY_BAD_AUTH_FILE'),
  );
});

test('findCredentials refuses a file that is no JSON, one with other types and a bad entry, without quoting them', async () => {
  const bad = [
    '{"auths": {"x": {"auth": "c2VjcmV0',
    '{"auths": {"x": "secret"}}',
    { auths: { [HOST]: { auth: 'secret-that-is-no-base64' } } },
  ];
  for (const value of bad) {
    const authFile = await write('auth.json', value);
    await assert.rejects(find('a/b', { authFile }), (error) => {
      assert.ok(isToolError(error, 'REGISTRY_BAD_AUTH_FILE'));
      assert.match(error.message, /auth\.json/);
      assert.match(error.hint ?? '', /login/i);
      assert.doesNotMatch(`${error.stack} ${error.hint} ${String(error.cause)}`, /secret|c2VjcmV0/);
      return true;
    });
  }
});
