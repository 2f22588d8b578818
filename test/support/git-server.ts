import { execFileSync, spawn } from 'node:child_process';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https, { type ServerOptions } from 'node:https';
import { join } from 'node:path';
import { listen } from './listen.ts';
import type { Scope } from './site.ts';

export interface GitServer {
  /** Of the folder of repositories, ending in `/`. */
  readonly url: string;
  /** `user:password` of every request that had them. */
  readonly logins: readonly string[];
  /** From now on this login alone is let in; null lets everybody in. */
  letIn(login: string | null): void;
}

/** A real Git server over HTTP: `git http-backend` as a CGI, behind a login. */
export async function startGitServer(
  t: Scope,
  folder: string,
  tls: ServerOptions | null = null,
): Promise<GitServer> {
  let allowed: string | null = null;
  const logins: string[] = [];
  function answer(request: IncomingMessage, response: ServerResponse): void {
    const login = readLogin(request);
    if (login !== null) logins.push(login);
    if (allowed === null || login === allowed) return runBackend(folder, request, response);
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
  }
  const server = tls === null ? http.createServer(answer) : https.createServer(tls, answer);
  const port = await listen(t, server);
  return {
    url: `${tls === null ? 'http' : 'https'}://127.0.0.1:${port}/`,
    logins,
    letIn(login) {
      allowed = login;
    },
  };
}

function readLogin({ headers }: IncomingMessage): string | null {
  const basic = /^Basic (.*)$/.exec(headers.authorization ?? '')?.[1];
  return basic === undefined ? null : Buffer.from(basic, 'base64').toString();
}

function runBackend(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const core = execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim();
  const child = spawn(join(core, 'git-http-backend'), [], {
    env: {
      PATH: process.env['PATH'] ?? '',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'http.receivepack',
      GIT_CONFIG_VALUE_0: 'true',
      GIT_CONFIG_KEY_1: 'safe.directory',
      GIT_CONFIG_VALUE_1: '*',
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_USER: 'test',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const chunks: Buffer[] = [];
  child.stdin.on('error', () => undefined);
  request.pipe(child.stdin);
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.on('close', () => {
    const all = Buffer.concat(chunks);
    const end = all.indexOf('\r\n\r\n');
    const lines = all.subarray(0, end).toString().split('\r\n');
    let status = 200;
    for (const line of lines) {
      const [name = '', value = ''] = line.split(': ');
      if (name === 'Status') status = Number(value.slice(0, 3));
      else if (name !== '') response.setHeader(name, value);
    }
    response.writeHead(status).end(all.subarray(end + 4));
  });
}
