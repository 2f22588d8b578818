import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pushImage } from '../../scripts/lib/push-image.ts';
import {
  DEMO_PASSWORD,
  DEMO_USER,
  type RunningRegistry,
  startRegistry,
} from '../../scripts/lib/start-registry.ts';
import type { Clock } from '../../src/base/clock.ts';
import { createHttpRegistry, type HttpRegistryOptions } from '../../src/registry/http-registry.ts';
import type { RegistryPort } from '../../src/registry/port.ts';
import { testRegistryContract } from '../contracts/registry.ts';

const clock: Clock = { now: () => new Date(), sleep: (milliseconds) => sleep(milliseconds) };
const authorization = `Basic ${Buffer.from(`${DEMO_USER}:${DEMO_PASSWORD}`).toString('base64')}`;
let folder = '';
let open: RunningRegistry;
let locked: RunningRegistry;
const clients: RegistryPort[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'olmirror-registry-'));
  makeCertificate();
  open = await startRegistry({ folder: join(folder, 'open') });
  locked = await startRegistry({
    folder: join(folder, 'locked'),
    htpasswd: { user: DEMO_USER, password: DEMO_PASSWORD },
    tls: { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') },
  });
});

after(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await open.stop();
  await locked.stop();
  await rm(folder, { recursive: true, force: true });
});

testRegistryContract('docker-registry over HTTP', () => ({
  registry: connect({ host: open.host, insecure: true }),
  push: async (image) => (await pushImage(open.host, image)).digest,
}));

testRegistryContract('docker-registry with TLS and a login', async () => ({
  registry: connect({
    host: locked.host,
    caFile: join(folder, 'cert.pem'),
    authFile: await writeAuth({ [locked.host]: { auth: encode(DEMO_PASSWORD) } }),
  }),
  push: async (image) => {
    const pushed = await pushImage(`https://${locked.host}`, { ...image, authorization });
    return pushed.digest;
  },
}));

test('headManifest sends a Basic login at once after the first answer, not after each refusal', async () => {
  const authFile = await writeAuth({ [locked.host]: { auth: encode(DEMO_PASSWORD) } });
  const client = connect({ host: locked.host, insecure: true, authFile });
  for (let i = 0; i < 5; i += 1) await client.headManifest('some/image', 'v1');
  assert.equal(client.countRequests(), 6);
});

const refused: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
  ['a wrong password', { auth: encode('wrong') }, /refused the user name or password \(401\)/],
  ['no login', {}, /wants a login \(401\)/],
];
for (const [what, entry, message] of refused) {
  test(`headManifest says unknown with REGISTRY_UNAUTHORIZED for ${what}`, async () => {
    const authFile = await writeAuth({ [locked.host]: entry });
    const client = connect({ host: locked.host, insecure: true, authFile });
    const found = await client.headManifest('some/image', 'v1');
    assert.equal(found.state, 'unknown');
    assert.equal(found.code, 'REGISTRY_UNAUTHORIZED');
    assert.match(found.message, message);
    assert.match(found.message, new RegExp(`${locked.host}/some/image`));
    assert.match(found.hint ?? '', /skopeo login/);
    assert.doesNotMatch(JSON.stringify(found), /wrong:|d3Jvbmc/);
  });
}

test('a new login in the auth file counts without a restart', async () => {
  const authFile = await writeAuth({ [locked.host]: { auth: encode('wrong') } });
  const client = connect({ host: locked.host, insecure: true, authFile });
  assert.equal((await client.headManifest('some/image', 'v1')).state, 'unknown');
  await writeFile(
    authFile,
    JSON.stringify({ auths: { [locked.host]: { auth: encode(DEMO_PASSWORD) } } }),
  );
  assert.deepEqual(await client.headManifest('some/image', 'v1'), { state: 'absent' });
});

test('certificates under certs.d are trusted as the containers tools trust them', async () => {
  const home = join(folder, 'home');
  const certs = join(home, '.config/containers/certs.d', locked.host);
  await mkdir(certs, { recursive: true });
  execFileSync('cp', [join(folder, 'cert.pem'), join(certs, 'ca.crt')]);
  const authFile = await writeAuth({ [locked.host]: { auth: encode(DEMO_PASSWORD) } });
  const client = connect({ host: locked.host, authFile, environment: { HOME: home } });
  assert.deepEqual(await client.headManifest('some/image', 'v1'), { state: 'absent' });
});

test('an unknown certificate authority is REGISTRY_TLS with caFile in the hint', async () => {
  const found = await connect({ host: locked.host }).headManifest('some/image', 'v1');
  assert.equal(found.state, 'unknown');
  assert.equal(found.code, 'REGISTRY_TLS');
  assert.match(found.hint ?? '', /caFile/);
});

test('a plain HTTP registry is REGISTRY_TLS with insecure in the hint, unless it is insecure', async () => {
  const found = await connect({ host: open.host }).headManifest('some/image', 'v1');
  assert.equal(found.state, 'unknown');
  assert.equal(found.code, 'REGISTRY_TLS');
  assert.match(found.hint ?? '', /insecure: true/);
});

function connect(options: Partial<HttpRegistryOptions> & { readonly host: string }): RegistryPort {
  const client = createHttpRegistry({
    insecure: false,
    caFile: null,
    authFile: join(folder, 'no-auth.json'),
    environment: {},
    clock,
    ...options,
  });
  clients.push(client);
  return client;
}

let files = 0;
async function writeAuth(auths: Readonly<Record<string, unknown>>): Promise<string> {
  files += 1;
  const path = join(folder, `auth-${files}.json`);
  await writeFile(path, JSON.stringify({ auths }));
  return path;
}

function encode(password: string): string {
  return Buffer.from(`${DEMO_USER}:${password}`).toString('base64');
}

function makeCertificate(): void {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const flags = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650';
  const names = ['-subj', '/CN=olmirror test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const args = ['req', ...flags.split(' '), ...names, '-keyout', key, '-out', certificate];
  execFileSync('openssl', args, { stdio: 'ignore' });
}
