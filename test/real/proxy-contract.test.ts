import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { makeCertificate } from '../../scripts/lib/make-certificate.ts';
import { askOurs, askSkopeo, makeHome, type Question } from '../support/ask-both.ts';
import { type ConnectProxyOptions, startConnectProxy } from '../support/connect-proxy.ts';
import { startLoginServer } from '../support/login-server.ts';

// Seen to fail: with every request sent directly, and with plain HTTP sent through a tunnel too. `registry.invalid`
// has no address, so who does not go through the proxy fails.

const folder = mkdtempSync(join(tmpdir(), 'olmirror-proxy-'));
const { certFile, keyFile } = makeCertificate({
  folder,
  name: 'DNS:registry.invalid,IP:127.0.0.1',
});
const TLS = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
after(() => rmSync(folder, { recursive: true, force: true }));

interface Case {
  readonly name: string;
  /** `P` stands for `host:port` of the proxy. */
  readonly environment: Readonly<Record<string, string>>;
  /** The registry speaks plain HTTP and is insecure. */
  readonly plain?: boolean;
  readonly proxy?: Omit<ConnectProxyOptions, 'target'>;
  /** What the proxy sees, repeated requests once. */
  readonly expected: readonly string[];
  readonly works: boolean;
}

const HOST = 'registry.invalid:5000';
const TUNNEL = `CONNECT ${HOST}`;
const PLAIN = [TUNNEL, `GET http://${HOST}/v2/`, `GET http://${HOST}/v2/team/app/manifests/v1`];
const BOTH = { HTTPS_PROXY: 'http://P', HTTP_PROXY: 'http://P' };

function tunnelled(name: string, environment: Readonly<Record<string, string>>): Case {
  return { name, environment, expected: [TUNNEL], works: true };
}

function direct(name: string, environment: Readonly<Record<string, string>>): Case {
  return { name, environment, expected: [], works: false };
}

const CASES: readonly Case[] = [
  tunnelled('HTTPS_PROXY', { HTTPS_PROXY: 'http://P' }),
  tunnelled('https_proxy', { https_proxy: 'http://P' }),
  tunnelled('a proxy without a scheme', { HTTPS_PROXY: 'P' }),
  tunnelled('upper case first', { HTTPS_PROXY: 'http://P', https_proxy: 'http://127.0.0.1:9' }),
  tunnelled('NO_PROXY of another port', { ...BOTH, NO_PROXY: 'registry.invalid:5001' }),
  tunnelled('NO_PROXY of others', {
    ...BOTH,
    NO_PROXY: '10.0.0.0/8,other.invalid,.registry.invalid',
  }),
  direct('HTTP_PROXY for TLS', { HTTP_PROXY: 'http://P' }),
  direct('ALL_PROXY', { ALL_PROXY: 'http://P', all_proxy: 'http://P' }),
  direct('NO_PROXY of the host', { ...BOTH, NO_PROXY: 'registry.invalid' }),
  direct('no_proxy of its domain', { ...BOTH, no_proxy: '.invalid' }),
  direct('NO_PROXY of host and port', { ...BOTH, NO_PROXY: 'x, registry.invalid:5000' }),
  direct('NO_PROXY of all', { ...BOTH, NO_PROXY: '*' }),
  {
    name: 'a login in the URL of the proxy',
    environment: { HTTPS_PROXY: 'http://me:p%40ss%3Aword@P' },
    expected: [`${TUNNEL} me:p@ss:word`],
    works: true,
  },
  {
    name: 'a user alone there',
    environment: { HTTPS_PROXY: 'http://me@P' },
    expected: [`${TUNNEL} me:`],
    works: true,
  },
  { name: 'plain HTTP', environment: BOTH, plain: true, expected: PLAIN, works: true },
  {
    name: 'plain HTTP with a login',
    environment: { HTTP_PROXY: 'http://me:pw@P', HTTPS_PROXY: 'http://P' },
    plain: true,
    expected: [TUNNEL, ...PLAIN.slice(1).map((line) => `${line} me:pw`)],
    works: true,
  },
  {
    name: 'a proxy that wants a login',
    environment: BOTH,
    proxy: { refuses: 407 },
    expected: [TUNNEL],
    works: false,
  },
  {
    name: 'a proxy that wants a login for plain HTTP',
    environment: BOTH,
    plain: true,
    proxy: { refuses: 407 },
    expected: PLAIN.slice(0, 2),
    works: false,
  },
  {
    name: 'a proxy that forbids it',
    environment: BOTH,
    proxy: { refuses: 403 },
    expected: [TUNNEL],
    works: false,
  },
  {
    name: 'a proxy that speaks TLS',
    environment: { HTTPS_PROXY: 'https://P' },
    proxy: { tls: TLS },
    expected: [TUNNEL],
    works: true,
  },
];

for (const item of CASES) {
  test(`skopeo and olmirror go through the same proxy: ${item.name}`, async (t) => {
    const { question, proxy } = await prepare(t, item);
    const seen: Record<string, unknown> = {};
    for (const [name, ask] of Object.entries({ skopeo: askSkopeo, olmirror: askOurs })) {
      proxy.forget();
      const works = (await ask(question)) === null;
      // skopeo asks for the old API too where the new one does not answer.
      const requests = proxy.seen.filter((line) => !line.includes('/v1/'));
      seen[name] = { works, requests: [...new Set(requests)] };
    }
    const expected = { works: item.works, requests: item.expected };
    assert.deepEqual(seen, { skopeo: expected, olmirror: expected });
  });
}

test('this machine is asked directly, whatever the proxies', async (t) => {
  const server = await startLoginServer({ challenges: () => [] });
  t.after(() => server.stop());
  const environment = { PATH: process.env['PATH'] ?? '', HOME: folder };
  const proxies = { HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' };
  for (const host of [server.host, server.host.replace('127.0.0.1', 'localhost')]) {
    const question = { host, repository: 'team/app', insecure: true };
    const asked = { ...question, environment: { ...environment, ...proxies } };
    assert.deepEqual([await askSkopeo(asked), await askOurs(asked)], [null, null], host);
  }
});

test('docker.io is asked at the same address', async (t) => {
  const proxy = await startConnectProxy({ target: '127.0.0.1:9', refuses: 403 });
  t.after(() => proxy.stop());
  const environment = { PATH: process.env['PATH'] ?? '', HOME: folder, HTTPS_PROXY: proxy.host };
  for (const ask of [askSkopeo, askOurs]) {
    proxy.forget();
    await ask({ host: 'docker.io', repository: 'library/x', insecure: false, environment });
    assert.deepEqual([...new Set(proxy.seen)], ['CONNECT registry-1.docker.io:443'], ask.name);
  }
});

const FAULTS: readonly (readonly [string, Partial<Case>, RegExp])[] = [
  [
    'wants a login',
    { proxy: { refuses: 407 } },
    /wants another user name and password, or any \(407\)/,
  ],
  ['wants a login for plain HTTP', { plain: true, proxy: { refuses: 407 } }, /or any \(407\)/],
  [
    'forbids',
    { proxy: { refuses: 403 } },
    /does not let through to registry\.invalid:5000: it answered 403/,
  ],
  ['is not there', { environment: { HTTPS_PROXY: 'http://127.0.0.1:9' } }, /nothing listens there/],
  ['does not answer', { proxy: { hangs: true } }, /no answer came in time/],
  ['is a SOCKS proxy', { environment: { HTTPS_PROXY: 'socks5://127.0.0.1:9' } }, /SOCKS proxy/],
];
for (const [name, item, message] of FAULTS) {
  test(`the error names a proxy that ${name}, and not its password`, async (t) => {
    const { question, proxy } = await prepare(t, {
      name,
      environment: { HTTPS_PROXY: 'http://me:s3cret@P', HTTP_PROXY: 'http://me:s3cret@P' },
      expected: [],
      works: false,
      ...item,
    });
    const failure = (await askOurs({ ...question, timeoutMilliseconds: 1000 })) ?? '';
    assert.match(failure, message);
    const { HTTPS_PROXY = '' } = question.environment;
    assert.ok(failure.includes(HTTPS_PROXY.replace(/^.*[/@]/, '')), `${proxy.host}: ${failure}`);
    assert.doesNotMatch(failure, /s3cret|bWU6czNjcmV0/);
  });
}

interface Prepared {
  readonly question: Question;
  readonly proxy: Awaited<ReturnType<typeof startConnectProxy>>;
}

async function prepare(t: TestContext, item: Case): Promise<Prepared> {
  const plain = item.plain ?? false;
  const server = await startLoginServer({ challenges: () => [], ...(!plain && { tls: TLS }) });
  const proxy = await startConnectProxy({ target: server.host, ...item.proxy });
  t.after(() => Promise.all([server.stop(), proxy.stop()]));
  const home = await makeHome(t);
  const ca = `.config/containers/certs.d/${HOST}/ca.crt`;
  await home.write(ca, TLS.cert.toString());
  const proxies = Object.entries(item.environment).map(([name, value]) => [
    name,
    value.replace(/P$/, proxy.host),
  ]);
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: home.folder,
    XDG_RUNTIME_DIR: home.folder,
    ...Object.fromEntries(proxies),
  };
  return { question: { host: HOST, repository: 'team/app', insecure: plain, environment }, proxy };
}
