import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { askOurs, askSkopeo, type Home, makeHome, type Question } from '../support/ask-both.ts';
import { type LoginServer, startLoginServer } from '../support/login-server.ts';
import { type CredentialCase, KEYS, PLACES, VALUES } from './credential-cases.ts';
import { HELPERS, JSONS } from './credential-file-cases.ts';

// Seen to fail: with base64 read by Buffer alone, the cases without padding and in the alphabet of URLs; with the
// search going on in shorter keys after an empty entry, the cases of empty entries; with keys cut at their first
// slash whatever they begin with, those of keys with a path; with names of fields taken as they are, `Auths`.

const CASES: Readonly<Record<string, readonly CredentialCase[]>> = {
  'places of auth files': PLACES,
  'keys of entries': KEYS,
  'values of entries': VALUES,
  'JSON of auth files': JSONS,
  'credential helpers': HELPERS,
};

async function makeQuestion(item: CredentialCase, home: Home, host: string): Promise<Question> {
  await mkdir(join(home.folder, 'run'));
  for (const [path, content] of Object.entries(item.files)) {
    const raw = typeof content === 'string' ? content : JSON.stringify(content);
    await home.write(path, raw.replaceAll(/\bH\b/g, host));
  }
  const own = Object.entries(item.environment ?? {}).map(([name, value]) => [
    name,
    value.replace('HOME', home.folder),
  ]);
  return {
    host,
    repository: item.repository ?? 'team/app',
    insecure: true,
    ...(item.authFile && { authFile: join(home.folder, item.authFile) }),
    environment: {
      PATH: `${join(home.folder, 'bin')}:${process.env['PATH']}`,
      HOME: home.folder,
      XDG_RUNTIME_DIR: join(home.folder, 'run'),
      WHO: 'me',
      ...Object.fromEntries(own),
    },
  };
}

/** What the registry was sent by who was asked. */
async function watch(server: LoginServer, asked: Promise<string | null>): Promise<string> {
  server.forget();
  const failure = await asked;
  const [request, ...more] = server.requests;
  assert.deepEqual(more, []);
  if (request === undefined) {
    assert.notEqual(failure, null);
    return 'fails';
  }
  assert.equal(failure, null);
  const [, basic] = /^Basic (.*)$/.exec(request.authorization ?? '') ?? [];
  assert.ok(basic !== undefined, String(request.authorization));
  const login = Buffer.from(basic, 'base64').toString('latin1');
  return login === ':' ? 'anonymous' : login;
}

for (const [what, cases] of Object.entries(CASES)) {
  test(`skopeo and olmirror send the same login: ${what}`, { concurrency: 4 }, async (t) => {
    const tests = cases.map((item) => t.test(item.name, (part) => compare(part, item)));
    await Promise.all(tests);
  });
}

async function compare(t: TestContext, item: CredentialCase): Promise<void> {
  const server = await startLoginServer({ challenges: () => ['Basic realm="x"'] });
  t.after(() => server.stop());
  const question = await makeQuestion(item, await makeHome(t), server.host);
  const sent = {
    skopeo: await watch(server, askSkopeo(question)),
    olmirror: await watch(server, askOurs(question)),
  };
  assert.deepEqual(sent, { skopeo: item.expected, olmirror: item.expected });
}
