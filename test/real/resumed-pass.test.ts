import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Fault, ProxiedRequest } from '../../scripts/lib/fault-proxy.ts';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { createProxiedSite, type ProxiedSite } from '../support/proxied-site.ts';

type Rule = (request: ProxiedRequest) => Fault | null;

function sound(): null {
  return null;
}

function isLast({ method, url }: ProxiedRequest): boolean {
  return method === 'POST' && url.includes('/team/c/blobs/uploads');
}

interface Killed {
  readonly site: ProxiedSite;
  /** Requests to production while a command runs, as `METHOD what`, of one repository. */
  readonly ask: (args: readonly string[], repository: string) => Promise<readonly string[]>;
  readonly notes: string;
}

/** Production has a, staging b and c too; a deep pass that was killed when b was there and c had begun. */
async function killPass(t: TestContext): Promise<Killed> {
  let rule: Rule = sound;
  const site = await createProxiedSite(t, { production: (request) => rule(request) });
  const images: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    const image = { repository: `team/${name}`, files: { name }, platforms: PLATFORMS };
    const { digest } = await pushImage(site.staging.host, image);
    if (name === 'a') await pushImage(site.production.host, image);
    images.push(`    - { source: "registry.example.com/team/${name}@${digest}" }`);
  }
  await site.writeManifest({
    production: site.productionProxy.host,
    staging: site.stagingProxy.host,
    catalogs: [],
    spec: `  verify: deep\n  images:\n${images.join('\n')}`,
  });
  await site.commit('images');
  const child = site.start(['apply', '--concurrency', '1']);
  child.stdout?.resume();
  child.stderr?.resume();
  const ended = once(child, 'close');
  await new Promise<void>((resolve) => {
    rule = (request) => {
      if (!isLast(request)) return null;
      resolve();
      return { kind: 'hang' };
    };
  });
  child.kill('SIGKILL');
  await ended;
  rule = sound;
  const states = join(site.environment()['XDG_STATE_HOME'] ?? '', 'olmirror');
  const [state = ''] = await readdir(states);
  return {
    site,
    notes: join(states, state, 'proved.jsonl'),
    async ask(args, repository) {
      const since = site.productionProxy.requests.length;
      const result = await site.olmirror(args);
      assert.equal(result.code, 0, result.stdout + result.stderr);
      return site.productionProxy.requests
        .slice(since)
        .filter(({ url }) => url.startsWith(`/v2/${repository}/`))
        .map(({ method, url }) => `${method} ${url.includes('/blobs/') ? 'blob' : 'manifest'}`);
    },
  };
}

const PLATFORMS = ['linux/amd64', 'linux/arm64'];
// An index, its two children, and a config for each; the layer is the same.
const WHOLE = [
  'HEAD manifest',
  'GET manifest',
  'GET manifest',
  'GET manifest',
  'HEAD blob',
  'HEAD blob',
  'HEAD blob',
];

// Promise 12. Seen to fail: with isProved not asked in verify-production.ts, a and b cost 7 requests each; with
// forgetProved left out, the pass after it saw nothing of them.
test('a pass that goes on after a kill asks once for what was proved before, and the next one looks at all again', async (t) => {
  const { ask, notes } = await killPass(t);
  const text = await readFile(notes, 'utf8');
  assert.equal(text.split('\n').filter((line) => line !== '').length, 2, text);
  await t.test('a plan takes nothing on trust', async () => {
    assert.deepEqual((await ask(['status'], 'team/a')).toSorted(), WHOLE.toSorted());
  });
  await t.test('apply does', async () => {
    assert.deepEqual(await ask(['apply'], 'team/a'), ['HEAD manifest']);
  });
  await t.test('once', async () => {
    assert.deepEqual((await ask(['apply'], 'team/b')).toSorted(), WHOLE.toSorted());
  });
});

// Seen to fail: with the checksum not compared in pass-notes.ts, the changed line was trusted.
test('notes that were spoilt are not believed: all is asked again and the pass ends as it should', async (t) => {
  const { ask, notes } = await killPass(t);
  const text = await readFile(notes, 'utf8');
  await writeFile(notes, `half a line\n${text.replaceAll('"sum":"', '"sum":"0')}`);
  assert.deepEqual((await ask(['apply'], 'team/a')).toSorted(), WHOLE.toSorted());
});
