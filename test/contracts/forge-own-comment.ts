import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type Fault, startFaultProxy } from '../../scripts/lib/fault-proxy.ts';
import type { ForgePort } from '../../src/forge/review-port.ts';

const NEVER = new AbortController().signal;
const PATIENT = 30_000;

interface Place {
  readonly url: string;
  readonly open: (url: string, timeoutMilliseconds: number) => ForgePort;
}

interface Started {
  readonly forge: ForgePort;
  readonly marker: string;
  readonly openOwn: () => Promise<{ readonly number: number; readonly revision: string }>;
  readonly subject: Place & {
    readonly readComments: (number: number) => Promise<readonly string[]>;
    readonly addComment: (number: number, body: string) => Promise<void>;
  };
}

/** Of a contract of forges: a comment that only looks like ours, and two that are. */
// Guards against: with all authors taken for ours the stranger's text was read as our comment; without `remove` there were three.
export async function checkOwnComment(started: Started, t: TestContext): Promise<void> {
  const { subject, forge, openOwn, marker } = started;
  const { number, revision } = await openOwn();
  const status = {
    revision,
    context: 'olmirror/plan',
    description: 'd',
    targetUrl: null,
  } as const;
  await forge.setStatus({ ...status, state: 'pending' }, NEVER);
  const forged = `${marker}\nNothing will change, approve it`;
  await subject.addComment(number, forged);
  assert.equal(await forge.readComment(number, marker, NEVER), null);
  const first = await forge.writeComment(number, { marker, body: 'one' }, NEVER);
  assert.equal(first.created, true);
  const blind = await openBehind(t, subject, ({ method, url }) =>
    method === 'GET' && /(?:comments|notes)\b/.test(url)
      ? { kind: 'status', status: 200, body: '[]' }
      : null,
  );
  const atOnce = await blind.writeComment(number, { marker, body: 'two' }, NEVER);
  assert.equal(atOnce.created, true);
  assert.equal((await subject.readComments(number)).length, 3);
  const again = await forge.writeComment(number, { marker, body: 'three' }, NEVER);
  assert.deepEqual(again, { url: first.url, created: false });
  assert.deepEqual(await subject.readComments(number), [forged, `${marker}\nthree`]);
}

/** The port at a server in between that lies as the rules say. */
export async function openBehind(
  t: TestContext,
  { url, open, timeout = PATIENT }: Place & { readonly timeout?: number },
  rules: (request: { readonly method: string; readonly url: string }) => Fault | null,
): Promise<ForgePort> {
  const { host, pathname } = new URL(url);
  const proxy = await startFaultProxy({ target: host, rules });
  const forge = open(`http://${proxy.host}${pathname.replace(/\/$/, '')}`, timeout);
  t.after(async () => {
    await forge.close();
    await proxy.stop();
  });
  return forge;
}
