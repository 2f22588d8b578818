import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Agent } from 'undici';
import { parseHeadAnswer } from '../../src/registry/parse-head-answer.ts';
import { sendHead } from '../../src/registry/send-head.ts';
import { startRawServer } from '../support/raw-server.ts';

const READ: Readonly<Record<string, string>> = {
  usual:
    'HTTP/1.1 200 OK\r\nContent-Length: 7023\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nDocker-Content-Digest: sha256:ab\r\nDate: Sun, 29 Nov 2026 13:00:00 GMT',
  'no reason': 'HTTP/1.1 404 \r\ncontent-length: 0',
  'neither space nor reason': 'HTTP/1.1 404\r\ncontent-length: 0',
  'no header': 'HTTP/1.1 204 No Content',
  'two challenges':
    'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="a"\r\nWWW-Authenticate: Bearer realm="https://a/",service="b"',
  'three of one name': 'HTTP/1.1 200 OK\r\nvary: a\r\nVary: b\r\nVARY: c',
  'white space around a value': 'HTTP/1.1 200 OK\r\netag: \t "a b" \t',
  'no white space, and none': 'HTTP/1.1 200 OK\r\nserver:nginx\r\nx-empty:',
  'colons in a value': 'HTTP/1.1 307 Temporary Redirect\r\nlocation: https://other:8443/v2/a:b',
  'name of what every object has': 'HTTP/1.1 200 OK\r\nconstructor: a\r\nvalueof: b',
  'announced chunks': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked',
  'connection that ends': 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nretry-after: 3',
};

test('parseHeadAnswer reads an answer as undici does', async (t) => {
  let text = '';
  const server = await startRawServer(t, ({ socket }) => socket.end(`${text}\r\n\r\n`));
  const agent = new Agent();
  t.after(() => agent.destroy());
  async function assertSame(answer: string, name: string): Promise<void> {
    text = answer;
    const options = { origin: server.url.origin, path: '/', headers: {}, reset: true };
    assert.deepEqual(parseHeadAnswer(answer), await sendHead(agent, options, undefined), name);
  }
  for (const [name, answer] of Object.entries(READ)) await assertSame(answer, name);
  const name = fc
    .stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/)
    .filter((made) => !FRAMING.test(made));
  const value = fc.stringMatching(/^[\t -~]{0,40}$/);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 200, max: 599 }),
      fc.array(fc.tuple(name, value), { maxLength: 8 }),
      async (status, headers) => {
        const lines = headers.map(([key, said]) => `\r\n${key}: ${said}`);
        await assertSame(`HTTP/1.1 ${status} said${lines.join('')}`, 'a random one');
      },
    ),
    { numRuns: 200 },
  );
});

/** Headers that undici itself goes by. */
const FRAMING = /^(?:connection|keep-alive|content-length|transfer-encoding|upgrade)$/i;

const LEFT: Readonly<Record<string, string>> = {
  'HTTP/1.0': 'HTTP/1.0 200 OK\r\ncontent-length: 0',
  'another protocol': 'SSH-2.0-OpenSSH_9.2p1',
  'an interim answer': 'HTTP/1.1 100 Continue',
  'an upgrade': 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket',
  'a status of four digits': 'HTTP/1.1 2000 OK',
  'a line without a colon': 'HTTP/1.1 200 OK\r\nserver',
  'a line that is folded': 'HTTP/1.1 200 OK\r\nserver: a\r\n b',
  'a space before the colon': 'HTTP/1.1 200 OK\r\nserver : a',
  'no name': 'HTTP/1.1 200 OK\r\n: a',
  'an odd name': 'HTTP/1.1 200 OK\r\nser_ver: a',
  'a prototype': 'HTTP/1.1 200 OK\r\n__proto__: a',
  'an end of a line alone': 'HTTP/1.1 200 OK\r\nserver: a\nlocation: https://b/',
  'a return alone': 'HTTP/1.1 200 OK\r\nserver: a\rb',
  'a byte of zero': 'HTTP/1.1 200 OK\r\nserver: a\0b',
  'a byte beyond ASCII': 'HTTP/1.1 200 OK\r\nserver: \u00e9',
  'two lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 3',
  'a length and chunks': 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked',
  'a length that is none': 'HTTP/1.1 200 OK\r\ncontent-length: -1',
};

for (const [name, answer] of Object.entries(LEFT))
  test(`parseHeadAnswer leaves ${name} to undici`, () => {
    assert.equal(parseHeadAnswer(answer), null);
  });
