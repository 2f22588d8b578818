import fc from 'fast-check';
import type { DeclaredBridge, MergeOptions } from '../../src/catalog/merge-types.ts';
import { anyBridges } from './any-world.ts';

export const SIGNED: Pick<DeclaredBridge, 'reason' | 'by' | 'until' | 'file'> = {
  reason: 'tried',
  by: 'a law',
  until: null,
  file: 'rules/idx/bridges.yaml',
};
export const TODAY = '2026-01-01';

/** The options of a merge without declared bridges. */
export function anyOptions(
  stranded: readonly MergeOptions['strandedUpgrades'][] = ['block', 'warn'],
): fc.Arbitrary<MergeOptions> {
  return fc.record(
    {
      duplicateBundle: fc.constantFrom<MergeOptions['duplicateBundle']>('newer', 'keep', 'block'),
      acceptDefaultChannel: fc.boolean(),
      strandedUpgrades: fc.constantFrom(...stranded),
    },
    { noNullPrototype: true },
  );
}

export function anyBridgedOptions(): fc.Arbitrary<MergeOptions> {
  return fc
    .tuple(anyOptions(), anyBridges())
    .map(([options, bridges]) => ({ ...options, declared: { bridges, today: TODAY } }));
}
