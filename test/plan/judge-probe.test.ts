import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProbeAnswer, RegistryProbe } from '../../src/base/registry-probe.ts';
import type { DoctorCheck, DoctorCheckName } from '../../src/plan/doctor-types.ts';
import { judgeProbe } from '../../src/plan/judge-probe.ts';
import { digestOfChar } from '../support/manifest.ts';

const [A, B] = [digestOfChar('a'), digestOfChar('b')];
const SAMPLE = { repository: 'olm/idx', tag: 'v1' };
const FAILURE: ProbeAnswer = { kind: 'failure', message: 'It did not answer.', hint: 'Wait.' };

function answer(changes: Partial<Extract<ProbeAnswer, { kind: 'answer' }>> = {}): ProbeAnswer {
  return {
    kind: 'answer',
    status: 200,
    headers: {},
    loggedIn: false,
    digest: null,
    listed: null,
    ...changes,
  };
}

const NAMED = { 'docker-content-digest': A };
const SOUND: RegistryProbe = {
  api: answer({ loggedIn: true }),
  catalog: answer({ listed: 1 }),
  head: answer({ headers: NAMED }),
  get: answer({ headers: NAMED, digest: A }),
  tags: answer({ listed: 1 }),
  referrers: answer(),
};

function judge(changes: Partial<RegistryProbe>, sample: typeof SAMPLE | null = SAMPLE): Checks {
  const entry = { host: 'r:5000', insecure: false, writePolicy: 'allow-once' } as const;
  const probe = { ...SOUND, ...changes };
  return new Map(
    judgeProbe({ role: 'production', entry, sample, probe }).map((check) => [check.name, check]),
  );
}

type Checks = ReadonlyMap<DoctorCheckName, DoctorCheck>;

test('a sound registry passes everything that reading can show, and the rest is said to be unseen', () => {
  assert.deepEqual(
    [...judge({})].map(([name, { state }]) => [name, state]),
    [
      ['api', 'passed'],
      ['login', 'passed'],
      ['head', 'passed'],
      ['digest', 'passed'],
      ['tags', 'passed'],
      ['catalog', 'passed'],
      ['referrers', 'passed'],
      ['write-policy', 'skipped'],
      ['delete', 'skipped'],
      ['product', 'skipped'],
    ],
  );
});

// Each seen to fail with its rule left out.
const CASES: readonly (readonly [
  string,
  Partial<RegistryProbe>,
  DoctorCheckName,
  DoctorCheck['state'],
  RegExp,
])[] = [
  ['does not answer', { api: FAILURE }, 'api', 'failed', /did not answer/],
  [
    'refuses the login',
    { api: answer({ status: 401, loggedIn: true }) },
    'api',
    'failed',
    /the login that was found/,
  ],
  [
    'refuses anonymous readers',
    { api: answer({ status: 401 }) },
    'api',
    'failed',
    /anonymous readers/,
  ],
  [
    'is a web page',
    { api: answer({ headers: { 'content-type': 'text/html; charset=utf-8' } }) },
    'api',
    'failed',
    /200 with a web page/,
  ],
  [
    'is none',
    { api: answer({ status: 404 }) },
    'api',
    'failed',
    /\/v2\/ answers 404: that is no registry/,
  ],
  ['lets everyone read', { api: answer() }, 'login', 'passed', /anonymous/],
  ['gives no digest to HEAD', { head: answer() }, 'head', 'passed', /gives no digest/],
  ['fails at HEAD', { head: answer({ status: 500 }) }, 'head', 'unknown', /answers 500/],
  ['is silent at HEAD', { head: FAILURE }, 'head', 'unknown', /did not answer/],
  [
    'sends what it does not name',
    { get: answer({ headers: NAMED, digest: B }) },
    'digest',
    'failed',
    /names sha256:a+ for olm\/idx:v1 and sends sha256:b+/,
  ],
  [
    'names another digest to HEAD',
    { head: answer({ headers: { 'docker-content-digest': B } }) },
    'digest',
    'failed',
    /names sha256:b+/,
  ],
  [
    'names no digest at all',
    { head: answer(), get: answer({ digest: A }) },
    'digest',
    'passed',
    /are those/,
  ],
  ['refuses GET', { get: answer({ status: 403 }) }, 'digest', 'unknown', /answers 403/],
  ['lists all tags at once', { tags: answer({ listed: 7 }) }, 'tags', 'passed', /all at once/],
  [
    'lists tags by pages',
    { tags: answer({ listed: 1, headers: { link: '<x>' } }) },
    'tags',
    'passed',
    /page by page/,
  ],
  [
    'lists no tags',
    { tags: answer({ status: 403 }) },
    'tags',
    'unknown',
    /cannot be listed \(403\)/,
  ],
  [
    'lists no repositories',
    { catalog: answer({ status: 401 }) },
    'catalog',
    'passed',
    /does not list its repositories to this user \(401\)/,
  ],
  [
    'has no referrers API',
    { referrers: answer({ status: 404 }) },
    'referrers',
    'passed',
    /no referrers API/,
  ],
];

for (const [name, changes, check, state, message] of CASES)
  test(`a registry that ${name} is judged so`, () => {
    const found = judge(changes).get(check);
    assert.equal(found?.state, state);
    assert.match(found.message, message);
  });

test('a registry that is none is asked for nothing else', () => {
  assert.deepEqual([...judge({ api: FAILURE }).keys()], ['api']);
  assert.deepEqual([...judge({ api: answer({ status: 404 }) }).keys()], ['api', 'product']);
});

test('without an image to look at, what needs one is left out and said', () => {
  const none = { head: null, get: null, tags: null, referrers: null };
  const skippedNames = [...judge(none, null)]
    .filter(([, { message }]) => message.startsWith('No index of this manifest is there yet'))
    .map(([name, { state }]) => [name, state]);
  assert.deepEqual(skippedNames, [
    ['head', 'skipped'],
    ['digest', 'skipped'],
    ['tags', 'skipped'],
    ['referrers', 'skipped'],
  ]);
});
