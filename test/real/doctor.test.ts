import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeCertificate } from '../../scripts/lib/make-certificate.ts';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { DEMO_PASSWORD, DEMO_USER, startRegistry } from '../../scripts/lib/start-registry.ts';
import type { Diagnosis, RegistryDiagnosis } from '../../src/plan/doctor-types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { deliver } from '../support/deliver.ts';
import { createProxiedSite } from '../support/proxied-site.ts';
import { type CliResult, createSite, type Site } from '../support/site.ts';

const diagnoses = compileSchema<Diagnosis>('doctor');

interface Doctored {
  readonly result: CliResult;
  readonly production: RegistryDiagnosis;
  readonly staging: RegistryDiagnosis;
}

async function runDoctor(
  site: Site,
  env: Readonly<Record<string, string>> = {},
): Promise<Doctored> {
  const result = await site.olmirror(['doctor', '--format', 'json'], { env });
  const [production, staging] = parseChecked(diagnoses, result.stdout).registries;
  assert.ok(production !== undefined && staging !== undefined);
  return { result, production, staging };
}

function statesOf({ findings }: RegistryDiagnosis): Readonly<Record<string, string>> {
  return Object.fromEntries(findings.map(({ check, state }) => [check, state]));
}

const HEALTHY = {
  tls: 'warning',
  api: 'ok',
  login: 'warning',
  head: 'ok',
  'content-digest': 'ok',
  'by-digest': 'ok',
  absent: 'ok',
  tags: 'ok',
  'tag-paging': 'unknown',
  referrers: 'ok',
  catalog: 'ok',
  'write-policy': 'unknown',
  delete: 'unknown',
};

// Seen to fail: with the comparison of `judgeTruth` turned into `ok`, and with a POST in `probe`.
test('doctor on docker-registry: all is told, only HEAD and GET are sent, one tag cannot show paging', async (t) => {
  const site = await createProxiedSite(t);
  await deliver(site);
  const { result, production, staging } = await runDoctor(site);
  assert.deepEqual([result.code, result.stderr], [0, '']);
  assert.deepEqual(statesOf(production), HEALTHY);
  assert.deepEqual(statesOf(staging), { ...HEALTHY, 'write-policy': 'ok' });
  assert.equal(production.product?.name, 'distribution');
  const methods = new Set(site.productionProxy.requests.map(({ method }) => method));
  assert.deepEqual([...methods].toSorted(), ['GET', 'HEAD']);
  assert.ok(production.requests >= site.productionProxy.requests.length);
  await pushImage(site.production.host, {
    repository: 'olm/idx',
    tags: ['other'],
    files: { a: '1' },
  });
  assert.equal(statesOf((await runDoctor(site)).production)['tag-paging'], 'ok');
  const text = await site.olmirror(['doctor']);
  assert.match(text.stdout, /^This machine\n {2}ok {7}skopeo {10}skopeo 1\./);
  assert.match(text.stdout, /\n {2}unknown {2}delete .*cannot be seen by HEAD and GET\.\n/);
  assert.match(text.stdout, /\n0 problem, \d+ warning, \d+ unknown, \d+ ok\.\n$/);
});

test('doctor says so where nothing is there to look at', async (t) => {
  const site = await createSite(t);
  const { result, production } = await runDoctor(site);
  const { sample, head } = statesOf(production);
  assert.deepEqual([result.code, sample, head], [0, 'unknown', undefined]);
});

// Seen to fail: with `given === digest` of `judgeHeadDigest` always true.
test('doctor finds a registry that lies about digests, by its header and by its bytes', async (t) => {
  const lie = { kind: 'digest', digest: `sha256:${'a'.repeat(64)}` } as const;
  const site = await createProxiedSite(t, {
    production: ({ url }) => (url.endsWith('/manifests/v1') ? lie : null),
    staging: ({ url, method }) =>
      method === 'GET' && url.endsWith('/manifests/v1')
        ? { kind: 'replace-body', body: '{"schemaVersion":2}' }
        : null,
  });
  await deliver(site);
  const { result, production, staging } = await runDoctor(site);
  assert.equal(result.code, 1);
  const { head, 'content-digest': content } = statesOf(production);
  assert.deepEqual([head, content], ['problem', 'problem']);
  const changed = statesOf(staging);
  assert.deepEqual(
    [changed['head'], changed['content-digest'], changed['by-digest']],
    ['problem', 'problem', 'problem'],
  );
});

test('doctor ends in clear text where a registry refuses or hangs', async (t) => {
  const site = await createProxiedSite(t, { production: () => ({ kind: 'hang' }) });
  const port = site.staging.port;
  await site.staging.stop();
  await site.writeManifest({ production: site.productionProxy.host, staging: `127.0.0.1:${port}` });
  const { result, production, staging } = await runDoctor(site, {
    OLMIRROR_REGISTRY_TIMEOUT_MS: '500',
  });
  assert.equal(result.code, 1);
  assert.match(production.findings.at(-1)?.message ?? '', /did not answer in time/);
  assert.match(staging.findings.at(-1)?.message ?? '', /connection refused/);
  assert.deepEqual(statesOf(staging), { tls: 'warning', api: 'problem' });
});

test('doctor recognises Nexus by its Server header, and says what to set there', async (t) => {
  const server = 'Nexus/3.90.2-06 (COMMUNITY)';
  const site = await createProxiedSite(t, {
    production: ({ url }) =>
      url.startsWith('/v2/_catalog')
        ? { kind: 'status', status: 401, headers: { server }, body: '{"errors":[]}' }
        : { kind: 'headers', headers: { server, 'docker-distribution-api-version': null } },
  });
  await deliver(site);
  const { result, production } = await runDoctor(site);
  assert.deepEqual([result.code, production.product?.name], [0, 'Nexus']);
  assert.equal(production.product?.version, '3.90.2-06 (COMMUNITY)');
  assert.ok(production.advice.some((line) => line.includes('requestsPerDay')));
  const { stdout } = await site.olmirror(['doctor']);
  assert.match(stdout, /: Nexus 3\.90\.2-06 \(COMMUNITY\), by Server: Nexus/);
  assert.match(stdout, /_catalog answers 401/);
});

test('doctor with TLS and a login: taken, refused, and none', async (t) => {
  const site = await createSite(t);
  const place = await lock(t, site);
  const login = join(site.folder, 'auth.json');
  const states: unknown[] = [];
  for (const password of [DEMO_PASSWORD, 'wrong-secret', null]) {
    const auth = Buffer.from(`${DEMO_USER}:${password}`).toString('base64');
    const auths = password === null ? {} : { [place]: { auth } };
    await writeFile(login, JSON.stringify({ auths }));
    const { result, production } = await runDoctor(site, { REGISTRY_AUTH_FILE: login });
    const { tls, login: state } = statesOf(production);
    states.push([result.code, tls, state]);
    assert.doesNotMatch(result.stdout + result.stderr, /secret/);
  }
  assert.deepEqual(states, [
    [0, 'ok', 'ok'],
    [1, 'ok', 'problem'],
    [1, 'ok', 'problem'],
  ]);
});

/** Puts a registry with TLS and a login in the place of production. */
async function lock(t: TestContext, site: Site): Promise<string> {
  const folder = join(site.folder, 'locked');
  const tls = makeCertificate({ folder, name: 'IP:127.0.0.1' });
  const registry = await startRegistry({
    folder,
    tls,
    htpasswd: { user: DEMO_USER, password: DEMO_PASSWORD },
  });
  t.after(() => registry.stop());
  const text = [
    'apiVersion: olmirror/v1alpha1',
    'kind: Mirror',
    'metadata: { name: test }',
    'spec:',
    '  registries:',
    `    production: { host: "${registry.host}", caFile: "${tls.certFile}" }`,
    `    staging: { host: "${site.staging.host}", insecure: true }`,
    '  catalogs: []',
    '',
  ].join('\n');
  await writeFile(join(site.state, 'mirror.yaml'), text);
  return registry.host;
}
