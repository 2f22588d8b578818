import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { askOurs, askSkopeo, makeHome, type Question } from '../support/ask-both.ts';
import { type LoginRules, type SeenRequest, startLoginServer } from '../support/login-server.ts';

// The sign-in of promise 1. Seen to fail: with an identity token taken for a password, its cases; with the last known
// challenge in place of the first, those of several challenges; without `assertTokenService`, the three hostile registries.

interface Case {
  readonly name: string;
  /** `H` stands for the host. */
  readonly challenges?: readonly string[];
  /** Entry for the host in the auth file, or none. */
  readonly entry?: unknown;
  readonly helper?: string;
  readonly token?: LoginRules['answer'];
  /** Everything that arrives, in order. */
  readonly expected: readonly string[];
}

const BEARER = ['Bearer realm="http://H/token",service="a, b"'];
const QUERY = 'scope=repository:team/app:pull&service=a, b';
const FORM = `client_id=containers/image&grant_type=refresh_token&refresh_token=id-tok&${QUERY}`;
const MANIFEST = '/v2/team/app/manifests/v1';
const DONE = `GET ${MANIFEST} Bearer t0`;

function entry(login: string): { readonly auth: string } {
  return { auth: Buffer.from(login).toString('base64') };
}

const IDENTITY = { ...entry('00000000:'), identitytoken: 'id-tok' };

function refusing(status: number): LoginRules['answer'] {
  return ({ path }) =>
    path.startsWith('/token') ? { status, headers: { location: '/other' } } : null;
}

function giving(body: unknown): LoginRules['answer'] {
  return ({ path }) =>
    path.startsWith('/token') ? { status: 200, body: JSON.stringify(body) } : null;
}

const CASES: readonly Case[] = [
  { name: 'nobody', expected: [`GET /token?${QUERY}`, DONE] },
  {
    name: 'user and password',
    entry: entry('me:pw'),
    expected: [`GET /token?account=me&${QUERY} me:pw`, DONE],
  },
  {
    name: 'a user without a password',
    entry: entry('me:'),
    expected: [`GET /token?account=me&${QUERY}`, DONE],
  },
  {
    name: 'a password without a user',
    entry: entry(':pw'),
    expected: [`GET /token?${QUERY}`, DONE],
  },
  {
    name: 'a user with other letters',
    entry: entry('mü ll+er:pw'),
    expected: [`GET /token?account=mü ll+er&${QUERY} mü ll+er:pw`, DONE],
  },
  {
    name: 'a token service with a query of its own',
    challenges: ['Bearer realm="http://H/token?x=1",service="s"'],
    expected: ['GET /token?scope=repository:team/app:pull&service=s&x=1', DONE],
  },
  {
    name: 'no service',
    challenges: ['Bearer realm="http://H/token"'],
    expected: ['GET /token?scope=repository:team/app:pull', DONE],
  },
  {
    name: 'the scheme in capitals',
    challenges: ['BEARER realm="http://H/token"'],
    expected: ['GET /token?scope=repository:team/app:pull', DONE],
  },
  { name: 'no token service', challenges: ['Bearer service="s"'], expected: [] },
  {
    name: 'access_token in place of token',
    token: giving({ access_token: 't0' }),
    expected: [`GET /token?${QUERY}`, DONE],
  },
  {
    name: 'token before access_token',
    token: giving({ access_token: 'other', token: 't0', expires_in: 5 }),
    expected: [`GET /token?${QUERY}`, DONE],
  },
  {
    name: 'token in capitals',
    token: giving({ TOKEN: 't0' }),
    expected: [`GET /token?${QUERY}`, DONE],
  },
  ...[400, 401, 403, 404, 500].map((status) => ({
    name: `a token service that answers ${status}`,
    token: refusing(status),
    expected: [`GET /token?${QUERY}`],
  })),
  { name: 'no JSON', token: giving('x'), expected: [`GET /token?${QUERY}`] },
  {
    name: 'an identity token in the auth file',
    entry: IDENTITY,
    expected: [`POST /token ${FORM}`, DONE],
  },
  {
    name: 'an identity token of a helper',
    helper: `echo '{"Username":"<token>","Secret":"id-tok"}'`,
    expected: [`POST /token ${FORM}`, DONE],
  },
  {
    name: 'an identity token without auth is an empty entry',
    entry: { identitytoken: 'id-tok' },
    expected: [`GET /token?${QUERY}`, DONE],
  },
  {
    name: 'an identity token whose auth is no base64',
    entry: { ...IDENTITY, auth: 'x' },
    expected: [],
  },
  ...[307, 308, 400, 401, 404, 405, 500].map((status) => ({
    name: `an identity token where the token service answers ${status}`,
    entry: IDENTITY,
    token: refusing(status),
    expected: [`POST /token ${FORM}`],
  })),
  {
    name: 'Basic before Bearer',
    challenges: ['Basic realm="x"', ...BEARER],
    entry: entry('me:pw'),
    expected: [`GET ${MANIFEST} me:pw`],
  },
  {
    name: 'Bearer before Basic',
    challenges: [...BEARER, 'Basic realm="x"'],
    entry: entry('me:pw'),
    expected: [`GET /token?account=me&${QUERY} me:pw`, DONE],
  },
  {
    name: 'Negotiate before Basic',
    challenges: ['Negotiate', 'Basic realm="x"'],
    entry: entry('me:pw'),
    expected: [`GET ${MANIFEST} me:pw`],
  },
  {
    name: 'Negotiate and Basic in one header',
    challenges: ['Negotiate, Basic realm="x"'],
    entry: entry('me:pw'),
    expected: [`GET ${MANIFEST}`],
  },
  {
    name: 'Basic and Bearer in one header',
    challenges: [`Basic realm="x", ${BEARER[0]}`],
    entry: entry('me:pw'),
    expected: [`GET ${MANIFEST} me:pw`],
  },
  { name: 'no login wanted', challenges: [], entry: entry('me:pw'), expected: [`GET ${MANIFEST}`] },
];

for (const item of CASES) {
  test(`skopeo and olmirror log in alike: ${item.name}`, async (t) => {
    const { question, requests, forget } = await prepare(t, item);
    const failures: boolean[] = [];
    for (const ask of [askSkopeo, askOurs]) {
      forget();
      failures.push((await ask(question)) !== null);
      assert.deepEqual(requests.map(format), item.expected, ask.name);
    }
    const works = item.expected.at(-1)?.startsWith(`GET ${MANIFEST}`) ?? false;
    assert.deepEqual(failures, [!works, !works]);
  });
}

for (const path of [
  '/v2/team/app/blobs/uploads/',
  '/x/%76%32/team/%62lobs/uploads/',
  '/%762/token',
]) {
  test(`a registry that names ${path} as its token service is posted no identity token`, async (t) => {
    const challenges = [`Bearer realm="http://H${path}"`];
    const { question, requests } = await prepare(t, {
      name: '',
      challenges,
      entry: IDENTITY,
      expected: [],
    });
    assert.match((await askOurs(question)) ?? '', /where registries keep images/);
    assert.deepEqual(requests, []);
  });
}

test('an identity token stands in no error, whatever the token service answers', async (t) => {
  for (const status of [302, 307, 400, 401, 405, 500]) {
    const { question } = await prepare(t, {
      name: '',
      entry: IDENTITY,
      token: ({ body }) => ({ status, body: `you sent ${body}` }),
      expected: [],
    });
    const failure = await askOurs(question);
    assert.match(failure ?? '', /token service/);
    assert.doesNotMatch(failure ?? '', /id-tok|MDAwMDAwMDA6/);
  }
});

async function prepare(
  t: TestContext,
  item: Case,
): Promise<{
  readonly question: Question;
  readonly requests: readonly SeenRequest[];
  readonly forget: () => void;
}> {
  const server = await startLoginServer({
    challenges: (host) => (item.challenges ?? BEARER).map((line) => line.replace('H', host)),
    answer: item.token ?? giving({ token: 't0' }) ?? (() => null),
  });
  t.after(() => server.stop());
  const home = await makeHome(t);
  const { host } = server;
  await home.write('bin/docker-credential-demo', `#!/bin/sh\n${item.helper ?? 'exit 1'}\n`);
  await home.write('run/containers/auth.json', {
    auths: item.entry === undefined ? {} : { [host]: item.entry },
    credHelpers: item.helper === undefined ? {} : { [host]: 'demo' },
  });
  const environment = {
    PATH: `${home.folder}/bin:${process.env['PATH']}`,
    HOME: home.folder,
    XDG_RUNTIME_DIR: `${home.folder}/run`,
  };
  const question = { host, repository: 'team/app', insecure: true, environment };
  return { question, requests: server.requests, forget: () => server.forget() };
}

/** The request with its query and form in order, and the login in clear. */
function format({ method, path, authorization, body }: SeenRequest): string {
  const [place = '', query = ''] = path.split('?');
  const basic = /^Basic (.*)$/.exec(authorization ?? '')?.[1];
  const login = basic === undefined ? authorization : Buffer.from(basic, 'base64').toString();
  const parts = [`${place}${query && `?${sort(query)}`}`, login === ':' ? '' : login, sort(body)];
  return [method, ...parts.filter(Boolean)].join(' ');
}

function sort(parameters: string): string {
  const pairs = Array.from(new URLSearchParams(parameters), (pair) => pair.join('='));
  return pairs.toSorted().join('&');
}
