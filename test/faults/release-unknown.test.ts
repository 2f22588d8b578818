import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '../../scripts/lib/fault-proxy.ts';
import type { Plan } from '../../src/plan/types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { createProxiedSite } from '../support/proxied-site.ts';
import { pushRelease } from '../support/release.ts';

const plans = compileSchema<Plan>('plan');

// Guards against: components left out without a word, as if the release had none, because its payload could not be asked for or read
// (promise 6). Seen to fail with readRelease returning null for unknown.
test('a release whose payload production does not tell of is no release without components', async (t) => {
  let fault: Fault | null = null;
  let asked = 0;
  const site = await createProxiedSite(
    t,
    {
      // Only the first question about the payload fails: the second, about an image, gets its answer.
      production: ({ url }) => {
        if (!url.includes('/openshift/release-images/manifests/4.20.3-x86_64')) return null;
        asked += 1;
        return asked === 1 ? fault : null;
      },
    },
    { catalogs: [], spec: '  releases: [{ version: 4.20.3 }]' },
  );
  for (const registry of [site.production, site.staging])
    await pushRelease(registry.host, { version: '4.20.3' });
  await site.commit('release');
  for (const status of [401, 403]) {
    fault = { kind: 'status', status, body: 'no' };
    asked = 0;
    const { code, stdout } = await site.olmirror(['plan', '--format', 'json']);
    const { checks } = parseChecked(plans, stdout);
    const found = checks.filter(({ message }) => message.startsWith('Which images release 4.20.3'));
    assert.deepEqual(
      [code, found.map(({ kind, severity }) => [kind, severity])],
      [1, [['unknown', 'error']]],
      `${status}: ${stdout}`,
    );
  }
});
