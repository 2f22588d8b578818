import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Fault } from '../../scripts/lib/fault-proxy.ts';
import type { ErrorCode } from '../../src/base/error-codes.ts';
import { isToolError } from '../../src/base/tool-error.ts';
import type { CommitState, ForgePort } from '../../src/forge/review-port.ts';
import { checkOwnComment, openBehind } from './forge-own-comment.ts';

/** A repository at a forge, real or not, with a branch `main`. */
export interface ForgeSubject {
  /** Where it listens, with path prefix. */
  readonly url: string;
  /** What adapters show; at least 20 characters. */
  readonly token: string;
  /**
   * The adapter under test, at that address or at one that leads there; it waits milliseconds before it tries again, and
   * as long for an answer as is said: a real forge takes seconds to open a pull request.
   */
  readonly open: (url: string, timeoutMilliseconds: number) => ForgePort;
  /** How many comments the adapter is given at once. */
  readonly pageSize: number;
  /** What the state `error` comes back as. */
  readonly errorState: CommitState;
  /** Adds a commit to a branch, made from `main` where there is none; the commit's id. */
  push(branch: string): Promise<string>;
  /** Bodies of all comments, oldest first. */
  readComments(number: number): Promise<readonly string[]>;
  /** A comment by somebody else, which the adapter's user may read. */
  addComment(number: number, body: string): Promise<void>;
  /** The newest status of each context. */
  readStatuses(revision: string): Promise<readonly ReadStatus[]>;
  merge(number: number): Promise<void>;
  /** As a person who refuses it. */
  close(number: number): Promise<void>;
  deleteBranch(branch: string): Promise<void>;
}

export interface ReadStatus {
  readonly context: string;
  /** In the port's words. */
  readonly state: string;
  readonly description: string;
  readonly targetUrl: string | null;
}

const NEVER = new AbortController().signal;
const PATIENT = 30_000;

/** What every forge port promises. `open` is called once and gives the same subject to all tests. */
export function testForgeContract(
  name: string,
  open: () => Promise<ForgeSubject>,
  options: { readonly skip: string | false } = { skip: false },
): void {
  let opening: Promise<ForgeSubject> | null = null;
  let sharing: Promise<Opened> | null = null;
  let count = 0;
  async function openRequest(forge: ForgePort, subject: ForgeSubject): Promise<Opened> {
    count += 1;
    const head = `change-${count}`;
    const revision = await subject.push(head);
    const text = { title: `Change ${count}`, body: 'Line one\n\n- line two' };
    const { number } = await forge.openPullRequest({ head, base: 'main', ...text }, NEVER);
    return { head, revision, number };
  }
  function check(what: string, run: Check): void {
    test(`${name}: ${what}`, options, async (t) => {
      opening ??= open();
      const subject = await opening;
      const forge = subject.open(subject.url, PATIENT);
      t.after(() => forge.close());
      sharing ??= openRequest(forge, subject);
      const shared = await sharing;
      count += 1;
      const marker = `<!-- olmirror:review test-${count} -->`;
      await run(
        { subject, forge, marker, ...shared, openOwn: () => openRequest(forge, subject) },
        t,
      );
    });
  }

  check('a pull request is opened, found, read and updated', async (started) => {
    const { forge, openOwn } = started;
    const { head, revision, number } = await openOwn();
    const read = await forge.readPullRequest(number, NEVER);
    assert.deepEqual(
      [read.number, read.state, read.head, read.headRevision, read.base, read.body],
      [number, 'open', head, revision, 'main', 'Line one\n\n- line two'],
    );
    assert.match(read.url, /^https?:\/\//);
    assert.deepEqual(await forge.findPullRequest({ head, base: 'main' }, NEVER), read);
    assert.equal(await forge.findPullRequest({ head: 'never', base: 'main' }, NEVER), null);
    assert.equal(await forge.findPullRequest({ head, base: 'other' }, NEVER), null);
    const text = { title: 'Änderung <b>2</b>', body: 'new' };
    const updated = await forge.updatePullRequest(number, text, NEVER);
    assert.deepEqual([updated.title, updated.body], [text.title, text.body]);
    assert.deepEqual(await forge.readPullRequest(number, NEVER), updated);
  });

  check(
    'a second request for the same branch is refused, in the words of the forge',
    async (started) => {
      const { forge, head } = started;
      await assert.rejects(
        forge.openPullRequest({ head, base: 'main', title: 'again', body: '' }, NEVER),
        (error) => isToolError(error, 'FORGE_REFUSED') && error.message.length > 40,
      );
    },
  );

  check('a request follows its branch, and once merged is found no more', async (started) => {
    const { subject, forge, openOwn } = started;
    const { head, number } = await openOwn();
    const newer = await subject.push(head);
    assert.equal((await forge.readPullRequest(number, NEVER)).headRevision, newer);
    assert.equal(await forge.findEndedPullRequest({ head, base: 'main' }, NEVER), null);
    await subject.merge(number);
    assert.equal((await forge.readPullRequest(number, NEVER)).state, 'merged');
    assert.equal(await forge.findPullRequest({ head, base: 'main' }, NEVER), null);
    const ended = await forge.findEndedPullRequest({ head, base: 'main' }, NEVER);
    assert.deepEqual([ended?.number, ended?.state, ended?.head], [number, 'merged', head]);
  });

  // Guards against: by Gitea's `head.ref` a request was not found any more once its branch was deleted.
  check(
    'a closed request is found by its branches, the newest of several, and without the branch',
    async (started) => {
      const { subject, forge, openOwn } = started;
      const { head, number } = await openOwn();
      await subject.close(number);
      const text = { title: 'Once more', body: 'kept' };
      const again = await forge.openPullRequest({ head, base: 'main', ...text }, NEVER);
      await subject.close(again.number);
      await subject.deleteBranch(head);
      const ended = await forge.findEndedPullRequest({ head, base: 'main' }, NEVER);
      assert.deepEqual(
        [ended?.number, ended?.state, ended?.head, ended?.body],
        [again.number, 'closed', head, 'kept'],
      );
      assert.equal(await forge.findEndedPullRequest({ head, base: 'other' }, NEVER), null);
    },
  );

  // Guards against: with `create` always called there were two; with markers compared by `includes` the quotation was overwritten.
  check('one comment per marker is written, then changed in place', async (started) => {
    const { subject, forge, openOwn, marker } = started;
    const { number } = await openOwn();
    const other = marker.replace('test', 'other');
    await subject.addComment(number, `> ${marker}\nI quote the plan`);
    assert.equal(await forge.readComment(number, marker, NEVER), null);
    const body = 'First\n\n| a | b |\n|---|---|\n| `x` | <b>ü</b> 한국어 |\n';
    const first = await forge.writeComment(number, { marker, body }, NEVER);
    assert.equal(first.created, true);
    assert.match(first.url, /^https?:\/\//);
    const read = await forge.readComment(number, marker, NEVER);
    assert.deepEqual([read?.url, read?.body.trimEnd()], [first.url, body.trimEnd()]);
    const second = await forge.writeComment(number, { marker, body: 'Second' }, NEVER);
    assert.deepEqual(second, { url: first.url, created: false });
    await forge.writeComment(number, { marker: other, body: 'Other' }, NEVER);
    assert.deepEqual(await subject.readComments(number), [
      `> ${marker}\nI quote the plan`,
      `${marker}\nSecond`,
      `${other}\nOther`,
    ]);
  });

  check(
    'only our own comment counts once a status said who we are, and one is left of two',
    checkOwnComment,
  );

  check('a comment of 32,768 characters is kept whole', async (started) => {
    const { forge, number, marker } = started;
    const body = `${'0123456789abcde\n'.repeat(2040)}end`;
    await forge.writeComment(number, { marker, body }, NEVER);
    assert.equal((await forge.readComment(number, marker, NEVER))?.body, body);
  });

  check('a comment is found behind a page of others', async (started) => {
    const { subject, forge, openOwn, marker } = started;
    const { number } = await openOwn();
    for (let i = 0; i <= subject.pageSize; i += 1) await subject.addComment(number, `talk ${i}`);
    await forge.writeComment(number, { marker, body: 'one' }, NEVER);
    const again = await forge.writeComment(number, { marker, body: 'two' }, NEVER);
    assert.equal(again.created, false);
    assert.equal((await forge.readComment(number, marker, NEVER))?.body, 'two');
  });

  check('a status goes from pending to each end, by context', async (started) => {
    const { subject, forge, revision } = started;
    const shared = { revision, context: 'olmirror/plan', targetUrl: 'https://ci.example.com/1' };
    for (const state of ['pending', 'success', 'failure', 'error'] as const) {
      await forge.setStatus({ ...shared, state, description: `is ${state}` }, NEVER);
      const [read] = await subject.readStatuses(revision);
      assert.deepEqual(read, {
        context: 'olmirror/plan',
        state: state === 'error' ? subject.errorState : state,
        description: `is ${state}`,
        targetUrl: 'https://ci.example.com/1',
      });
    }
    const long = 'ü'.repeat(200);
    const other = { ...shared, context: 'other', targetUrl: null };
    await forge.setStatus({ ...other, state: 'success', description: long }, NEVER);
    const statuses = await subject.readStatuses(revision);
    assert.equal(statuses.length, 2);
    const [kept] = statuses.filter(({ context }) => context === 'other');
    assert.deepEqual([kept?.description.length, kept?.description.at(-1)], [140, '…']);
  });

  check('what is not there is FORGE_NOT_FOUND', async ({ forge, marker }) => {
    const missing = 99_999;
    const cases: readonly (() => Promise<unknown>)[] = [
      () => forge.readPullRequest(missing, NEVER),
      () => forge.readComment(missing, marker, NEVER),
      () => forge.writeComment(missing, { marker, body: 'x' }, NEVER),
    ];
    for (const ask of cases)
      await assert.rejects(ask(), (error) => isToolError(error, 'FORGE_NOT_FOUND'));
  });

  // Guards against: with `describeAnswer` giving FORGE_REFUSED for all, every row failed; without `hide` the echo had the token.
  check('bad answers are told apart, and none repeats the token', async (started, t) => {
    const { subject, number } = started;
    const { token } = subject;
    const echo = JSON.stringify({ message: `bad token ${token}` });
    const cases: readonly (readonly [Fault, ErrorCode, RegExp])[] = [
      [{ kind: 'status', status: 401, body: echo }, 'FORGE_UNAUTHORIZED', /\(401\): bad token/],
      [{ kind: 'status', status: 403, body: echo }, 'FORGE_UNAUTHORIZED', /\(403\): bad token/],
      [{ kind: 'status', status: 404, body: echo }, 'FORGE_NOT_FOUND', /\(404\)/],
      [{ kind: 'status', status: 422, body: echo }, 'FORGE_REFUSED', /\(422\): bad token/],
      [{ kind: 'status', status: 429, body: echo }, 'FORGE_BUSY', /\(429\)/],
      [{ kind: 'status', status: 500, body: echo }, 'FORGE_BUSY', /failed with 500/],
      [{ kind: 'status', status: 502, body: '' }, 'FORGE_BUSY', /failed with 502/],
      [{ kind: 'html' }, 'FORGE_NOT_FOUND', /web page/],
      [{ kind: 'html', status: 404 }, 'FORGE_NOT_FOUND', /web page/],
      [{ kind: 'html', status: 401 }, 'FORGE_UNAUTHORIZED', /\(401\)/],
      [{ kind: 'html', status: 500 }, 'FORGE_BUSY', /500/],
      [{ kind: 'status', status: 200, body: '{"message":"hello"}' }, 'FORGE_NOT_FOUND', /no /],
      [{ kind: 'status', status: 200, body: '{"mess' }, 'FORGE_NOT_FOUND', /no JSON/],
      [
        { kind: 'status', status: 302, headers: { location: 'https://login.example.com/?a=b' } },
        'FORGE_NOT_FOUND',
        /https:\/\/login\.example\.com\/ /,
      ],
      [{ kind: 'reset' }, 'FORGE_UNREACHABLE', /broke the connection/],
      [{ kind: 'hang' }, 'FORGE_UNREACHABLE', /in time/],
    ];
    for (const [fault, code, message] of cases) {
      const timeout = fault.kind === 'hang' ? 200 : PATIENT;
      const lying = await openBehind(t, { ...subject, timeout }, () => fault);
      const error: unknown = await lying.readPullRequest(number, NEVER).then(
        () => assert.fail(JSON.stringify(fault)),
        (thrown: unknown) => thrown,
      );
      assert.ok(isToolError(error, code), `${JSON.stringify(fault)}: ${String(error)}`);
      assert.match(error.message, message);
      assert.ok((error.hint ?? '').length > 20, error.message);
      assert.ok(!`${error.message}${error.hint}`.includes(token), error.message);
    }
  });

  check('trouble that passes is lived through, by trying again', async (started, t) => {
    const { subject, number, revision, marker } = started;
    const asked: string[] = [];
    const busy = await openBehind(t, subject, ({ method, url }) => {
      const isFirst = !asked.includes(`${method} ${url}`);
      asked.push(`${method} ${url}`);
      return isFirst ? { kind: 'status', status: 503, headers: { 'retry-after': '0' } } : null;
    });
    const written = await busy.writeComment(number, { marker, body: 'one' }, NEVER);
    assert.equal(written.created, true);
    await busy.writeComment(number, { marker, body: 'two' }, NEVER);
    assert.deepEqual(await listMarked(started), [`${marker}\ntwo`]);
    const status = { revision, context: 'c', description: 'd', targetUrl: null } as const;
    await busy.setStatus({ ...status, state: 'success' }, NEVER);
    assert.ok(asked.length >= 8, asked.join('\n'));
  });

  // Guards against: with POST repeated after 500 there were two comments of which one stayed for ever.
  check('a comment that may have been written is not written again', async (started, t) => {
    const { subject, forge, number, marker } = started;
    const unclear = await openBehind(t, subject, ({ method }) =>
      method === 'POST' ? { kind: 'truncate', bytes: 1 } : null,
    );
    await assert.rejects(unclear.writeComment(number, { marker, body: 'one' }, NEVER), (error) =>
      isToolError(error, 'FORGE_UNREACHABLE'),
    );
    const again = await forge.writeComment(number, { marker, body: 'two' }, NEVER);
    assert.equal(again.created, false);
    assert.deepEqual(await listMarked(started), [`${marker}\ntwo`]);
  });

  check('an abort ends the waiting', async (started, t) => {
    const { subject, number } = started;
    const hanging = await openBehind(t, subject, () => ({ kind: 'hang' }));
    const reason = new Error('stopped');
    const stop = new AbortController();
    setTimeout(() => stop.abort(reason), 20);
    await assert.rejects(hanging.readPullRequest(number, stop.signal), reason);
  });
}

export type Check = (started: Started, t: TestContext) => Promise<void>;

export interface Opened {
  readonly head: string;
  readonly revision: string;
  readonly number: number;
}

/** The subject, a port to it, a pull request that tests share, and a marker of this test alone. */
export interface Started extends Opened {
  readonly subject: ForgeSubject;
  readonly forge: ForgePort;
  readonly marker: string;
  /** A pull request of this test alone. */
  readonly openOwn: () => Promise<Opened>;
}

async function listMarked({ subject, number, marker }: Started): Promise<readonly string[]> {
  return (await subject.readComments(number)).filter((body) => body.startsWith(marker));
}
