import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../../src/base/digest.ts';
import type { ProbeAnswer } from '../../src/base/probe.ts';
import type { RegistryEntry } from '../../src/manifest/types.ts';
import type { RegistryProbes, SampleProbes } from '../../src/plan/doctor-types.ts';
import { judgeRegistry } from '../../src/plan/judge-registry.ts';
import { adviseOn, recognizeProduct } from '../../src/plan/recognize-product.ts';

const MANIFEST = '{"schemaVersion":2}';
const DIGEST = digestOf(MANIFEST);
const OTHER = digestOf('other');
const LOST: ProbeAnswer = {
  state: 'unknown',
  code: 'REGISTRY_TIMEOUT',
  message: 'It did not answer in time.',
  hint: 'Wait.',
  retryAfterSeconds: null,
};
const ENTRY: RegistryEntry = {
  host: 'registry.example:5000',
  pathPrefix: '',
  aliases: [],
  insecure: false,
  caFile: null,
  authFile: null,
  writePolicy: 'unknown',
  requestsPerDay: null,
};

function answer(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: string | object = '',
): ProbeAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const common = { state: 'answered', loggedIn: true, challenges: [] } as const;
  return { ...common, status, headers, body: Buffer.from(text) };
}

function challenged(status: number, parameters: Readonly<Record<string, string>>): ProbeAnswer {
  const ping = answer(status);
  assert.ok(ping.state === 'answered');
  return { ...ping, challenges: [{ scheme: 'bearer', parameters }] };
}

const NAMED = { 'docker-content-digest': DIGEST };
const SAMPLE: SampleProbes = {
  name: 'olm/idx:v1',
  head: answer(200, NAMED),
  get: answer(200, NAMED, MANIFEST),
  byDigest: answer(200, NAMED),
  absent: answer(404),
  referrers: answer(200, {}, { manifests: [] }),
  tags: answer(200, {}, { tags: ['a', 'b'] }),
  firstTag: answer(
    200,
    { link: '</v2/olm/idx/tags/list?last=a&n=1>; rel="next"' },
    { tags: ['a'] },
  ),
};
const PROBES: RegistryProbes = {
  ping: answer(200, { 'docker-distribution-api-version': 'registry/2.0' }),
  sample: SAMPLE,
  catalog: answer(200, {}, { repositories: [] }),
  extensions: null,
};

function judge(
  probes: RegistryProbes,
  entry: Partial<RegistryEntry> = {},
): Readonly<Record<string, string>> {
  const context = { role: 'production', entry: { ...ENTRY, ...entry }, hasLogin: true } as const;
  return Object.fromEntries(
    judgeRegistry(probes, context).map(({ check, state }) => [check, state]),
  );
}

const HEALTHY = {
  tls: 'ok',
  api: 'ok',
  login: 'ok',
  head: 'ok',
  'content-digest': 'ok',
  'by-digest': 'ok',
  absent: 'ok',
  tags: 'ok',
  'tag-paging': 'ok',
  referrers: 'ok',
  catalog: 'ok',
  'write-policy': 'unknown',
  delete: 'unknown',
};

test('judgeRegistry: a healthy registry leaves open only what no reader can see', () => {
  assert.deepEqual(judge(PROBES), HEALTHY);
});

// Seen to fail: with `judgeAbsent` calling 200 a warning, and `readList` taking any status.
const odd: readonly (readonly [string, Partial<SampleProbes>, Readonly<Record<string, string>>])[] =
  [
    ['HEAD names no digest', { head: answer(200) }, { head: 'warning' }],
    ['HEAD is refused', { head: answer(405) }, { head: 'warning' }],
    ['HEAD lies', { head: answer(200, { 'docker-content-digest': OTHER }) }, { head: 'problem' }],
    ['HEAD gets no answer', { head: LOST }, { head: 'unknown' }],
    ['GET names no digest', { get: answer(200, {}, MANIFEST) }, { 'content-digest': 'warning' }],
    [
      'GET lies',
      { get: answer(200, { 'docker-content-digest': OTHER }, MANIFEST) },
      { 'content-digest': 'problem' },
    ],
    ['its digest is not there', { byDigest: answer(500) }, { 'by-digest': 'problem' }],
    ['everything is there', { absent: answer(200) }, { absent: 'problem' }],
    ['what is absent is forbidden', { absent: answer(401) }, { absent: 'warning' }],
    ['it has no referrers API', { referrers: answer(404) }, { referrers: 'ok' }],
    ['referrers are forbidden', { referrers: answer(403) }, { referrers: 'warning' }],
    ['referrers are a page', { referrers: answer(200, {}, '<html>') }, { referrers: 'warning' }],
    [
      'tags are forbidden',
      { tags: answer(403, {}, { tags: ['a', 'b'] }) },
      { tags: 'problem', 'tag-paging': 'none' },
    ],
    [
      'a page has no link',
      { firstTag: answer(200, {}, { tags: ['a'] }) },
      { 'tag-paging': 'warning' },
    ],
    ['n is ignored', { firstTag: SAMPLE.tags }, { 'tag-paging': 'ok' }],
    ['there is one tag', { tags: answer(200, {}, { tags: ['a'] }) }, { 'tag-paging': 'unknown' }],
    [
      'the link names no last',
      { firstTag: answer(200, { link: '</v2/x?n=1>; rel="next"' }, { tags: ['a'] }) },
      { 'tag-paging': 'warning' },
    ],
  ];
for (const [what, change, changed] of odd) {
  test(`judgeRegistry where ${what}`, () => {
    const found = judge({ ...PROBES, sample: { ...SAMPLE, ...change } });
    assert.deepEqual({ 'tag-paging': 'none', ...found }, { ...HEALTHY, ...changed });
  });
}

test('judgeRegistry tells nothing of a registry that does not let us in', () => {
  const closed = { ...PROBES, sample: null, catalog: null };
  assert.deepEqual(judge({ ...closed, ping: LOST }), { tls: 'ok', api: 'problem' });
  assert.deepEqual(judge({ ...closed, ping: answer(401) }), { tls: 'ok', login: 'problem' });
  assert.deepEqual(judge({ ...closed, ping: answer(200) })['sample'], 'unknown');
  assert.equal(judge({ ...closed, ping: answer(404) })['api'], 'problem');
});

test('judgeRegistry counts what the manifest says of TLS and writing', () => {
  assert.equal(judge(PROBES, { insecure: true })['tls'], 'warning');
  assert.equal(judge(PROBES, { writePolicy: 'allow-once' })['write-policy'], 'ok');
  assert.equal(judge(PROBES, { writePolicy: 'deny' })['write-policy'], 'warning');
});

const ZOT = answer(200, {}, { extensions: [{ name: '_zot' }] });
const products: readonly (readonly [
  ProbeAnswer,
  ProbeAnswer | null,
  string | null,
  string | null,
])[] = [
  [answer(200, { server: 'Nexus/3.41.0-01 (OSS)' }), null, 'Nexus', '3.41.0-01 (OSS)'],
  [challenged(200, { realm: 'Sonatype Nexus Repository Manager' }), null, 'Nexus', null],
  [
    challenged(200, { realm: 'https://h.example/service/token', service: 'harbor-registry' }),
    null,
    'Harbor',
    null,
  ],
  [challenged(200, { realm: 'https://quay.example/v2/auth' }), null, 'Quay', null],
  [PROBES.ping, ZOT, 'Zot', null],
  [PROBES.ping, answer(404), 'distribution', null],
  [answer(200, { server: 'nginx' }), null, null, null],
  [LOST, null, null, null],
];
// Seen to fail: with `recognizeZot` asked after `recognizeDistribution`.
test('recognizeProduct goes by headers, logins and extensions, and has advice for each product', () => {
  for (const [ping, extensions, name, version] of products) {
    const product = recognizeProduct({ ...PROBES, ping, extensions });
    assert.deepEqual([product?.name ?? null, product?.version ?? null], [name, version]);
    assert.equal(adviseOn(product).length > 0, name !== null);
  }
});
