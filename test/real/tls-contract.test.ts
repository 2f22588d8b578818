import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { makeCertificate } from '../../scripts/lib/make-certificate.ts';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { startRegistry } from '../../scripts/lib/start-registry.ts';
import { parseDigest } from '../../src/base/digest.ts';
import { systemClock } from '../../src/cli/system-clock.ts';
import { createHttpRegistry } from '../../src/registry/http-registry.ts';
import { askOurs, askSkopeo, type Home, makeHome, type Question } from '../support/ask-both.ts';
import { startLoginServer } from '../support/login-server.ts';
import { openSkopeo } from '../support/open-skopeo.ts';

// Seen to fail: with the last client certificate in place of the first, the case of two; with a lone key passed over,
// its cases; with Node's roots in place of Go's, SSL_CERT_FILE; with caFile alone in the folder that skopeo is given,
// the copies.

const folder = mkdtempSync(join(tmpdir(), 'olmirror-tls-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function make(name: string, alternative: string, expired = false): Pair {
  const options = { folder: join(folder, name), name: alternative, commonName: name };
  const made = makeCertificate({ ...options, expired });
  const [cert, key] = [readFileSync(made.certFile, 'utf8'), readFileSync(made.keyFile, 'utf8')];
  return { ...made, cert, key };
}

interface Pair {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

const SERVER = make('server', 'IP:127.0.0.1');
const OTHER = make('other', 'IP:127.0.0.1');
const NAMED = make('named', 'DNS:registry.example');
const EXPIRED = make('expired', 'IP:127.0.0.1', true);
const CLIENT = make('client', 'DNS:client');
const STRANGER = make('stranger', 'DNS:stranger');

interface Case {
  readonly name: string;
  /** Files in the home; `CERTS` stands for `certs.d/<host>` there. */
  readonly files?: Readonly<Record<string, string>>;
  /** Files of the machine's own: below `/etc`, `HOST` stands for the registry's. Only root may write them. */
  readonly machine?: Readonly<Record<string, string>>;
  /** Links in the home, and where they lead. */
  readonly links?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly server?: Pair;
  readonly wantsClient?: boolean;
  readonly insecure?: boolean;
  readonly works: boolean;
}

const CA = { 'CERTS/ca.crt': SERVER.cert };
const SHOWN = { 'CERTS/client.cert': CLIENT.cert, 'CERTS/client.key': CLIENT.key };

const CASES: readonly Case[] = [
  { name: 'an unknown authority', works: false },
  { name: 'an unknown authority, insecure', insecure: true, works: true },
  { name: 'ca.crt', files: CA, works: true },
  { name: 'another name that ends with .crt', files: { 'CERTS/x.crt': SERVER.cert }, works: true },
  { name: 'ca.pem', files: { 'CERTS/ca.pem': SERVER.cert }, works: false },
  { name: 'the authority of another', files: { 'CERTS/ca.crt': OTHER.cert }, works: false },
  {
    name: 'two in one file',
    files: { 'CERTS/ca.crt': `# mine\n${OTHER.cert}${SERVER.cert}` },
    works: true,
  },
  { name: 'no certificate in ca.crt', files: { 'CERTS/ca.crt': 'none' }, works: false },
  {
    name: 'no certificate in one, and the right one in another',
    files: { 'CERTS/a.crt': 'none', ...CA },
    works: true,
  },
  {
    name: 'a link that leads nowhere, and the right one',
    files: CA,
    links: { 'CERTS/a.crt': '/nowhere' },
    works: true,
  },
  {
    name: 'the host without its port',
    files: { '.config/containers/certs.d/127.0.0.1/ca.crt': SERVER.cert },
    works: false,
  },
  {
    name: "the machine's folder",
    machine: { 'containers/certs.d/HOST/ca.crt': SERVER.cert },
    works: true,
  },
  {
    name: "the machine's folder, and another authority in Docker's",
    machine: {
      'containers/certs.d/HOST/ca.crt': SERVER.cert,
      'docker/certs.d/HOST/ca.crt': OTHER.cert,
    },
    works: true,
  },
  {
    name: "another authority in the machine's folder, and the right one in Docker's",
    machine: {
      'containers/certs.d/HOST/ca.crt': OTHER.cert,
      'docker/certs.d/HOST/ca.crt': SERVER.cert,
    },
    works: false,
  },
  {
    name: "another authority in the user's folder, and the right one in the machine's",
    files: { 'CERTS/ca.crt': OTHER.cert },
    machine: { 'containers/certs.d/HOST/ca.crt': SERVER.cert },
    works: false,
  },
  { name: 'a file in place of the folder', files: { CERTS: 'x' }, works: false },
  {
    name: 'a file in place of the folder, insecure',
    files: { CERTS: 'x' },
    insecure: true,
    works: false,
  },
  {
    name: 'SSL_CERT_FILE',
    files: { 'own.pem': SERVER.cert },
    environment: { SSL_CERT_FILE: 'HOME/own.pem' },
    works: true,
  },
  {
    name: 'SSL_CERT_DIR',
    files: { 'x/own.pem': SERVER.cert },
    environment: { SSL_CERT_DIR: '/nowhere:HOME/x' },
    works: true,
  },
  {
    name: 'a certificate of another name',
    server: NAMED,
    files: { 'CERTS/ca.crt': NAMED.cert },
    works: false,
  },
  {
    name: 'a certificate that has expired',
    server: EXPIRED,
    files: { 'CERTS/ca.crt': EXPIRED.cert },
    works: false,
  },
  { name: 'no client certificate', files: CA, wantsClient: true, works: false },
  { name: 'a client certificate', files: { ...CA, ...SHOWN }, wantsClient: true, works: true },
  {
    name: 'a client certificate, insecure',
    files: SHOWN,
    wantsClient: true,
    insecure: true,
    works: true,
  },
  {
    name: 'a client certificate of a stranger',
    files: { ...CA, 'CERTS/c.cert': STRANGER.cert, 'CERTS/c.key': STRANGER.key },
    wantsClient: true,
    works: false,
  },
  {
    name: 'two client certificates, the first the right one',
    files: { ...CA, ...SHOWN, 'CERTS/d.cert': STRANGER.cert, 'CERTS/d.key': STRANGER.key },
    wantsClient: true,
    works: true,
  },
  {
    name: 'a certificate without a key',
    files: { ...CA, 'CERTS/c.cert': CLIENT.cert },
    works: false,
  },
  {
    name: 'a key without a certificate',
    files: { ...CA, 'CERTS/c.key': CLIENT.key },
    works: false,
  },
  {
    name: 'a key without a certificate, insecure',
    files: { 'CERTS/c.key': CLIENT.key },
    insecure: true,
    works: false,
  },
  {
    name: 'the key of another',
    files: { ...CA, 'CERTS/c.cert': CLIENT.cert, 'CERTS/c.key': STRANGER.key },
    works: false,
  },
  {
    name: 'no certificate in .cert',
    files: { ...CA, 'CERTS/c.cert': 'x', 'CERTS/c.key': CLIENT.key },
    works: false,
  },
];

function resolvePlace(path: string, host: string): string {
  return path.replace('CERTS', `.config/containers/certs.d/${host}`);
}

async function fill(home: Home, host: string, item: Case): Promise<void> {
  for (const [path, content] of Object.entries(item.files ?? {}))
    await home.write(resolvePlace(path, host), content);
  for (const [path, target] of Object.entries(item.links ?? {})) {
    const link = join(home.folder, resolvePlace(path, host));
    await mkdir(dirname(link), { recursive: true });
    await symlink(target, link);
  }
}

function makeEnvironment(home: Home, more: Case['environment'] = {}): Record<string, string> {
  const own = Object.entries(more).map(([name, value]) => [
    name,
    value.replace('HOME', home.folder),
  ]);
  const place = { HOME: home.folder, XDG_RUNTIME_DIR: home.folder };
  const fixed = { PATH: process.env['PATH'] ?? '', ...place };
  return { ...fixed, ...Object.fromEntries(own) };
}

/** The folders have a random port in their name, so they are nobody else's. */
async function fillMachine(t: TestContext, host: string, files: Case['machine']): Promise<void> {
  for (const [path, content] of Object.entries(files ?? {})) {
    const file = join('/etc', path.replace('HOST', host));
    t.after(() => rm(dirname(file), { recursive: true }));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

const IS_ROOT = process.getuid?.() === 0;

// Seen to fail: with the machine's folders asked in the other order, the cases of both.
for (const item of CASES) {
  test(`skopeo and olmirror trust and show the same: ${item.name}`, {
    skip: item.machine !== undefined && !IS_ROOT && 'only root may write below /etc',
  }, async (t) => {
    const { cert, key } = item.server ?? SERVER;
    const client = { requestCert: true, rejectUnauthorized: true, ca: CLIENT.cert };
    const tls = { cert, key, ...(item.wantsClient && client) };
    const server = await startLoginServer({ challenges: () => [], tls });
    t.after(() => server.stop());
    const home = await makeHome(t);
    await fill(home, server.host, item);
    await fillMachine(t, server.host, item.machine);
    const question: Question = {
      host: server.host,
      repository: 'team/app',
      insecure: item.insecure ?? false,
      environment: makeEnvironment(home, item.environment),
    };
    const [skopeo, olmirror] = [await askSkopeo(question), await askOurs(question)];
    const works = { skopeo: skopeo === null, olmirror: olmirror === null };
    assert.deepEqual(works, { skopeo: item.works, olmirror: item.works }, `${skopeo}${olmirror}`);
  });
}

interface CopyCase {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly caFile: boolean;
  readonly insecure?: boolean;
  readonly works: boolean;
}

// A registry that wants a certificate of its clients.
const COPIES: readonly CopyCase[] = [
  { name: 'caFile alone', files: {}, caFile: true, works: false },
  { name: 'certs.d alone', files: { ...CA, ...SHOWN }, caFile: false, works: true },
  {
    name: 'caFile, and the client certificate in certs.d',
    files: SHOWN,
    caFile: true,
    works: true,
  },
  {
    name: 'caFile, and another authority in certs.d',
    files: { ...SHOWN, 'CERTS/ca.crt': OTHER.cert },
    caFile: true,
    works: true,
  },
  { name: 'the client certificate alone', files: SHOWN, caFile: false, works: false },
  { name: 'insecure', files: SHOWN, caFile: false, insecure: true, works: true },
];

test('skopeo copies to a registry with client certificates where our client reads, and nowhere else', async (t) => {
  const home = await makeHome(t);
  const staging = await startRegistry({ folder: join(home.folder, 'staging') });
  const tls = { ...SERVER, clientCaFile: CLIENT.certFile };
  const production = await startRegistry({ folder: join(home.folder, 'production'), tls });
  t.after(() => Promise.all([staging.stop(), production.stop()]));
  for (const [i, item] of COPIES.entries()) {
    await t.test(item.name, async (part) => {
      const own = await makeHome(part);
      await fill(own, production.host, item);
      const repository = `team/app-${i}`;
      const { digest } = await pushImage(staging.host, { repository, files: { name: item.name } });
      const target = { host: production.host, insecure: item.insecure ?? false };
      const access = { ...target, caFile: item.caFile ? SERVER.certFile : null, authFile: null };
      const environment = makeEnvironment(own);
      const place = { repository, reference: parseDigest(digest) };
      const copied = openSkopeo({ environment, stateFolder: own.folder }).copy({
        source: { host: staging.host, ...place },
        sourceAccess: { insecure: true, caFile: null, authFile: null },
        destination: { host: production.host, ...place },
        destinationAccess: access,
        multiArch: 'all',
        sharesLayers: false,
        isSmall: false,
      });
      const skopeo = await copied.then(
        () => 'copied',
        () => 'failed',
      );
      const client = createHttpRegistry({ ...access, environment, retries: 0, clock: systemClock });
      part.after(() => client.close());
      const { state } = await client.headManifest(repository, digest);
      const expected = item.works ? ['copied', 'present'] : ['failed', 'unknown'];
      assert.deepEqual([skopeo, state], expected);
    });
  }
});
