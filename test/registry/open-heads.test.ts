import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import type { LineLimits } from '../../src/registry/head-line.ts';
import { type Heads, openHeads } from '../../src/registry/open-heads.ts';
import { startHangingServer } from '../support/hanging-server.ts';
import { type RawQuestion, type RawServer, startRawServer } from '../support/raw-server.ts';
import { waitFor } from '../support/wait-for.ts';

const USUAL = 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n';
const QUESTION = { path: '/v2/team/app/manifests/v1', headers: { accept: 'a/b, c/d' } };

interface World {
  readonly server: RawServer;
  readonly heads: Heads;
}

const TLS = { rejectUnauthorized: true, secureContext: createSecureContext() };
const LIMITS: LineLimits = { timeoutMilliseconds: 60_000, keepAliveMilliseconds: 20_000 };

async function startWorld(
  t: TestContext,
  answer: (question: RawQuestion) => void,
  limits: Partial<LineLimits> = {},
): Promise<World> {
  const server = await startRawServer(t, answer);
  const heads = openHeads(server.url, { tls: TLS, ...LIMITS, ...limits });
  t.after(() => heads.close());
  return { server, heads };
}

/** Of all connections, sooner than any time-out of this file would end them. */
async function waitForEnd({ connections }: RawServer): Promise<void> {
  await waitFor(
    'the end of the connections',
    async () => connections.length > 0 && connections.every(({ destroyed }) => destroyed),
    20,
  );
}

function ask(heads: Heads): ReturnType<Heads['send']> {
  return heads.send(QUESTION, undefined);
}

test('openHeads sends a HEAD as it is asked for, and says what came', async (t) => {
  const { server, heads } = await startWorld(t, ({ socket }) => socket.write(USUAL));
  assert.deepEqual(await ask(heads), { statusCode: 200, headers: { 'content-length': '3' } });
  assert.equal(
    server.questions[0]?.text,
    `HEAD /v2/team/app/manifests/v1 HTTP/1.1\r\nhost: ${server.url.host}\r\nconnection: keep-alive\r\naccept: a/b, c/d`,
  );
});

test('openHeads asks one after the other on one connection, and side by side on as many as it needs', async (t) => {
  const { server, heads } = await startWorld(t, ({ socket, number }) =>
    socket.write(`HTTP/1.1 200 OK\r\nx-number: ${number}\r\n\r\n`),
  );
  for (const number of [1, 2, 3])
    assert.equal((await ask(heads))?.headers['x-number'], `${number}`);
  assert.equal(server.connections.length, 1);
  await Promise.all(Array.from({ length: 20 }, () => ask(heads)));
  const made = server.connections.length;
  await Promise.all(Array.from({ length: 20 }, () => ask(heads)));
  assert.equal(server.connections.length, made);
});

test('openHeads reads an answer that comes byte by byte', async (t) => {
  const { heads } = await startWorld(t, ({ socket }) => {
    void (async () => {
      for (const byte of USUAL) {
        socket.write(byte);
        await sleep(1);
      }
    })();
  });
  assert.equal((await ask(heads))?.statusCode, 200);
  assert.equal((await ask(heads))?.statusCode, 200);
});

const ODD: Readonly<Record<string, string>> = {
  'another version': 'HTTP/1.0 200 OK\r\n\r\n',
  'an interim answer': `HTTP/1.1 100 Continue\r\n\r\n${USUAL}`,
  'a body that nobody asked for': `${USUAL}abc`,
  'headers without an end': `HTTP/1.1 200 OK\r\nx-long: ${'a'.repeat(70_000)}`,
  'no HTTP at all': 'SSH-2.0-OpenSSH_9.2p1\r\n\r\n',
};

for (const [name, answer] of Object.entries(ODD))
  test(`openHeads leaves ${name} to undici, and closes the connection`, async (t) => {
    const { server, heads } = await startWorld(t, ({ socket }) => socket.write(answer));
    assert.equal(heads.isUsual(), true);
    assert.equal(await ask(heads), null);
    assert.equal(heads.isUsual(), false);
    await waitForEnd(server);
  });

test('openHeads sends nothing where a header would be two, and goes on', async (t) => {
  const { server, heads } = await startWorld(t, ({ socket }) => socket.write(USUAL));
  const headers = { authorization: 'Bearer a\r\nx-other: b' };
  assert.equal(await heads.send({ ...QUESTION, headers }, undefined), null);
  assert.equal(await heads.send({ ...QUESTION, path: '/v2/a b' }, undefined), null);
  assert.equal(server.connections.length, 0);
  assert.equal(heads.isUsual(), true);
  assert.equal((await ask(heads))?.statusCode, 200);
});

test('openHeads takes nothing for an answer that came before its question', async (t) => {
  const { server, heads } = await startWorld(t, ({ socket, number }) => {
    socket.write(USUAL);
    if (number === 1) setTimeout(() => socket.write('HTTP/1.1 404 Not Found\r\n\r\n'), 20);
  });
  assert.equal((await ask(heads))?.statusCode, 200);
  await waitForEnd(server);
  assert.equal((await ask(heads))?.statusCode, 200);
  assert.equal(server.connections.length, 2);
});

for (const header of ['connection: close', 'keep-alive: timeout=1'])
  test(`openHeads asks no more on a connection of ${header}`, async (t) => {
    const { server, heads } = await startWorld(t, ({ socket }) =>
      socket.write(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n`),
    );
    assert.equal((await ask(heads))?.statusCode, 200);
    assert.equal((await ask(heads))?.statusCode, 200);
    assert.equal(server.connections.length, 2);
  });

test('openHeads asks no more on a connection that waited for longer than it may', async (t) => {
  const { server, heads } = await startWorld(t, ({ socket }) => socket.write(USUAL), {
    keepAliveMilliseconds: 30,
  });
  await ask(heads);
  await sleep(60);
  await ask(heads);
  assert.equal(server.connections.length, 2);
});

test('openHeads closes a connection that nobody asks on', async (t) => {
  const { server, heads } = await startWorld(t, ({ socket }) => socket.write(USUAL), {
    timeoutMilliseconds: 50,
  });
  await ask(heads);
  await waitForEnd(server);
});

test('openHeads says as Node does why it cannot connect', async (t) => {
  const { server, heads } = await startWorld(t, () => undefined);
  await server.stop();
  await assert.rejects(ask(heads), { code: 'ECONNREFUSED' });
  const tls = openHeads(new URL(`https://${server.url.host}`), { ...LIMITS, tls: TLS });
  t.after(() => tls.close());
  await assert.rejects(ask(tls), { code: 'ECONNREFUSED' });
});

test('openHeads asks an address of IPv6', async (t) => {
  const server = await startRawServer(t, ({ socket }) => socket.write(USUAL), '::1');
  const heads = openHeads(server.url, { ...LIMITS, tls: TLS });
  t.after(() => heads.close());
  assert.equal((await ask(heads))?.statusCode, 200);
  assert.match(server.questions[0]?.text ?? '', /\r\nhost: \[::1\]:\d+\r\n/);
});

test('openHeads makes new connections after one broke, since the server may have closed them all', async (t) => {
  const { server, heads } = await startWorld(t, ({ socket, number }) => {
    if (number < 3) socket.write(USUAL);
    else if (number === 3) socket.destroy();
    else socket.write('HTTP/1.1 404 Not Found\r\n\r\n');
  });
  await Promise.all([ask(heads), ask(heads)]);
  assert.equal(server.connections.length, 2);
  await assert.rejects(ask(heads), { code: /^(?:UND_ERR_SOCKET|ECONNRESET)$/ });
  assert.equal((await ask(heads))?.statusCode, 404);
  assert.equal(server.connections.length, 3);
});

test('openHeads waits no longer than it may for an answer that drips', async (t) => {
  const { heads } = await startWorld(
    t,
    ({ socket }) => {
      const drip = setInterval(() => socket.write('a'), 10);
      socket.on('close', () => clearInterval(drip));
    },
    { timeoutMilliseconds: 100 },
  );
  await assert.rejects(ask(heads), { code: 'UND_ERR_HEADERS_TIMEOUT' });
});

test('openHeads gives each question of a connection its whole time', async (t) => {
  const { heads } = await startWorld(
    t,
    ({ socket, number }) => setTimeout(() => socket.write(USUAL), number === 1 ? 0 : 300),
    { timeoutMilliseconds: 400 },
  );
  await ask(heads);
  await sleep(200);
  assert.equal((await ask(heads))?.statusCode, 200);
});

test('openHeads rejects with the reason of a signal, and closes the connection', async (t) => {
  const stop = new AbortController();
  const { server, heads } = await startWorld(t, () => setTimeout(() => stop.abort('enough'), 10));
  await assert.rejects(heads.send(QUESTION, stop.signal), (reason) => reason === 'enough');
  await waitForEnd(server);
  await assert.rejects(heads.send(QUESTION, stop.signal), (reason) => reason === 'enough');
  assert.equal(server.connections.length, 1);
});

test('openHeads rejects with the reason of a signal while it connects', async (t) => {
  // Nobody shakes hands there.
  const host = await startHangingServer(t);
  const heads = openHeads(new URL(`https://${host}`), { ...LIMITS, tls: TLS });
  t.after(() => heads.close());
  const stop = new AbortController();
  const asked = heads.send(QUESTION, stop.signal);
  await sleep(50);
  stop.abort('enough');
  await assert.rejects(asked, (reason) => reason === 'enough');
});

test('openHeads closes a connection that was there too late', async (t) => {
  const { server, heads } = await startWorld(t, () => undefined);
  const stop = new AbortController();
  const asked = heads.send(QUESTION, stop.signal);
  stop.abort('enough');
  await assert.rejects(asked, (reason) => reason === 'enough');
  await waitForEnd(server);
  assert.deepEqual(server.questions, []);
});

test('openHeads keeps the process alive only while it waits for an answer', async (t) => {
  const asking: RawQuestion[] = [];
  const { heads } = await startWorld(t, (question) => {
    // The other end of the connection is in this process, too.
    question.socket.unref();
    asking.push(question);
  });
  await waitFor('the end of the connections of other tests', async () => countOpen() === 0);
  for (const place of [0, 1]) {
    const asked = ask(heads);
    await waitFor('the question', async () => asking.length > place);
    assert.equal(countOpen(), 1);
    asking[place]?.socket.write(USUAL);
    await asked;
    assert.equal(countOpen(), 0);
  }
});

function countOpen(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}

test('openHeads ends what is under way when it is closed, and takes no more', async (t) => {
  const { server, heads } = await startWorld(t, () => undefined);
  const asked = assert.rejects(ask(heads), { code: 'UND_ERR_SOCKET' });
  await waitFor('the question', async () => server.questions.length === 1);
  heads.close();
  await asked;
  await assert.rejects(ask(heads), { code: 'UND_ERR_SOCKET' });
  await waitForEnd(server);
});
