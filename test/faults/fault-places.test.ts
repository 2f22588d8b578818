import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Fault, type ProxiedRequest, startFaultProxy } from '../../scripts/lib/fault-proxy.ts';
import { makeCertificate } from '../../scripts/lib/make-certificate.ts';
import { DEMO_PASSWORD, DEMO_USER, startRegistry } from '../../scripts/lib/start-registry.ts';
import { createFaultSite, type FaultSite } from '../support/fault-site.ts';
import { type CliResult, readServed } from '../support/site.ts';

const OLD = ['a.v1.0.0', 'b.v1.0.0'];
const NEW = ['a.v1.0.0', 'a.v1.1.0', 'b.v1.0.0'];

type Role = 'production' | 'staging';

/** Names another host for a role in mirror.yaml, with other fields of that registry. */
async function nameHost(
  site: FaultSite,
  role: Role,
  { host, fields }: { readonly host: string; readonly fields: string },
): Promise<void> {
  const file = join(site.state, 'mirror.yaml');
  const line = new RegExp(`^    ${role}: .*$`, 'm');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(line, `    ${role}: { host: "${host}"${fields} }`));
  await site.commit(`${role} at ${host}`);
}

async function assertUntouched(
  site: FaultSite,
  apply: CliResult,
  expected: { readonly says: RegExp; readonly hint: RegExp },
): Promise<void> {
  assert.equal(apply.code, 1, apply.stdout + apply.stderr);
  assert.match(apply.stdout, expected.says);
  assert.match(apply.stdout, expected.hint);
  assert.match(apply.stdout, /copied 0 /);
  assert.deepEqual(await readServed(site.open(site.production)), OLD);
}

async function assertDone(site: FaultSite, apply: CliResult): Promise<void> {
  assert.equal(apply.code, 0, apply.stdout + apply.stderr);
  assert.deepEqual(await readServed(site.open(site.production)), NEW);
}

test('a registry that nobody listens for, whose name is unknown, or whose certificate is expired or of another name leaves all unknown', async (t) => {
  const site = await createFaultSite(t);
  const before = await site.readTags();
  const places: readonly (readonly [string, string, RegExp, RegExp])[] = [
    ['127.0.0.1:1', ', insecure: true', /nothing listens there/, /Check host and port/],
    ['nobody.invalid:5000', '', /\(DNS\)/, /Check host and port/],
    await startTls(t, site, { name: 'IP:127.0.0.1', expired: true, says: /expired/ }),
    await startTls(t, site, {
      name: 'DNS:other.example.com',
      expired: false,
      says: /127\.0\.0\.1/,
    }),
  ];
  for (const role of ['production', 'staging'] as const) {
    for (const [host, fields, says, hint] of places) {
      await nameHost(site, role, { host, fields });
      await assertUntouched(site, await site.hurry(['apply']), { says, hint });
      assert.deepEqual(await site.readTags(), before);
    }
    await nameHost(site, role, { host: site[role].host, fields: ', insecure: true' });
  }
  await assertDone(site, await site.hurry(['apply']));
});

async function startTls(
  t: TestContext,
  site: FaultSite,
  tls: { readonly name: string; readonly expired: boolean; readonly says: RegExp },
): Promise<readonly [string, string, RegExp, RegExp]> {
  const folder = join(site.folder, `tls-${tls.expired}`);
  const files = makeCertificate({ folder, name: tls.name, expired: tls.expired });
  const registry = await startRegistry({ folder, tls: files });
  t.after(() => registry.stop());
  return [registry.host, `, caFile: "${files.certFile}"`, tls.says, /caFile|certificate/];
}

// Seen to fail: with the Authorization header kept in followRedirects, the other host got the login.
test('a staging that redirects blobs to another host is followed by us and by skopeo, and that host gets no login', async (t) => {
  const site = await createFaultSite(t);
  const folder = join(site.folder, 'locked');
  await cp(join(site.folder, 'staging/storage'), join(folder, 'storage'), { recursive: true });
  const login = { user: DEMO_USER, password: DEMO_PASSWORD };
  const locked = await startRegistry({ folder, htpasswd: login });
  const store = await startFaultProxy({ target: site.staging.host, rules: () => null });
  const front = await startFaultProxy({
    target: locked.host,
    rules: ({ method, url, headers }) =>
      method === 'GET' && url.includes('/blobs/') && headers.authorization !== undefined
        ? {
            kind: 'status',
            status: 307,
            headers: { location: `http://${store.host}${url}?X-Signature=abc` },
          }
        : null,
  });
  t.after(() => Promise.all([locked.stop(), store.stop(), front.stop()]));
  const auth = Buffer.from(`${DEMO_USER}:${DEMO_PASSWORD}`).toString('base64');
  const authFile = join(site.folder, 'auth.json');
  await writeFile(authFile, JSON.stringify({ auths: { [front.host]: { auth } } }));
  await nameHost(site, 'staging', {
    host: front.host,
    fields: `, insecure: true, authFile: "${authFile}"`,
  });
  assert.equal((await site.hurry(['merge'])).code, 0, 'our own client reads layers there');
  const ours = store.requests.length;
  await assertDone(site, await site.hurry(['apply']));
  assert.ok(ours > 0 && store.requests.length > ours, 'both were sent to the other host');
  assert.deepEqual(
    store.requests.filter(({ headers }) => headers.authorization !== undefined),
    [],
  );
});

/** Bearer tokens in front of a registry that asks for none. */
function createTokenRules(options: {
  readonly site: FaultSite;
  /** How many requests a token is good for. */
  readonly uses: (request: ProxiedRequest) => number;
  readonly issuedAt?: string;
}): (request: ProxiedRequest) => Fault | null {
  const left = new Map<string, number>();
  let made = 0;
  return (request) => {
    if (request.url.startsWith('/token')) {
      made += 1;
      const token = `token-${made}`;
      left.set(token, options.uses(request));
      const body = { token, expires_in: 300, issued_at: options.issuedAt };
      return { kind: 'status', status: 200, body: JSON.stringify(body) };
    }
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const uses = left.get(token) ?? 0;
    left.set(token, uses - 1);
    if (uses > 0) return null;
    const realm = `Bearer realm="http://${options.site.productionProxy.host}/token",service="test"`;
    return { kind: 'status', status: 401, headers: { 'www-authenticate': realm } };
  };
}

function isSkopeo({ headers }: ProxiedRequest): boolean {
  return (headers['user-agent'] ?? '').startsWith('skopeo/');
}

test('a token of ours that is refused long before its time is replaced, and the pass goes on', async (t) => {
  const site = await createFaultSite(t);
  const tokens = createTokenRules({ site, uses: (request) => (isSkopeo(request) ? 1000 : 2) });
  site.spoil({ production: tokens });
  await assertDone(site, await site.hurry(['apply']));
});

test('a token of skopeo that is refused in the middle of a copy fails that copy, says so, and the next apply goes on', async (t) => {
  const site = await createFaultSite(t);
  const tokens = createTokenRules({ site, uses: (request) => (isSkopeo(request) ? 3 : 1000) });
  site.spoil({ production: tokens });
  const apply = await site.hurry(['apply']);
  await assertUntouched(site, apply, {
    says: /failed at the destination.*unauthorized/,
    hint: /Log in/,
  });
  site.spoil({});
  await assertDone(site, await site.hurry(['apply']));
});

for (const [name, when] of [
  ['years behind', '2020-01-01T00:00:00Z'],
  ['years ahead', '2040-01-01T00:00:00Z'],
] as const) {
  // Seen to fail ahead: with dates of Retry-After held against our own clock, the wait was of years.
  test(`a registry whose clock is ${name} is served as any other: tokens and waits count from when they came`, async (t) => {
    const site = await createFaultSite(t);
    const tokens = createTokenRules({ site, uses: () => 1000, issuedAt: when });
    const date = new Date(when).toUTCString();
    const later = new Date(Date.parse(when) + 1000).toUTCString();
    const headers = { date, 'retry-after': later };
    let refused = 0;
    site.spoil({
      production(request) {
        const fault = tokens(request);
        if (fault !== null) return fault;
        const isFirst = !isSkopeo(request) && request.url.includes('/manifests/') && refused === 0;
        refused += Number(isFirst);
        return isFirst
          ? { kind: 'status', status: 429, headers }
          : { kind: 'headers', headers: { date } };
      },
    });
    await assertDone(site, await site.hurry(['apply']));
    assert.equal(refused, 1);
  });
}
