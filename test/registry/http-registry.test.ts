import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { digestOf } from '../../src/base/digest.ts';
import { createHttpRegistry } from '../../src/registry/http-registry.ts';
import type { RegistryPort } from '../../src/registry/port.ts';
import { startRawServer } from '../support/raw-server.ts';

const MANIFEST = '{"schemaVersion":2,"config":{},"layers":[]}';
const closers: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closers) await close();
});

interface Server {
  readonly host: string;
  readonly requests: IncomingMessage[];
}

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { host: `127.0.0.1:${address.port}`, requests };
}

async function connect(host: string, time: { now: number } = { now: 0 }): Promise<RegistryPort> {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-auth-'));
  const authFile = join(folder, 'auth.json');
  const auth = Buffer.from('robot:s3cret-word').toString('base64');
  await writeFile(authFile, JSON.stringify({ auths: { [host]: { auth } } }));
  const clock = { now: () => new Date(time.now), sleep: async () => undefined };
  const options = { host, insecure: true, caFile: null, authFile, environment: {}, clock };
  const client = createHttpRegistry(options);
  closers.push(async () => {
    await client.close();
    await rm(folder, { recursive: true });
  });
  return client;
}

function sendManifest(response: ServerResponse): void {
  response.setHeader('content-type', 'application/vnd.oci.image.manifest.v1+json');
  response.setHeader('docker-content-digest', digestOf(MANIFEST));
  response.end(MANIFEST);
}

interface TokenServer extends Server {
  /** Tokens that are taken, newest last. */
  readonly valid: string[];
  readonly tokenRequests: () => readonly IncomingMessage[];
}

async function serveWithTokens(fields: Readonly<Record<string, unknown>>): Promise<TokenServer> {
  const valid: string[] = [];
  const server = await serve((request, response) => {
    if (request.url?.startsWith('/token')) {
      valid.push(`token-${valid.length + 1}`);
      response.end(JSON.stringify({ token: valid.at(-1), ...fields }));
    } else if (valid.some((token) => request.headers.authorization === `Bearer ${token}`)) {
      sendManifest(response);
    } else {
      const realm = `http://${request.headers.host}/token`;
      response.setHeader('www-authenticate', `BEARER realm="${realm}",service="a, b"`);
      response.writeHead(401).end();
    }
  });
  function tokenRequests(): readonly IncomingMessage[] {
    return server.requests.filter(({ url }) => url?.startsWith('/token'));
  }
  return { ...server, valid, tokenRequests };
}

test('a token is asked for once per repository, with service, scope and login, by GET', async () => {
  const server = await serveWithTokens({});
  const client = await connect(server.host);
  const questions = Array.from({ length: 12 }, (_, i) =>
    client.headManifest(`team/${i % 2}`, 'v1'),
  );
  const found = await Promise.all(questions);
  assert.ok(found.every(({ state }) => state === 'present'));
  // Both are under way at once, so either may be the first to arrive.
  const asked = server.tokenRequests().map(({ url, method, headers }) => {
    const query = new URL(url ?? '', 'http://x').searchParams;
    const [scheme] = (headers.authorization ?? '').split(' ');
    return [query.get('scope'), query.get('service'), scheme, method].join(' | ');
  });
  assert.deepEqual(asked.toSorted(), [
    'repository:team/0:pull | a, b | Basic | GET',
    'repository:team/1:pull | a, b | Basic | GET',
  ]);
});

test('a token lives as long as expires_in says, 60 s by default', async () => {
  for (const [fields, seconds] of [
    [{}, 60],
    [{ expires_in: 300 }, 300],
  ] as const) {
    const time = { now: 0 };
    const server = await serveWithTokens(fields);
    const client = await connect(server.host, time);
    await client.headManifest('team/app', 'v1');
    time.now = (seconds - 10) * 1000;
    await client.headManifest('team/app', 'v1');
    assert.equal(server.tokenRequests().length, 1);
    time.now = seconds * 1000;
    await Promise.all([
      client.headManifest('team/app', 'v1'),
      client.headManifest('team/app', 'v2'),
    ]);
    assert.equal(server.tokenRequests().length, 2);
  }
});

test('a token that is refused before its time is replaced once', async () => {
  const server = await serveWithTokens({});
  const client = await connect(server.host);
  await client.headManifest('team/app', 'v1');
  server.valid.splice(0, 1, 'revoked');
  assert.equal((await client.headManifest('team/app', 'v1')).state, 'present');
  assert.equal(server.tokenRequests().length, 2);
});

test('a realm that is no address is a clear error', async () => {
  const server = await serve((_, response) => {
    response.setHeader('www-authenticate', 'Bearer realm="null://null:null/v2/token"');
    response.writeHead(401).end();
  });
  const found = await (await connect(server.host)).headManifest('team/app', 'v1');
  assert.equal(found.state, 'unknown');
  assert.equal(found.code, 'REGISTRY_PROTOCOL');
  assert.match(found.message, /null:\/\/null/);
});

test('a redirect to another host is followed without the login, one to the same host with it', async () => {
  const blob = Buffer.from('content of a layer');
  const storage = await serve((_, response) => response.end(blob));
  const server = await serve((request, response) => {
    const path = request.url ?? '';
    if (request.headers.authorization === undefined) {
      response.setHeader('www-authenticate', 'Basic realm="x"');
      response.writeHead(401).end();
    } else if (/^\/v2\/.*\/blobs\//.test(path)) {
      response.writeHead(307, { location: `/moved${path.slice(3)}` }).end();
    } else if (path.startsWith('/moved')) {
      response.writeHead(302, { location: `http://${storage.host}/bucket?signature=x` }).end();
    } else response.end('{}');
  });
  const client = await connect(server.host);
  const chunks: Uint8Array[] = [];
  for await (const chunk of await client.getBlob('a/moved', digestOf(blob))) chunks.push(chunk);
  assert.ok(Buffer.concat(chunks).equals(blob));
  assert.ok(
    server.requests.some(({ url, headers }) => url?.startsWith('/moved') && headers.authorization),
  );
  assert.equal(storage.requests.length, 1);
  assert.equal(storage.requests[0]?.headers.authorization, undefined);
});

test('listTags follows pages by n and last only, filters junk and stops when nothing is new', async () => {
  const pages: Readonly<Record<string, readonly unknown[]>> = {
    '': ['a', null, 'b'],
    b: ['c', ''],
    c: ['c'],
  };
  const server = await serve((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    const last = url.searchParams.get('last') ?? '';
    const next = { '': 'b', b: 'c', c: 'b' }[last];
    response.setHeader(
      'link',
      `</repository/docker/v2/elsewhere?n=2&last=${next}&x=1>; rel="next"`,
    );
    response.end(JSON.stringify({ name: 'x', tags: pages[last] }));
  });
  const client = await connect(server.host);
  assert.deepEqual(await client.listTags('team/app'), ['a', 'b', 'c']);
  const asked = server.requests.map(({ url }) => url).filter((url) => url?.includes('tags'));
  assert.deepEqual(asked, [
    '/v2/team/app/tags/list',
    '/v2/team/app/tags/list?n=2&last=b',
    '/v2/team/app/tags/list?n=2&last=c',
  ]);
});

test('listTags takes null for no tags', async () => {
  const server = await serve((_, response) => response.end('{"name":"x","tags":null}'));
  assert.deepEqual(await (await connect(server.host)).listTags('team/app'), []);
});

test('a 404 in text is believed only when its body says what a registry says', async () => {
  for (const [body, state] of [
    ['', 'absent'],
    ['{"errors":[{"code":"MANIFEST_UNKNOWN"}]}', 'absent'],
    ['404 page not found', 'unknown'],
    ['{"errors":[{"code":"DENIED"}]}', 'unknown'],
  ] as const) {
    const server = await serve((request, response) => {
      if (request.url === '/v2/') response.end('{}');
      else response.writeHead(404, { 'content-type': 'text/plain' }).end(body);
    });
    const found = await (await connect(server.host)).headManifest('team/app', 'v1');
    assert.equal(found.state, state, body);
  }
});

test('secrets are in no error, whatever the registry answers', async () => {
  for (const status of [400, 401, 403, 404, 418, 500]) {
    const server = await serve((request, response) => {
      if (!request.headers.authorization) response.setHeader('www-authenticate', 'Basic realm="x"');
      const code = request.headers.authorization ? status : 401;
      response
        .writeHead(code, { 'content-type': 'text/plain' })
        .end(`you sent ${request.headers.authorization}`);
    });
    const client = await connect(server.host);
    const found = await client.headManifest('team/app', 'v1');
    const thrown = await client.getManifest('team/app', 'v1').catch((error: unknown) => error);
    assert.ok(thrown instanceof Error);
    const secret = /s3cret|cm9ib3Q6czNjcmV0/;
    assert.doesNotMatch(
      `${JSON.stringify(found)} ${thrown.stack} ${JSON.stringify(thrown)}`,
      secret,
    );
  }
});

test('headManifest asks undici where an answer is not a usual one, twice at first and then at once', async (t) => {
  const { url, questions } = await startRawServer(t, ({ text, socket }) => {
    const digest = digestOf(MANIFEST);
    const type = 'application/vnd.oci.image.manifest.v1+json';
    const headers = `content-type: ${type}\r\ndocker-content-digest: ${digest}\r\ncontent-length: 0\r\n`;
    socket.write(
      `HTTP/1.1 200 OK\r\n${text.startsWith('HEAD') ? 'odd_name: a\r\n' : ''}${headers}\r\n`,
    );
  });
  const client = await connect(url.host);
  for (const heads of [2, 3]) {
    const found = await client.headManifest('team/app', digestOf(MANIFEST));
    assert.equal(found.state, 'present');
    assert.equal(questions.filter(({ text }) => text.startsWith('HEAD')).length, heads);
    // Besides, it was asked over TLS, and once more when that broke off.
    assert.equal(client.countRequests(), questions.length + 2);
  }
});
