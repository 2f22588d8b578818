import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault, ProxiedRequest } from '../../scripts/lib/fault-proxy.ts';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { createProxiedSite } from '../support/proxied-site.ts';

const THERE = 260;
const MISSING = 2;

interface Limiter {
  readonly rules: (request: ProxiedRequest) => Fault | null;
  /** Of each client: what was let through, and what was refused. */
  readonly counts: Record<'olmirror' | 'skopeo', { passed: number; refused: number }>;
}

/** Refuses what goes beyond so many requests in any second, whoever sends them. */
function createLimiter(perSecond: number): Limiter {
  const counts = { olmirror: { passed: 0, refused: 0 }, skopeo: { passed: 0, refused: 0 } };
  let recent: number[] = [];
  return {
    counts,
    rules({ headers }) {
      const client =
        counts[headers['user-agent']?.includes('skopeo') === true ? 'skopeo' : 'olmirror'];
      const now = performance.now();
      recent = recent.filter((time) => time > now - 1000);
      if (recent.length >= perSecond) {
        client.refused += 1;
        return { kind: 'status', status: 429, headers: { 'retry-after': '1' } };
      }
      recent.push(now);
      client.passed += 1;
      return null;
    },
  };
}

// Seen to fail: without the rest before a copy in pace-copies.ts one image failed after twelve tries, since skopeo's
// upload was the sixth request of its second each time.
test('apply finishes everything at a production that takes five requests a second, and few of its own are refused', async (t) => {
  const limiter = createLimiter(5);
  const site = await createProxiedSite(t, { production: limiter.rules });
  const sources: string[] = [];
  for (let number = 0; number < THERE + MISSING; number += 1) {
    const repository = `team/image${number}`;
    const { host } = number < THERE ? site.production : site.staging;
    const files = { number: String(number) };
    const { digest } = await pushImage(host, { repository, tags: ['v1'], files });
    sources.push(`    - { source: "registry.example.com/${repository}@${digest}" }`);
  }
  await site.writeManifest({
    production: site.productionProxy.host,
    staging: site.stagingProxy.host,
    catalogs: [],
    spec: `  images:\n${sources.join('\n')}`,
  });
  await site.commit('images');
  const result = await site.olmirror(['apply', '--format', 'json']);
  assert.equal(result.code, 0, result.stderr);
  const { sums } = JSON.parse(result.stdout);
  const { wanted, copied, 'in-sync': inSync, ...others } = sums;
  assert.deepEqual([wanted, copied, inSync], [THERE + MISSING, MISSING, THERE]);
  assert.deepEqual(others, { refused: 0, lost: 0, deferred: 0, failed: 0 });
  const { passed, refused } = limiter.counts.olmirror;
  t.diagnostic(JSON.stringify(limiter.counts));
  assert.ok(passed > THERE && limiter.counts.skopeo.refused > 0, JSON.stringify(limiter.counts));
  assert.ok(refused > 0 && refused / (passed + refused) < 0.05, JSON.stringify(limiter.counts));
});
