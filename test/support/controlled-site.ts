import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import type { TestContext } from 'node:test';
import {
  type CliResult,
  collect,
  createSite,
  pushIndex,
  pushOperator,
  readServed,
  type Site,
} from './site.ts';

/** What the delivery brings. */
export const NEW = 'a.v1.1.0';

export interface ControlledSite extends Site {
  /** Everything that `watch` has logged. */
  readonly log: () => string;
  serves(bundle: string): Promise<boolean>;
  /** Whether production holds the operand of the delivered version. */
  holdsImage(): Promise<boolean>;
  watch(): void;
  stop(): Promise<void>;
}

/** Production has 1.0.0 of `a`; a delivery with 1.1.0 is merged, not committed. */
export async function createControlledSite(t: TestContext, spec?: string): Promise<ControlledSite> {
  const site = await createSite(t);
  const { production, staging } = site;
  await pushIndex(production.host, {
    a: await pushOperator(production.host, { name: 'a', versions: ['1.0.0'] }),
  });
  const a = await pushOperator(staging.host, { name: 'a', versions: ['1.0.0', '1.1.0'] });
  await pushIndex(staging.host, { a });
  await site.writeManifest();
  assert.equal((await site.olmirror(['init'])).code, 0);
  await site.commit('base');
  assert.equal((await site.olmirror(['merge'])).code, 0);
  if (spec !== undefined) await site.writeManifest({ spec: `  reconcile:\n${spec}` });
  const registry = site.open(production);
  const operand = a.at(-1)?.related?.[0] ?? '';
  let log = '';
  let running: { readonly child: ChildProcess; readonly ended: Promise<CliResult> } | null = null;
  return {
    ...site,
    log: () => log,
    serves: async (bundle) => (await readServed(registry)).includes(bundle),
    async holdsImage() {
      const presence = await registry.headManifest('vendor/a-operand', operand.split('@')[1] ?? '');
      assert.notEqual(presence.state, 'unknown');
      return presence.state === 'present';
    },
    watch() {
      const child = site.start(['watch', '--interval', '1h', '--log-format', 'json']);
      t.after(() => child.kill('SIGKILL'));
      child.stdout?.on('data', (text: string) => (log += text));
      running = { child, ended: collect(child) };
    },
    async stop() {
      running?.child.kill('SIGTERM');
      const ended = await running?.ended;
      assert.deepEqual([ended?.code, ended?.stderr], [0, '']);
    },
  };
}
