// Tables of credentials-contract.test.ts: places, keys and values.

/** Files by their place in the home; `H` in them stands for the host. */
export interface CredentialCase {
  readonly name: string;
  readonly files: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** For `--authfile` and `authFile`, in the home. */
  readonly authFile?: string;
  readonly repository?: string;
  /** `user:password` that the registry saw, `anonymous`, or `fails` for no request at all. */
  readonly expected: string;
}

export const AUTH = 'run/containers/auth.json';
export const DOCKER = '.docker/config.json';
const LEGACY = '.dockercfg';

export function encode(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64');
}

export function entry(text: string): { readonly auth: string } {
  return { auth: encode(text) };
}

export function auths(entries: Readonly<Record<string, unknown>>): unknown {
  return { auths: entries };
}

/** A case of one auth file with these entries. */
function one(
  name: string,
  entries: Readonly<Record<string, unknown>>,
  expected: string,
): CredentialCase {
  return { name, files: { [AUTH]: auths(entries) }, expected };
}

export const PLACES: readonly CredentialCase[] = [
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

export const KEYS: readonly CredentialCase[] = [
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

export const VALUES: readonly CredentialCase[] = [
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
  one('base64 with more than it needs', { H: { auth: `${encode('u:p')}=` } }, 'fails'),
  one('zero bytes around the password', { H: entry('user:\0\0pass\0word\0\0') }, 'user:pass\0word'),
  one('zero bytes around the user', { H: entry('\0user\0:pw') }, '\0user\0:pw'),
  one('white space stays', { H: entry(' user : pw \n') }, ' user : pw \n'),
  one('bytes that are no UTF-8', { H: entry('m\xfcller:gr\xfc\xdfe') }, 'm\xfcller:gr\xfc\xdfe'),
];
