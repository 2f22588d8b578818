import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { askOurs, askSkopeo, type Home, makeHome, type Question } from '../support/ask-both.ts';
import { type LoginServer, startLoginServer } from '../support/login-server.ts';

// Seen to fail: with base64 read by Buffer alone, the cases without padding and in the alphabet of URLs; with the
// search going on in shorter keys after an empty entry, the cases of empty entries; with keys cut at their first
// slash whatever they begin with, those of keys with a path; with names of fields taken as they are, `Auths`.

/** Files by their place in the home; `H` in them stands for the host. */
interface Case {
  readonly name: string;
  readonly files: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** For `--authfile` and `authFile`, in the home. */
  readonly authFile?: string;
  readonly repository?: string;
  /** `user:password` that the registry saw, `anonymous`, or `fails` for no request at all. */
  readonly expected: string;
}

const AUTH = 'run/containers/auth.json';
const DOCKER = '.docker/config.json';
const LEGACY = '.dockercfg';

function encode(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64');
}

function entry(text: string): { readonly auth: string } {
  return { auth: encode(text) };
}

function auths(entries: Readonly<Record<string, unknown>>): unknown {
  return { auths: entries };
}

/** A case of one auth file with these entries. */
function one(name: string, entries: Readonly<Record<string, unknown>>, expected: string): Case {
  return { name, files: { [AUTH]: auths(entries) }, expected };
}

/** A case of one auth file with this text. */
function text(name: string, content: string, expected: string): Case {
  return { name, files: { [AUTH]: content }, expected };
}

const U = encode('u:p');

const PLACES: readonly Case[] = [
  { name: 'no file', files: {}, expected: 'anonymous' },
  {
    name: 'the runtime folder first',
    files: {
      [AUTH]: auths({ H: entry('run:p') }),
      '.config/containers/auth.json': auths({ H: entry('config:p') }),
    },
    expected: 'run:p',
  },
  {
    name: 'then the settings folder',
    files: {
      '.config/containers/auth.json': auths({ H: entry('config:p') }),
      [DOCKER]: auths({ H: entry('docker:p') }),
    },
    expected: 'config:p',
  },
  {
    name: 'then docker',
    files: { [DOCKER]: auths({ H: entry('docker:p') }), [LEGACY]: { H: entry('old:p') } },
    expected: 'docker:p',
  },
  { name: 'then .dockercfg', files: { [LEGACY]: { H: entry('old:p') } }, expected: 'old:p' },
  {
    name: '.dockercfg by URL',
    files: { [LEGACY]: { 'https://H/v1/': entry('old:p') } },
    expected: 'old:p',
  },
  {
    name: '.dockercfg by host with a path',
    files: { [LEGACY]: { 'H/v1/': entry('old:p') } },
    expected: 'old:p',
  },
  {
    name: '.dockercfg knows no repositories',
    files: { [LEGACY]: { 'H/team/app': entry('repo:p'), H: entry('old:p') } },
    expected: 'old:p',
  },
  {
    name: 'XDG_CONFIG_HOME in place of ~/.config',
    files: {
      'xdg/containers/auth.json': auths({ H: entry('xdg:p') }),
      '.config/containers/auth.json': auths({ H: entry('config:p') }),
    },
    environment: { XDG_CONFIG_HOME: 'HOME/xdg' },
    expected: 'xdg:p',
  },
  {
    name: 'DOCKER_CONFIG in place of ~/.docker',
    files: {
      'other/config.json': auths({ H: entry('other:p') }),
      [DOCKER]: auths({ H: entry('d:p') }),
    },
    environment: { DOCKER_CONFIG: 'HOME/other' },
    expected: 'other:p',
  },
  {
    name: 'XDG_RUNTIME_DIR without a folder',
    files: { [DOCKER]: auths({ H: entry('docker:p') }) },
    environment: { XDG_RUNTIME_DIR: 'HOME/absent' },
    expected: 'docker:p',
  },
  {
    name: 'XDG_RUNTIME_DIR that is a file',
    files: { plain: 'x', [DOCKER]: auths({ H: entry('docker:p') }) },
    environment: { XDG_RUNTIME_DIR: 'HOME/plain' },
    expected: 'fails',
  },
  {
    name: 'REGISTRY_AUTH_FILE before the others',
    files: { 'mine.json': auths({ H: entry('mine:p') }), [AUTH]: auths({ H: entry('run:p') }) },
    environment: { REGISTRY_AUTH_FILE: 'HOME/mine.json' },
    expected: 'mine:p',
  },
  {
    name: 'REGISTRY_AUTH_FILE that is absent',
    files: {},
    environment: { REGISTRY_AUTH_FILE: 'HOME/absent.json' },
    expected: 'anonymous',
  },
  {
    name: 'an empty REGISTRY_AUTH_FILE',
    files: { [AUTH]: auths({ H: entry('run:p') }) },
    environment: { REGISTRY_AUTH_FILE: '' },
    expected: 'run:p',
  },
  {
    name: 'an auth file by argument before REGISTRY_AUTH_FILE',
    files: {
      'mine.json': auths({ H: entry('mine:p') }),
      'other.json': auths({ H: entry('other:p') }),
    },
    environment: { REGISTRY_AUTH_FILE: 'HOME/other.json' },
    authFile: 'mine.json',
    expected: 'mine:p',
  },
  {
    name: 'a folder in place of an auth file',
    files: { 'run/containers/auth.json/x': 'x', [DOCKER]: auths({ H: entry('docker:p') }) },
    expected: 'fails',
  },
];

const KEYS: readonly Case[] = [
  one(
    'the repository first',
    { H: entry('host:p'), 'H/team': entry('team:p'), 'H/team/app': entry('app:p') },
    'app:p',
  ),
  one('then its folder', { H: entry('host:p'), 'H/team': entry('team:p') }, 'team:p'),
  one(
    'a longer name is another folder',
    { H: entry('host:p'), 'H/team/ap': entry('ap:p') },
    'host:p',
  ),
  one('a key with a slash at the end', { 'H/': entry('u:p') }, 'anonymous'),
  one('a key with a path and no scheme', { 'H/v1/': entry('u:p') }, 'anonymous'),
  one('a key with https', { 'https://H': entry('u:p') }, 'u:p'),
  one('a key with http and a path', { 'http://H/v1/': entry('u:p') }, 'u:p'),
  one('a key with another scheme', { 'ftp://H': entry('u:p') }, 'anonymous'),
  one('a key in capitals', { 'HTTPS://H': entry('u:p') }, 'anonymous'),
  one('the host without its port', { '127.0.0.1': entry('u:p') }, 'anonymous'),
  one(
    'the exact host before its URL',
    { 'https://H': entry('url:p'), H: entry('host:p') },
    'host:p',
  ),
  one('aliases of docker.io are nobody else', { 'docker.io': entry('u:p') }, 'anonymous'),
  {
    name: 'an empty entry ends the search in its file',
    files: { [AUTH]: auths({ 'H/team/app': {}, H: entry('host:p') }) },
    expected: 'anonymous',
  },
  {
    name: 'and the next file is asked',
    files: {
      [AUTH]: auths({ 'H/team/app': {}, H: entry('host:p') }),
      [DOCKER]: auths({ H: entry('d:p') }),
    },
    expected: 'd:p',
  },
  {
    name: 'an empty auth is an empty entry',
    files: { [AUTH]: auths({ H: { auth: '' } }), [DOCKER]: auths({ H: entry('docker:p') }) },
    expected: 'docker:p',
  },
  {
    name: 'an entry without a colon too',
    files: { [AUTH]: auths({ H: entry('nobody') }), [DOCKER]: auths({ H: entry('docker:p') }) },
    expected: 'docker:p',
  },
  {
    name: 'an entry of a colon alone too',
    files: { [AUTH]: auths({ H: entry(':') }), [DOCKER]: auths({ H: entry('docker:p') }) },
    expected: 'docker:p',
  },
  {
    name: 'an entry of null too',
    files: { [AUTH]: auths({ H: null }), [DOCKER]: auths({ H: entry('docker:p') }) },
    expected: 'docker:p',
  },
  one('user and password in clear', { H: { username: 'u', password: 'p' } }, 'anonymous'),
  {
    name: 'credsStore is not asked',
    files: {
      [DOCKER]: { credsStore: 'demo', auths: { H: {} } },
      'bin/docker-credential-demo': '#!/bin/sh\necho \'{"Username":"store","Secret":"p"}\'\n',
    },
    expected: 'anonymous',
  },
];

const VALUES: readonly Case[] = [
  one('a plain entry', { H: entry('user:password') }, 'user:password'),
  one('a colon in the password', { H: entry('user:pass:word') }, 'user:pass:word'),
  one('no password', { H: entry('user:') }, 'user:'),
  one('no user', { H: entry(':secret') }, ':secret'),
  one('base64 without padding', { H: { auth: encode('user:pw').replace(/=+$/, '') } }, 'fails'),
  one('base64 in the alphabet of URLs', { H: { auth: 'dTo_Pz8_Pj4-' } }, 'fails'),
  one('base64 in its own alphabet', { H: { auth: 'dTo/Pz8/Pj4+' } }, 'u:????>>>'),
  one('base64 with line ends', { H: { auth: 'dXNl\r\ncjpw\n' } }, 'user:p'),
  one('base64 with a space', { H: { auth: 'dXNl cjpw' } }, 'fails'),
  one('base64 with stray bits', { H: { auth: 'dTpwcB==' } }, 'u:pp'),
  one('base64 with more than it needs', { H: { auth: `${U}=` } }, 'fails'),
  one('zero bytes around the password', { H: entry('user:\0\0pass\0word\0\0') }, 'user:pass\0word'),
  one('zero bytes around the user', { H: entry('\0user\0:pw') }, '\0user\0:pw'),
  one('white space stays', { H: entry(' user : pw \n') }, ' user : pw \n'),
  one('bytes that are no UTF-8', { H: entry('m\xfcller:gr\xfc\xdfe') }, 'm\xfcller:gr\xfc\xdfe'),
];

const JSONS: readonly Case[] = [
  text('an empty file', '', 'fails'),
  text('white space', ' \n', 'fails'),
  text('null', 'null', 'anonymous'),
  text('an array', '[]', 'fails'),
  text('a string', '"x"', 'fails'),
  text('an empty object', '{}', 'anonymous'),
  text('a cut object', '{"auths": {', 'fails'),
  text('a comment', '{} // x', 'fails'),
  text('a byte order mark', '\ufeff{}', 'fails'),
  text('auths of null', '{"auths": null}', 'anonymous'),
  text('auths of an array', '{"auths": []}', 'fails'),
  text('an entry of text', `{"auths": {"other": "x", "H": {"auth": "${U}"}}}`, 'fails'),
  text('an auth of a number', `{"auths": {"other": {"auth": 1}, "H": {"auth": "${U}"}}}`, 'fails'),
  text('fields of others', `{"x": [1], "auths": {"H": {"email": 5, "auth": "${U}"}}}`, 'u:p'),
  text('Auths', `{"Auths": {"H": {"Auth": "${U}"}}}`, 'u:p'),
  text('AUTHS', `{"AUTHS": {"H": {"AUTH": "${U}"}}}`, 'u:p'),
  text('aUtHs with a long s', `{"auth\u017f": {"H": {"auth": "${U}"}}}`, 'u:p'),
  text('auths with an escape', `{"\\u0061uths": {"H": {"auth": "${U}"}}}`, 'u:p'),
  text('two auths add up', `{"auths": {"H": {"auth": "${U}"}}, "auths": {"x": {}}}`, 'u:p'),
  text(
    'in two spellings too',
    `{"auths": {"H": {"auth": "${U}"}}, "AUTHS": {"H": {}}}`,
    'anonymous',
  ),
  text('null empties auths', `{"auths": {"H": {"auth": "${U}"}}, "auths": null}`, 'anonymous'),
  text('the last of two entries', `{"auths": {"H": {"auth": "x"}, "H": {"auth": "${U}"}}}`, 'u:p'),
  text('entries are not joined', `{"auths": {"H": {"auth": "${U}"}, "H": {}}}`, 'anonymous'),
  text('the last of two auth', `{"auths": {"H": {"auth": "x", "auth": "${U}"}}}`, 'u:p'),
  text('null leaves auth', `{"auths": {"H": {"auth": "${U}", "auth": null}}}`, 'u:p'),
  text('__proto__', `{"__proto__": {"auths": {"H": {"auth": "${U}"}}}}`, 'anonymous'),
];

/** A helper `demo` for the host, in a file that has an entry for the host besides. */
function helper(name: string, script: string, expected: string): Case {
  return {
    name,
    files: {
      [AUTH]: { credHelpers: { H: 'demo' }, auths: { H: entry('entry:p') } },
      [DOCKER]: auths({ H: entry('docker:p') }),
      'bin/docker-credential-demo': `#!/bin/sh\n${script}\n`,
    },
    expected,
  };
}

const HELPERS: readonly Case[] = [
  helper('a helper comes before entries', `echo '{"Username":"h","Secret":"s"}'`, 'h:s'),
  helper(
    'it is asked for the host',
    'read h; echo "{\\"Username\\":\\"${h%%:*}\\",\\"Secret\\":\\"s\\"}"',
    '127.0.0.1:s',
  ),
  helper('one that answers more than JSON', `echo '{"Username":"h","Secret":"s"} bye'`, 'h:s'),
  helper('one that answers in small letters', `echo '{"username":"h","secret":"s"}'`, 'h:s'),
  helper('one that gives a number', `echo '{"Username":"h","Secret":5}'`, 'fails'),
  helper('one that gives no JSON', 'echo hello', 'fails'),
  helper('one that says nothing', 'true', 'fails'),
  helper('one that gives null', 'echo null', 'docker:p'),
  helper('one that gives nothing', `echo '{}'`, 'docker:p'),
  helper(
    'one that has none',
    'echo "credentials not found in native keychain"; exit 1',
    'docker:p',
  ),
  helper('one that says so otherwise', 'echo "Credentials not found."; exit 1', 'fails'),
  helper(
    'one that says so and succeeds',
    'echo "credentials not found in native keychain"',
    'fails',
  ),
  helper('one that fails', 'echo "no keychain"; exit 3', 'fails'),
  helper(
    'one whose user is a token, for Basic',
    `echo '{"Username":"<token>","Secret":"s"}'`,
    'anonymous',
  ),
  helper(
    'one that needs the environment',
    `echo "{\\"Username\\":\\"$WHO\\",\\"Secret\\":\\"s\\"}"`,
    'me:s',
  ),
  {
    name: 'a helper that is not there',
    files: { [AUTH]: { credHelpers: { H: 'absent' } } },
    expected: 'fails',
  },
  {
    name: 'a helper for a repository is none',
    files: { [AUTH]: { credHelpers: { 'H/team': 'absent' }, auths: { H: entry('entry:p') } } },
    expected: 'entry:p',
  },
  {
    name: 'credhelpers in small letters',
    files: {
      [AUTH]: { credhelpers: { H: 'demo' } },
      'bin/docker-credential-demo': '#!/bin/sh\necho \'{"Username":"h","Secret":"s"}\'\n',
    },
    expected: 'h:s',
  },
  {
    name: 'a helper of no name',
    files: { [AUTH]: { credHelpers: { H: null }, auths: { H: entry('entry:p') } } },
    expected: 'fails',
  },
];

const CASES: Readonly<Record<string, readonly Case[]>> = {
  'places of auth files': PLACES,
  'keys of entries': KEYS,
  'values of entries': VALUES,
  'JSON of auth files': JSONS,
  'credential helpers': HELPERS,
};

async function makeQuestion(item: Case, home: Home, host: string): Promise<Question> {
  await mkdir(join(home.folder, 'run'));
  for (const [path, content] of Object.entries(item.files)) {
    const raw = typeof content === 'string' ? content : JSON.stringify(content);
    await home.write(path, raw.replaceAll(/\bH\b/g, host));
  }
  const own = Object.entries(item.environment ?? {}).map(([name, value]) => [
    name,
    value.replace('HOME', home.folder),
  ]);
  return {
    host,
    repository: item.repository ?? 'team/app',
    insecure: true,
    ...(item.authFile && { authFile: join(home.folder, item.authFile) }),
    environment: {
      PATH: `${join(home.folder, 'bin')}:${process.env['PATH']}`,
      HOME: home.folder,
      XDG_RUNTIME_DIR: join(home.folder, 'run'),
      WHO: 'me',
      ...Object.fromEntries(own),
    },
  };
}

/** What the registry was sent by who was asked. */
async function watch(server: LoginServer, asked: Promise<string | null>): Promise<string> {
  server.forget();
  const failure = await asked;
  const [request, ...more] = server.requests;
  assert.deepEqual(more, []);
  if (request === undefined) {
    assert.notEqual(failure, null);
    return 'fails';
  }
  assert.equal(failure, null);
  const [, basic] = /^Basic (.*)$/.exec(request.authorization ?? '') ?? [];
  assert.ok(basic !== undefined, String(request.authorization));
  const login = Buffer.from(basic, 'base64').toString('latin1');
  return login === ':' ? 'anonymous' : login;
}

for (const [what, cases] of Object.entries(CASES)) {
  test(`skopeo and olmirror send the same login: ${what}`, { concurrency: 4 }, async (t) => {
    const tests = cases.map((item) => t.test(item.name, (t) => compare(t, item)));
    await Promise.all(tests);
  });
}

async function compare(t: TestContext, item: Case): Promise<void> {
  const server = await startLoginServer({ challenges: () => ['Basic realm="x"'] });
  t.after(() => server.stop());
  const question = await makeQuestion(item, await makeHome(t), server.host);
  const sent = {
    skopeo: await watch(server, askSkopeo(question)),
    olmirror: await watch(server, askOurs(question)),
  };
  assert.deepEqual(sent, { skopeo: item.expected, olmirror: item.expected });
}
