import assert from 'node:assert/strict';
import { pushIndex, pushOperator, type Site } from './site.ts';

/** Production serves a at 1.0.0, taken over and committed; staging brings 1.1.0. */
export async function deliverOne(site: Site): Promise<void> {
  await pushIndex(site.production.host, {
    a: await pushOperator(site.production.host, { name: 'a', versions: ['1.0.0'] }),
  });
  await pushIndex(site.staging.host, {
    a: await pushOperator(site.staging.host, { name: 'a', versions: ['1.0.0', '1.1.0'] }),
  });
  const init = await site.olmirror(['init']);
  assert.equal(init.code, 0, init.stderr);
  await site.commit('base');
}

/** Production serves a and b at 1.0.0; staging brings a 1.1.0 only. */
export async function deliver(site: Site): Promise<void> {
  const [a, b] = [
    await pushOperator(site.production.host, { name: 'a', versions: ['1.0.0'] }),
    await pushOperator(site.production.host, { name: 'b', versions: ['1.0.0'] }),
  ];
  await pushIndex(site.production.host, { a, b });
  const newer = await pushOperator(site.staging.host, {
    name: 'a',
    versions: ['1.0.0', '1.1.0'],
    platforms: ['linux/amd64', 'linux/arm64'],
  });
  const old = a[0];
  const fresh = newer[1];
  assert.ok(old !== undefined && fresh !== undefined);
  await pushIndex(site.staging.host, { a: [old, fresh] });
}
