import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createFaultSite, type FaultSite, hangOnePass } from '../support/fault-site.ts';
import { collect, readServed } from '../support/site.ts';
import { grantLease, type Kube, NO_KUBE, startKube } from '../support/start-kube.ts';

const FIRST = ['a.v1.0.0', 'a.v1.1.0', 'b.v1.0.0'];
const APPLY = ['apply', '--lease', 'olmirror/olmirror'];
const HANGING = [...APPLY, '--concurrency', '1'];
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/olmirror/leases/olmirror';

// Two processes with state folders of their own, as two pods have, so that nothing but the Lease is between them.
describe('two pods and one Lease', { skip: NO_KUBE }, () => {
  let kube: Kube;
  before(async () => {
    kube = await startKube();
    await grantLease(kube);
  });
  after(() => kube?.stop());

  async function podOf(site: FaultSite, name: string, account = 'olmirror'): Promise<Pod> {
    return {
      env: {
        KUBECONFIG: await kube.writeKubeconfig(account),
        XDG_STATE_HOME: join(site.folder, name),
        OLMIRROR_LOCK_STALE_MS: '3000',
      },
    };
  }

  // Seen to fail: with createApplier taking the first locker alone, the second pod wrote beside the first.
  test('the second is refused while the first writes, and takes over when it was killed, after the time of the Lease', async (t) => {
    const site = await createFaultSite(t);
    const [north, south] = [await podOf(site, 'north'), await podOf(site, 'south')];
    const holder = await hangOnePass(site, HANGING, north);
    const refused = await site.olmirror(APPLY, south);
    assert.equal(refused.code, 1, refused.stdout + refused.stderr);
    assert.match(refused.stderr, /is applying; the lock is the Lease olmirror\/olmirror\./);
    assert.match(refused.stderr, /Hint: Wait until it has ended/);
    const begun = performance.now();
    holder.kill('SIGKILL');
    site.spoil({});
    const apply = await site.olmirror(APPLY, south);
    assert.equal(apply.code, 0, apply.stdout + apply.stderr);
    assert.ok(performance.now() - begun >= 2_000, 'not before its time');
    assert.deepEqual(await readServed(site.open(site.production)), FIRST);
  });

  test('SIGTERM gives the Lease back, so that the next begins at once', async (t) => {
    const site = await createFaultSite(t);
    const holder = await hangOnePass(site, HANGING, await podOf(site, 'north'));
    assert.match(await readHolder(kube), /_/);
    const ended = collect(holder);
    holder.kill('SIGTERM');
    site.spoil({});
    await ended;
    assert.equal(await readHolder(kube), '');
    const apply = await site.olmirror(APPLY, await podOf(site, 'south'));
    assert.equal(apply.code, 0, apply.stdout + apply.stderr);
    assert.doesNotMatch(apply.stderr, /it is taken over if/);
  });

  test('an API server that dies in the middle of a pass ends it by the deadline of its Lease, and keeps further ones from beginning', async (t) => {
    const site = await createFaultSite(t);
    const pod = await podOf(site, 'north');
    const ended = collect(await hangOnePass(site, HANGING, pod));
    const tags = await site.readTags();
    await kube.kill();
    try {
      const end = await ended;
      assert.equal(end.code, 1, end.stdout + end.stderr);
      assert.match(end.stderr, /The Lease olmirror\/olmirror could not be renewed for 2 s: /);
      assert.match(end.stderr, /no index is half published/);
      assert.deepEqual(await site.readTags(), tags);
      site.spoil({});
      const next = await site.olmirror(APPLY, pod);
      assert.equal(next.code, 1, next.stdout + next.stderr);
      assert.match(next.stderr, /The Leases of olmirror could not be listed: .*ECONNREFUSED/);
      assert.deepEqual(await site.readTags(), tags);
    } finally {
      await kube.start();
    }
    const apply = await site.olmirror(APPLY, pod);
    assert.equal(apply.code, 0, apply.stdout + apply.stderr);
  });

  test('a pod without the Role writes nothing and says what to grant', async (t) => {
    const site = await createFaultSite(t);
    const tags = await site.readTags();
    const apply = await site.olmirror(APPLY, await podOf(site, 'north', 'stranger'));
    assert.equal(apply.code, 1, apply.stdout + apply.stderr);
    assert.match(
      apply.stderr,
      /the API server answered 403 \(leases\.coordination\.k8s\.io is forbidden/,
    );
    assert.match(apply.stderr, /Hint: Grant the service account a Role in olmirror/);
    assert.doesNotMatch(apply.stdout + apply.stderr, /stranger-token/);
    assert.deepEqual(await site.readTags(), tags);
  });
});

interface Pod {
  readonly env: Record<string, string>;
}

async function readHolder(kube: Kube): Promise<string> {
  const { body } = await kube.ask('GET', LEASE);
  const { spec }: { spec: { holderIdentity?: string } } = JSON.parse(body);
  return spec.holderIdentity ?? '';
}
