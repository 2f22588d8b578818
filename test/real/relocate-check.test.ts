import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RelocateCheck } from '../../src/plan/relocate-check-types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { openStorage } from '../support/damage.ts';
import { createRelocatedSite } from '../support/relocated-site.ts';

const checks = compileSchema<RelocateCheck>('relocate-check');

// Seen to fail: with bundle images left at their upstream names, the rules below led them nowhere; without listHeldImages all was proved.
test('each image that an installed or a pending version names must be in staging, where the node looks for it', async (t) => {
  const site = await createRelocatedSite(t);
  const { host } = site.staging;
  // Operands alone have a rule: the index names bundle images in staging itself.
  const mirrors = [
    {
      source: 'registry.example.com/vendor/c-operand',
      mirrors: [`${host}/vendor/c-operand`],
      redirects: 'digest',
    },
    {
      source: 'registry.example.com/vendor/tool',
      mirrors: [`${host}/vendor/tool`],
      redirects: 'digest',
    },
  ];
  const subscription = { name: 'c', namespace: 'c', package: 'c', channel: 'stable' };
  await site.use({
    subscriptions: [{ ...subscription, installed: 'c.v1.1.0', pending: 'c.v1.2.0' }],
    mirrors,
  });
  await site.expect(['apply']);
  async function check(code: number): Promise<RelocateCheck> {
    return parseChecked(checks, await site.expect(['relocate', 'check', '--format', 'json'], code));
  }
  const whole = await check(0);
  assert.deepEqual([whole.verdict, whole.proved, whole.warnings], ['proved', 5, []]);
  const storage = openStorage(join(site.folder, 'staging'));
  const names: string[] = [];
  for (const { version, image, related } of site.c.slice(1)) {
    const served = image.replace('registry.example.com', host);
    for (const name of [served, related?.[0] ?? '']) {
      await storage.lose(name.split('@')[1] ?? '');
      names.push(`${name} c.v${version} (Subscription c/c)`);
    }
  }
  const { verdict, hindrances, proved } = await check(4);
  assert.deepEqual([verdict, proved], ['not-proved', 1]);
  assert.deepEqual(
    hindrances
      .filter(({ kind }) => kind === 'absent')
      .map(({ subject, users }) => `${subject} ${users.join()}`)
      .toSorted(),
    names.toSorted(),
  );
});
