import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/cli/system-clock.ts';
import { recognizeProduct } from '../../src/plan/recognize-product.ts';
import { createHttpRegistry } from '../../src/registry/http-registry.ts';
import { listenLocally } from '../support/listen-locally.ts';

// Seen to fail: with `headers` of `probeRegistry` left as the last answer has them.
test('probe keeps what a registry asked for as a login, by which Nexus behind a proxy is known', async (t) => {
  const host = await startNexus(t);
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-probe-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const authFile = join(folder, 'auth.json');
  const auth = Buffer.from('robot:secret').toString('base64');
  await writeFile(authFile, JSON.stringify({ auths: { [host]: { auth } } }));
  const access = { insecure: true, caFile: null, authFile, environment: {} };
  const registry = createHttpRegistry({ host, ...access, clock: systemClock });
  t.after(() => registry.close());
  const { api } = await registry.probe(null);
  assert.ok(api.kind === 'answer');
  assert.deepEqual([api.status, api.loggedIn], [200, true]);
  assert.equal(recognizeProduct([api]), 'nexus');
  assert.doesNotMatch(JSON.stringify(api), /secret|cm9ib3Q/);
});

/** Asks for a login as Nexus does, and else says as little of itself as the proxy before it lets through. */
async function startNexus(t: TestContext): Promise<string> {
  const realm = { 'www-authenticate': 'BASIC realm="Sonatype Nexus Repository Manager"' };
  const server = http.createServer(({ headers }, response) => {
    const isIn = headers.authorization !== undefined;
    response.writeHead(isIn ? 200 : 401, { server: 'nginx', ...(isIn ? {} : realm) }).end('{}');
  });
  const port = await listenLocally(server);
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${port}`;
}
