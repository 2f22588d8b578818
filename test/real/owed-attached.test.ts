import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault, ProxiedRequest } from '../../scripts/lib/fault-proxy.ts';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { createProxiedSite } from '../support/proxied-site.ts';

const REPOSITORY = 'team/app';

interface Row {
  readonly name: string;
  readonly role: 'production' | 'staging';
  readonly hits: (request: ProxiedRequest) => boolean;
  readonly code: number;
  readonly sums: RegExp;
}

const ROWS: readonly Row[] = [
  {
    name: 'production refuses the signature',
    role: 'production',
    hits: ({ method, url }) => method === 'PUT' && url.endsWith('.sig'),
    code: 1,
    sums: /wanted 2 = in-sync 0 \+ copied 1 .* failed 1/,
  },
  {
    name: 'staging does not tell its tags',
    role: 'staging',
    hits: ({ url }) => url.includes('/tags/list'),
    code: 0,
    sums: /wanted 1 = in-sync 0 \+ copied 1 /,
  },
];

// Seen to fail: with `owe` not called in run-step.ts the first row, in settle-notes.ts the second, ended without the
// signature; with `pay` left out staging was asked at every pass.
test('a signature that could not come with its image is brought by the next pass, and asked for no more', async (t) => {
  for (const row of ROWS)
    await t.test(row.name, async (each) => {
      const now: { rule: (request: ProxiedRequest) => Fault | null } = {
        rule: (request) => (row.hits(request) ? { kind: 'status', status: 500 } : null),
      };
      const site = await createProxiedSite(each, {
        [row.role]: (request: ProxiedRequest) => now.rule(request),
      });
      const image = await pushImage(site.staging.host, {
        repository: REPOSITORY,
        files: { a: 'image' },
      });
      const tag = `${image.digest.replace(':', '-')}.sig`;
      const signature = await pushImage(site.staging.host, {
        repository: REPOSITORY,
        files: { a: 'signature' },
        tags: [tag],
      });
      await site.writeManifest({
        production: site.productionProxy.host,
        staging: site.stagingProxy.host,
        catalogs: [],
        spec: `  images:\n    - { source: "registry.example.com/${REPOSITORY}@${image.digest}" }`,
      });
      await site.commit('image');
      const env = { OLMIRROR_RETRY_DELAY_MS: '10' };
      const first = await site.olmirror(['apply'], { env });
      assert.equal(first.code, row.code, first.stdout + first.stderr);
      assert.match(first.stdout, row.sums);
      const production = site.open(site.production);
      assert.deepEqual(await production.headManifest(REPOSITORY, tag), { state: 'absent' });
      now.rule = () => null;
      const second = await site.olmirror(['apply'], { env });
      assert.equal(second.code, 0, second.stdout + second.stderr);
      assert.match(second.stdout, /wanted 2 = in-sync 1 \+ copied 1 /);
      const there = await production.headManifest(REPOSITORY, tag);
      assert.ok(there.state === 'present' && there.digest === signature.digest);
      const since = site.stagingProxy.requests.length;
      const third = await site.olmirror(['apply'], { env });
      assert.match(third.stdout, /Nothing to do\. wanted 1 = in-sync 1 /);
      assert.equal(site.stagingProxy.requests.length, since, 'nothing is owed any more');
    });
});
