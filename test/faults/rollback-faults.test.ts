import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { deleteManifest } from '../../scripts/lib/delete-manifest.ts';
import type { Fault, ProxiedRequest } from '../../scripts/lib/fault-proxy.ts';
import { pushImage } from '../../scripts/lib/push-image.ts';
import type { RollbackReport } from '../../src/plan/rollback-types.ts';
import { foreignIndex } from '../real/index-images.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { deliver } from '../support/deliver.ts';
import { createProxiedSite, runAndCommit } from '../support/proxied-site.ts';
import { collect, pushOperator, readServed, readText } from '../support/site.ts';

const checked = compileSchema<RollbackReport>('index-rollback');
const OLD = ['a.v1.0.0', 'b.v1.0.0'];
const NEW = ['a.v1.0.0', 'a.v1.1.0', 'b.v1.0.0'];
const APPLY = ['index', 'rollback', 'previous', '--apply', '--reason', 'it crashes', '--by', 'kim'];

function isMove({ method, url }: ProxiedRequest): boolean {
  return method === 'PUT' && url.endsWith('/olm/idx/manifests/v1');
}

interface Started {
  readonly child: ReturnType<Awaited<ReturnType<typeof createProxiedSite>>['start']>;
  readonly ended: ReturnType<typeof collect>;
}

test('a rollback writes one manifest or nothing, whatever the registry does', async (t) => {
  const faults: { rule: ((request: ProxiedRequest) => Fault | null) | null; hit: boolean } = {
    rule: null,
    hit: false,
  };
  const site = await createProxiedSite(t, {
    production: (request) => faults.rule?.(request) ?? null,
  });
  await deliver(site);
  await runAndCommit(site, ['init', 'merge']);
  assert.equal((await site.olmirror(['apply'])).code, 0);
  const production = site.open(site.production);
  const manifest = await readText(site, 'mirror.yaml');
  async function roll(code: number, args = APPLY): Promise<RollbackReport> {
    const result = await site.olmirror([...args, '--format', 'json']);
    assert.equal(result.code, code, result.stdout + result.stderr);
    return parseChecked(checked, result.stdout);
  }
  async function assertUntouched(): Promise<void> {
    assert.deepEqual(await readServed(production), NEW);
    assert.equal(await readText(site, 'mirror.yaml'), manifest);
  }
  function hangAtMove(): void {
    faults.hit = false;
    faults.rule = (request) => {
      if (!isMove(request)) return null;
      faults.hit = true;
      return { kind: 'hang' };
    };
  }
  async function startHanging(): Promise<Started> {
    hangAtMove();
    const child = site.start(APPLY);
    const ended = collect(child);
    while (!faults.hit) await sleep(50);
    return { child, ended };
  }

  // Seen to fail: without restoreFiles in run-rollback.ts mirror.yaml kept a pin.
  await t.test('refused by the registry: tag and file stay', async () => {
    faults.rule = (request) => (isMove(request) ? { kind: 'status', status: 400 } : null);
    const report = await roll(1);
    assert.deepEqual([report.outcome?.kind, report.written], ['failed', []]);
    await assertUntouched();
    const text = await site.olmirror(APPLY);
    assert.match(text.stdout, /writePolicy: allow-once/);
    assert.match(text.stdout, /Nothing was changed: neither the tag nor a file\.\n$/);
  });

  await t.test('a registry that hangs: after --copy-timeout tag and file stay', async () => {
    hangAtMove();
    const report = await roll(1, [...APPLY, '--copy-timeout', '1s']);
    assert.deepEqual([report.outcome?.kind, report.written, faults.hit], ['failed', [], true]);
    await assertUntouched();
  });

  await t.test('stopped by a signal while the tag moves: tag and file stay', async () => {
    const { child, ended } = await startHanging();
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 1, stdout + stderr);
    await assertUntouched();
  });

  await t.test(
    'killed while the tag moves: the pin stands, and the same command goes on',
    async () => {
      const { child, ended } = await startHanging();
      child.kill('SIGKILL');
      await ended;
      assert.deepEqual(await readServed(production), NEW);
      assert.match(await readText(site, 'mirror.yaml'), /pin: \{ tag: "v1-/);
      faults.rule = null;
      const before = [site.productionProxy.requests.length, site.stagingProxy.requests.length];
      const report = await roll(0);
      assert.equal(report.outcome?.kind, 'copied');
      assert.deepEqual(await readServed(production), OLD);
      const writes = site.productionProxy.requests
        .slice(before[0])
        .filter(({ method }) => method !== 'GET' && method !== 'HEAD');
      assert.deepEqual(
        writes.map(({ method, url }) => `${method} ${url}`),
        ['PUT /v2/olm/idx/manifests/v1'],
      );
      assert.equal(site.stagingProxy.requests.length, before[1], 'staging is not asked');
      await writeFile(join(site.state, 'mirror.yaml'), manifest);
      assert.equal((await site.olmirror(['apply'])).code, 0);
      await assertUntouched();
    },
  );

  await t.test('unknown answers are no absence', async () => {
    faults.rule = ({ url, method }) =>
      method === 'HEAD' && url.includes('/vendor/b-operand/')
        ? { kind: 'status', status: 403 }
        : null;
    const report = await roll(1);
    assert.deepEqual(
      report.checks.map(({ kind, severity }) => [kind, severity]),
      [['unknown', 'error']],
    );
    faults.rule = ({ url }) =>
      url.includes('/tags/list') ? { kind: 'status', status: 500 } : null;
    const list = await site.olmirror(APPLY);
    assert.deepEqual([list.code, list.stdout], [1, '']);
    assert.match(list.stderr, /is unknown: .*Nothing was changed\.\nHint: /);
    faults.rule = null;
    await assertUntouched();
  });

  await t.test('a foreign index is neither gone back to nor replaced', async () => {
    const [bundle] = await pushOperator(site.production.host, { name: 'x', versions: ['1.0.0'] });
    assert.ok(bundle !== undefined);
    const tag = `sha256-${'f'.repeat(64)}`;
    await pushImage(site.production.host, foreignIndex({ a: [bundle] }, { tags: [tag] }));
    const target = await roll(
      4,
      APPLY.map((word) => (word === 'previous' ? tag : word)),
    );
    assert.deepEqual(
      target.checks.map(({ kind }) => kind),
      ['foreign-index'],
    );
    await assertUntouched();
    const [first] = (await production.listTags('olm/idx')).filter((name) => name.startsWith('v1-'));
    await pushImage(site.production.host, foreignIndex({ a: [bundle] }, { tags: ['v1'] }));
    const served = await roll(
      4,
      APPLY.map((word) => (word === 'previous' ? (first ?? '') : word)),
    );
    assert.match(served.checks[0]?.message ?? '', /foreign index.*is not replaced/);
    assert.equal(await readText(site, 'mirror.yaml'), manifest);
  });
});

// Promise 3. Seen to fail: without the closure in settle-pinned.ts the tag moved, and the exit code was 0.
test('neither a rollback nor a pin in Git serves an index that names what is gone', async (t) => {
  const site = await createProxiedSite(t);
  await deliver(site);
  await runAndCommit(site, ['init', 'merge']);
  assert.equal((await site.olmirror(['apply'])).code, 0);
  const production = site.open(site.production);
  const [tag = ''] = await production.listTags('vendor/b-operand');
  await deleteManifest(site.production.host, 'vendor/b-operand', tag.replace('-', ':'));
  const refused = await site.olmirror(APPLY);
  assert.equal(refused.code, 4, refused.stdout + refused.stderr);
  assert.match(refused.stdout, /refused: The index of idx does not go back to v1-.*b-operand@/);
  const pinned = await site.olmirror(
    APPLY.map((word) => (word === '--apply' ? '--pin-only' : word)),
  );
  assert.equal(pinned.code, 4, 'nothing is pinned that cannot be served');
  const manifest = await readText(site, 'mirror.yaml');
  const older = /to {4}(v1-[0-9a-f]{12})/.exec(refused.stdout)?.[1] ?? '';
  await writeFile(
    join(site.state, 'mirror.yaml'),
    manifest.replace(/ \}\n$/, `, pin: { tag: ${older}, reason: r, by: kim } }\n`),
  );
  await site.commit('by hand');
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 4, apply.stdout + apply.stderr);
  assert.match(apply.stdout, /refused: index idx: The index of idx does not go back to v1-/);
  assert.deepEqual(await readServed(production), NEW);
});
