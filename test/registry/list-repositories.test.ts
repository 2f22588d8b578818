import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/cli/system-clock.ts';
import { createHttpRegistry } from '../../src/registry/http-registry.ts';
import type { RegistryPort } from '../../src/registry/port.ts';
import { type LoginRules, type LoginServer, startLoginServer } from '../support/login-server.ts';

const CATALOG = 'registry:catalog:*';

interface Opened {
  readonly server: LoginServer;
  readonly registry: RegistryPort;
}

async function open(t: TestContext, rules: LoginRules): Promise<Opened> {
  const server = await startLoginServer(rules);
  const registry = createHttpRegistry({
    host: server.host,
    insecure: true,
    caFile: null,
    authFile: null,
    environment: {},
    retries: 0,
    clock: systemClock,
  });
  t.after(async () => {
    await registry.close();
    await server.stop();
  });
  return { server, registry };
}

function challenge(host: string): string {
  return `Bearer realm="http://${host}/token",service="s"`;
}

// Seen to fail with no scope, and with that of a repository.
test('listRepositories asks for a token with the scope of the list', async (t) => {
  const { server, registry } = await open(t, {
    challenges: (host) => [challenge(host)],
    answer({ path, authorization }) {
      if (path.startsWith('/token')) {
        const scope = new URL(path, 'http://h').searchParams.get('scope') ?? 'none';
        return { status: 200, body: JSON.stringify({ token: scope }) };
      }
      if (!path.startsWith('/v2/_catalog')) return null;
      if (authorization !== `Bearer ${CATALOG}`)
        return {
          status: 401,
          headers: { 'www-authenticate': challenge(server.host) },
          body: '{}',
        };
      const next = path.includes('last=')
        ? {}
        : { link: '</repository/x/v2/_catalog?last=b&n=2>; rel="next"' };
      const repositories = path.includes('last=') ? ['c', null, ''] : ['a', 'b'];
      return { status: 200, headers: next, body: JSON.stringify({ repositories }) };
    },
  });
  assert.deepEqual(await registry.listRepositories(), ['a', 'b', 'c']);
  await registry.headManifest('team/app', 'v1');
  const scopes = server.requests.flatMap(({ path }) =>
    path.startsWith('/token') ? [new URL(path, 'http://h').searchParams.get('scope')] : [],
  );
  assert.deepEqual(scopes, [CATALOG, 'repository:team/app:pull']);
});

for (const [name, answer] of [
  ['a token service that refuses', { status: 401, body: '{}' }],
  ['a registry that has none', { status: 404, body: '404 page not found' }],
  ['a registry that forbids it', { status: 403, body: '{}' }],
] as const)
  test(`listRepositories gives null for ${name}`, async (t) => {
    const { registry } = await open(t, {
      challenges: (host) => (answer.status === 401 ? [challenge(host)] : []),
      answer: () => answer,
    });
    assert.equal(await registry.listRepositories(), null);
  });

for (const [name, body] of [
  ['no JSON', '<html>'],
  ['no list', '{"repositories":"all"}'],
] as const)
  test(`listRepositories names an answer that is ${name}`, async (t) => {
    const { registry } = await open(t, {
      challenges: () => [],
      answer: () => ({ status: 200, body }),
    });
    await assert.rejects(registry.listRepositories(), /no list of names/);
  });

test('listRepositories takes null for none', async (t) => {
  const { registry } = await open(t, {
    challenges: () => [],
    answer: () => ({ status: 200, body: '{"repositories":null}' }),
  });
  assert.deepEqual(await registry.listRepositories(), []);
});
