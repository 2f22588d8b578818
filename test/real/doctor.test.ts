import assert from 'node:assert/strict';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Fault, startFaultProxy } from '../../scripts/lib/fault-proxy.ts';
import { DEMO_PASSWORD, DEMO_USER, startRegistry } from '../../scripts/lib/start-registry.ts';
import type { Doctor, DoctorCheck } from '../../src/plan/doctor-types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { createSite, pushIndex, pushOperator, type Site } from '../support/site.ts';

const doctors = compileSchema<Doctor>('doctor');

type States = Readonly<Record<string, DoctorCheck['state']>>;

interface Examined {
  readonly code: number | null;
  readonly production: States;
  readonly staging: States;
  readonly machine: States;
  readonly text: string;
}

async function examine(site: Site, env: Readonly<Record<string, string>> = {}): Promise<Examined> {
  const result = await site.olmirror(['doctor', '--format', 'json'], { env });
  const { subjects, exitCode } = parseChecked(doctors, result.stdout);
  assert.equal(result.code, exitCode);
  const [machine = {}, production = {}, staging = {}] = subjects.map(({ checks }) =>
    Object.fromEntries(checks.map(({ name, state }) => [name, state])),
  );
  return { code: result.code, machine, production, staging, text: result.stdout };
}

async function serveIndex(site: Site): Promise<void> {
  const bundles = await pushOperator(site.production.host, { name: 'a', versions: ['1.0.0'] });
  await pushIndex(site.production.host, { a: bundles });
}

async function examineBehind(
  t: TestContext,
  rules: (url: string, method: string) => Fault | null,
): Promise<Examined> {
  const site = await createSite(t);
  await serveIndex(site);
  const proxy = await startFaultProxy({
    target: site.production.host,
    rules: ({ url, method }) => rules(url, method),
  });
  t.after(() => proxy.stop());
  await site.writeManifest({ production: proxy.host });
  const found = await examine(site, {
    OLMIRROR_REGISTRY_TIMEOUT_MS: '1500',
    OLMIRROR_RETRY_DELAY_MS: '1',
  });
  // Promise 1: looking changes nothing.
  assert.ok(proxy.requests.every(({ method }) => method === 'GET' || method === 'HEAD'));
  return found;
}

test('doctor finds nothing in the way of two sound registries, and looks at staging without an index', async (t) => {
  const site = await createSite(t);
  await serveIndex(site);
  const { code, machine, production, staging } = await examine(site);
  assert.equal(code, 0);
  assert.deepEqual(machine, { git: 'passed', skopeo: 'passed' });
  assert.deepEqual(production, {
    api: 'passed',
    login: 'passed',
    head: 'passed',
    digest: 'passed',
    tags: 'passed',
    catalog: 'passed',
    referrers: 'passed',
    'write-policy': 'skipped',
    delete: 'skipped',
    product: 'passed',
  });
  assert.deepEqual(
    [staging['api'], staging['head'], staging['delete']],
    ['passed', 'skipped', undefined],
  );
  const { stdout } = await site.olmirror(['doctor']);
  assert.match(stdout, /^this machine\n {2}✔ git \d/);
  assert.match(stdout, /\nNothing is in the way\.\n$/);
});

test('doctor names a login that is missing, wrong, or right, and never a password', async (t) => {
  const site = await createSite(t);
  const locked = await startRegistry({
    folder: join(site.folder, 'locked'),
    htpasswd: { user: DEMO_USER, password: DEMO_PASSWORD },
  });
  t.after(() => locked.stop());
  await site.writeManifest({ production: locked.host });
  const auth = join(site.folder, 'auth.json');
  async function examineAs(password: string): Promise<Examined> {
    const entry = { auth: Buffer.from(`${DEMO_USER}:${password}`).toString('base64') };
    await writeFile(auth, JSON.stringify({ auths: { [locked.host]: entry } }));
    return examine(site, { REGISTRY_AUTH_FILE: auth });
  }
  const anonymous = await examine(site);
  assert.deepEqual([anonymous.code, anonymous.production['api']], [1, 'failed']);
  assert.match(anonymous.text, /It refuses anonymous readers \(401\)/);
  const wrong = await examineAs('not-this-one');
  assert.deepEqual([wrong.code, wrong.production['api']], [1, 'failed']);
  assert.match(wrong.text, /It refuses the login that was found \(401\)/);
  const right = await examineAs(DEMO_PASSWORD);
  assert.deepEqual(
    [right.code, right.production['api'], right.production['login']],
    [0, 'passed', 'passed'],
  );
  assert.ok(![wrong, right].some(({ text }) => /not-this-one|demo-secret/.test(text)));
});

// Seen to fail with the digest of the answer not compared.
test('doctor finds a registry that lies about digests', async (t) => {
  const found = await examineBehind(t, (url, method) =>
    method === 'GET' && url.includes('/manifests/')
      ? { kind: 'digest', digest: `sha256:${'0'.repeat(64)}` }
      : null,
  );
  assert.deepEqual([found.code, found.production['digest']], [1, 'failed']);
  assert.match(found.text, /It names sha256:0+ for olm\/idx:v1/);
});

test('doctor ends in clear words where a registry hangs, refuses, or is a web page', async (t) => {
  const silent = await examineBehind(t, () => ({ kind: 'hang' }));
  assert.deepEqual([silent.code, silent.production], [1, { api: 'failed' }]);
  const page = await examineBehind(t, () => ({ kind: 'html' }));
  assert.deepEqual([page.code, page.production['api']], [1, 'failed']);
  const ailing = await examineBehind(t, (url) =>
    url.includes('/manifests/') ? { kind: 'status', status: 500, body: 'no' } : null,
  );
  assert.deepEqual(
    [
      ailing.code,
      ailing.production['head'],
      ailing.production['digest'],
      ailing.production['tags'],
    ],
    [1, 'unknown', 'unknown', 'passed'],
  );
});

test('doctor knows Nexus by its headers, and says what to set there', async (t) => {
  const headers = { server: 'Nexus/3.90.2-06 (COMMUNITY)' };
  const found = await examineBehind(t, (url) =>
    url.startsWith('/v2/_catalog')
      ? { kind: 'status', status: 403, body: '', headers }
      : { kind: 'headers', headers },
  );
  assert.deepEqual([found.code, found.production['product']], [0, 'passed']);
  assert.match(found.text, /It looks like Sonatype Nexus Repository 3\.90\.2-06 \(COMMUNITY\)/);
  assert.match(found.text, /Disable redeploy/);
  assert.match(found.text, /does not list its repositories to this user \(403\)/);
});

test('doctor names a tool that is missing or too old', async (t) => {
  const site = await createSite(t);
  const tools = join(site.folder, 'tools');
  await mkdir(tools);
  const program = join(tools, 'skopeo');
  await writeFile(program, '#!/bin/sh\necho skopeo version 1.4.1\n');
  await chmod(program, 0o755);
  const old = await examine(site, { PATH: tools });
  assert.deepEqual([old.code, old.machine], [1, { git: 'failed', skopeo: 'failed' }]);
  assert.match(old.text, /skopeo 1\.4\.1 is too old/);
  await rm(program);
  assert.match((await examine(site, { PATH: tools })).text, /skopeo cannot be run/);
});
