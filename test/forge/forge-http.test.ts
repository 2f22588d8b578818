import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeCertificate } from '../../scripts/lib/make-certificate.ts';
import { isToolError } from '../../src/base/tool-error.ts';
import { type ForgeHttp, openForgeHttp } from '../../src/forge/forge-http.ts';
import { listen } from '../support/listen.ts';
import { makeForgeDeps } from '../support/open-forge.ts';
import { createSandbox } from '../support/sandbox.ts';

const NEVER = new AbortController().signal;
const ASKED = { method: 'GET', path: '/x', what: 'x', signal: NEVER } as const;

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

async function serve(
  t: TestContext,
  answer: (request: IncomingMessage) => Answer,
): Promise<string> {
  const server = createServer((request, response) => {
    const { status = 200, headers = {}, body } = answer(request);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  });
  return `http://127.0.0.1:${await listen(t, server)}`;
}

interface Choice {
  readonly url: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly tokenFile?: string;
  readonly caFile?: string;
}

function open(t: TestContext, choice: Choice): ForgeHttp {
  const {
    url,
    environment = { GITEA_TOKEN: 'of-gitea' },
    tokenFile = null,
    caFile = null,
  } = choice;
  const http = openForgeHttp({
    ...makeForgeDeps(environment),
    repository: { kind: 'gitea', url, path: 'ops/state' },
    access: { tokenFile, caFile, timeoutMilliseconds: 5000 },
    api: `${url}/api/v1`,
    headers: (token) => ({ authorization: `token ${token}` }),
  });
  t.after(() => http.close());
  return http;
}

test('the token is that of the file, or of the first variable that is set; none is told of', async (t) => {
  const { folder } = await createSandbox(t);
  const url = await serve(t, ({ headers }) => ({ body: headers.authorization }));
  const tokenFile = join(folder, 'token');
  async function ask(choice: Omit<Choice, 'url'>): Promise<unknown> {
    return (await open(t, { url, ...choice }).ask(ASKED)).body;
  }
  const environment = { GITHUB_TOKEN: 'c', GITEA_TOKEN: 'b', OLMIRROR_FORGE_TOKEN: 'a' };
  assert.equal(await ask({ environment }), 'token a');
  assert.equal(await ask({ environment: { GITHUB_TOKEN: 'c', GITEA_TOKEN: 'b' } }), 'token b');
  const actions = { GITEA_ACTIONS: 'true', GITHUB_TOKEN: 'c', GITEA_TOKEN: ' ' };
  assert.equal(await ask({ environment: actions }), 'token c');
  // Guards against: GitHub's token in the environment of a person was shown to any Gitea.
  await assert.rejects(ask({ environment: { GITHUB_TOKEN: 'c' } }), (error) =>
    isToolError(error, 'FORGE_UNAUTHORIZED'),
  );
  for (const text of ['of-file\n', 'robot:of-file\nmore\n']) {
    await writeFile(tokenFile, text);
    assert.equal(await ask({ environment, tokenFile }), 'token of-file');
  }
  await writeFile(tokenFile, 'se cret\n');
  for (const choice of [{ tokenFile }, { environment: {} }, { tokenFile: join(folder, 'none') }])
    await assert.rejects(ask(choice), (error) => {
      assert.ok(isToolError(error, 'FORGE_UNAUTHORIZED'));
      assert.doesNotMatch(`${error.message}${error.hint}`, /se cret/);
      return true;
    });
});

test('a forge with its own certificate authority is reached by --ca-file, and by no other', async (t) => {
  const { folder } = await createSandbox(t);
  const ours = makeCertificate({ folder: join(folder, 'ours'), name: 'IP:127.0.0.1' });
  const other = makeCertificate({ folder: join(folder, 'other'), name: 'IP:127.0.0.1' });
  const pair = { cert: readFileSync(ours.certFile), key: readFileSync(ours.keyFile) };
  const server = createTlsServer(pair, (_, response) => response.end('{"a":1}'));
  const url = `https://127.0.0.1:${await listen(t, server)}/gitea`;
  assert.deepEqual((await open(t, { url, caFile: ours.certFile }).ask(ASKED)).body, { a: 1 });
  for (const choice of [{ url }, { url, caFile: other.certFile }])
    await assert.rejects(open(t, choice).ask(ASKED), (error) => {
      assert.ok(isToolError(error, 'FORGE_UNREACHABLE'));
      assert.match(error.message, /cannot be trusted/);
      assert.match(error.hint ?? '', /--ca-file/);
      return true;
    });
  const caFile = join(folder, 'no.pem');
  await assert.rejects(open(t, { url, caFile }).ask(ASKED), (error) =>
    isToolError(error, 'FORGE_UNREACHABLE'),
  );
});

test('a list is read to its last page, and one without an end is refused', async (t) => {
  const pages: string[] = [];
  const url = await serve(t, (request) => {
    pages.push(request.url ?? '');
    const page = Number(/page=(\d+)/.exec(request.url ?? '')?.[1] ?? 1);
    const next = `<https://elsewhere.example/api?page=${page + 1}>; rel="next"`;
    const isLast = !request.url?.includes('endless') && page === 3;
    return { body: [page], headers: isLast ? {} : { link: next } };
  });
  const http = open(t, { url });
  assert.deepEqual(await http.list({ ...ASKED, path: '/list?page=1' }), [1, 2, 3]);
  assert.deepEqual(
    pages,
    [1, 2, 3].map((page) => `/api/v1/list?page=${page}`),
  );
  await assert.rejects(http.list({ ...ASKED, path: '/endless' }), /over 100 pages/);
});

// Guards against: with GitHub's 403 taken for a refusal nothing was tried again.
test('too many requests are waited out as the forge asks, but not for an hour', async (t) => {
  const answers: Answer[] = [
    { status: 403, headers: { 'x-ratelimit-remaining': '0', 'retry-after': '0' }, body: {} },
    { status: 429, headers: { 'retry-after': '0' }, body: {} },
    { body: 'in' },
    { status: 429, headers: { 'retry-after': '3600' }, body: {} },
  ];
  const url = await serve(t, () => answers.shift() ?? { body: 'too often' });
  const http = open(t, { url });
  assert.equal((await http.ask({ ...ASKED, method: 'POST', body: {} })).body, 'in');
  await assert.rejects(http.ask(ASKED), (error) => {
    assert.ok(isToolError(error, 'FORGE_BUSY'));
    assert.deepEqual([error.disposition, error.retryAfterSeconds], ['wait', 3600]);
    return true;
  });
  assert.equal(answers.length, 0);
});

// Seen with a real Gitea: a branch that was pushed a moment ago is not found. Seen to fail: without `maybeTooEarly`.
test('what was pushed just now is asked for again where it is not found, and nothing else is', async (t) => {
  let asked = 0;
  const url = await serve(t, () => {
    asked += 1;
    return asked === 2 ? { body: { number: 1 } } : { status: 404, body: { message: 'not found' } };
  });
  const http = open(t, { url });
  const post = { ...ASKED, method: 'POST', body: {} } as const;
  assert.deepEqual((await http.ask({ ...post, maybeTooEarly: true })).body, { number: 1 });
  assert.equal(asked, 2);
  await assert.rejects(http.ask(post), (error) => isToolError(error, 'FORGE_NOT_FOUND'));
  assert.equal(asked, 3);
});

test('what GitLab says field by field is told whole', async (t) => {
  const url = await serve(t, () => ({
    status: 400,
    body: { message: { body: ['is too long'], note: 'x' } },
  }));
  await assert.rejects(
    open(t, { url }).ask(ASKED),
    /refused x \(400\): body is too long; note x\./,
  );
});
