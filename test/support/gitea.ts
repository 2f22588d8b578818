import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { chown, copyFile, link, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPrograms, GITEA } from '../../scripts/lib/go-programs.mjs';
import { endChild } from './end-child.ts';
import { findPort } from './find-port.ts';
import { collect, type Scope } from './site.ts';
import { waitFor } from './wait-for.ts';

/** Why tests with a real forge cannot run here; false where they can. */
export const NO_GITEA: string | false =
  findPrograms(GITEA) === null ? 'no gitea: run `node scripts/go-programs.mjs gitea`' : false;

/** A Gitea of its own on 127.0.0.1, with a user `robot` who may do everything. */
export interface Gitea {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly token: string;
  /** A request to the API that must succeed, as robot or whose token is given; the answer's JSON. */
  ask(method: string, path: string, body?: unknown, as?: string): Promise<GiteaJson>;
  /** The same for an answer that is a list. */
  list(path: string): Promise<readonly GiteaJson[]>;
  /** An empty repository; the result is what git pushes to, token included. */
  createRepository(name: string): Promise<string>;
  /** Another user's token. */
  createUser(name: string): Promise<string>;
  /** Calls the URL at each push. */
  addWebhook(
    repository: string,
    hook: { readonly url: string; readonly secret: string },
  ): Promise<void>;
}

/** As much of Gitea's answers as tests look at. */
export interface GiteaJson {
  readonly [name: string]: unknown;
}

/** Whom it runs as where tests run as root, which it refuses. */
const NOBODY = 65_534;

export async function startGitea(t: Scope): Promise<Gitea> {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-gitea-'));
  const port = await findPort();
  const url = `http://127.0.0.1:${port}`;
  const config = join(folder, 'app.ini');
  const program = await layOut(folder, port);
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const options = {
    ...user,
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: join(folder, 'home'), USER: 'git' },
  };
  async function run(...args: readonly string[]): Promise<string> {
    const child = spawn(program, [...args, '--config', config], options);
    const { code, stdout, stderr } = await collect(child);
    assert.equal(code, 0, `gitea ${args.join(' ')}\n${stdout}${stderr}`);
    return stdout;
  }
  const log = openSync(join(folder, 'gitea.log'), 'w');
  const server = spawn(program, ['web', '--config', config], {
    ...options,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  t.after(async () => {
    await endChild(server);
    await rm(folder, { recursive: true, force: true });
  });
  await waitFor('Gitea answers', () => isReady(server, url, folder));
  async function createUser(name: string, ...more: readonly string[]): Promise<string> {
    const words = `admin user create --username ${name} --password pass-word-1 --email ${name}@example.com`;
    const token = '--must-change-password=false --access-token --access-token-scopes all';
    const said = await run(...words.split(' '), ...token.split(' '), ...more);
    const [found = ''] = /\b[0-9a-f]{40}\b/.exec(said) ?? [];
    assert.notEqual(found, '', said);
    return found;
  }
  return openGitea({ url, token: await createUser('robot', '--admin'), createUser });
}

interface Sending {
  readonly body?: unknown;
  readonly as?: string;
}

function openGitea(parts: Pick<Gitea, 'url' | 'token' | 'createUser'>): Gitea {
  const { url, token } = parts;
  async function send(method: string, path: string, rest: Sending): Promise<string> {
    const { body, as = token } = rest;
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `token ${as}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text;
  }
  async function ask(...asked: Parameters<Gitea['ask']>): Promise<GiteaJson> {
    const [method, path, body, as] = asked;
    const text = await send(method, path, { body, ...(as === undefined ? {} : { as }) });
    return text === '' ? {} : JSON.parse(text);
  }
  return {
    ...parts,
    ask,
    // Gitea's word for no entry is now and then null.
    list: async (path) => JSON.parse(await send('GET', path, {})) ?? [],
    async createRepository(name) {
      await ask('POST', '/user/repos', { name, default_branch: 'main' });
      return `${url.replace('//', `//robot:${token}@`)}/robot/${name}.git`;
    },
    async addWebhook(repository, hook) {
      await ask('POST', `/repos/${repository}/hooks`, {
        type: 'gitea',
        active: true,
        events: ['push'],
        config: { url: hook.url, secret: hook.secret, content_type: 'json' },
      });
    },
  };
}

/** Program, files and settings where another user may read them. */
async function layOut(folder: string, port: number): Promise<string> {
  const built = findPrograms(GITEA);
  assert.ok(built !== null);
  const program = join(folder, 'gitea');
  // A link costs nothing, where the disk is the same.
  await link(join(built, 'gitea'), program).catch(() => copyFile(join(built, 'gitea'), program));
  await writeFile(join(folder, 'app.ini'), renderConfig(folder, port));
  for (const name of ['home', 'data', 'log', 'tmp', 'repositories'])
    await mkdir(join(folder, name));
  const copied = spawn('cp', ['-r', join(built, 'static'), join(folder, 'static')]);
  const { code, stderr } = await collect(copied);
  assert.equal(code, 0, stderr);
  if (process.getuid?.() === 0) {
    for (const name of ['.', 'app.ini', 'home', 'data', 'log', 'tmp', 'repositories'])
      await chown(join(folder, name), NOBODY, NOBODY);
  }
  return program;
}

function renderConfig(folder: string, port: number): string {
  return `
APP_NAME = forge
RUN_MODE = prod
WORK_PATH = ${folder}
[server]
PROTOCOL = http
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = http://127.0.0.1:${port}/
STATIC_ROOT_PATH = ${folder}/static
APP_DATA_PATH = ${folder}/data
DISABLE_SSH = true
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
PATH = ${folder}/data/gitea.db
[repository]
ROOT = ${folder}/repositories
[repository.pull-request]
DEFAULT_MERGE_STYLE = merge
[security]
INSTALL_LOCK = true
SECRET_KEY = test
INTERNAL_TOKEN = test-internal-token
PASSWORD_HASH_ALGO = pbkdf2_v1
[oauth2]
ENABLED = false
[log]
MODE = console
LEVEL = warn
ROOT_PATH = ${folder}/log
[webhook]
ALLOWED_HOST_LIST = loopback
DELIVER_TIMEOUT = 5
[service]
DISABLE_REGISTRATION = true
[actions]
ENABLED = false
[packages]
ENABLED = false
[indexer]
ISSUE_INDEXER_TYPE = db
[cron]
ENABLED = false
`;
}

async function isReady(server: ChildProcess, url: string, folder: string): Promise<boolean> {
  if (server.exitCode !== null)
    assert.fail((await readFile(join(folder, 'gitea.log'), 'utf8')).slice(-3000));
  try {
    return (await fetch(`${url}/api/v1/version`)).ok;
  } catch {
    return false;
  }
}
