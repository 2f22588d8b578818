import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { mergeCatalogs } from '../../src/catalog/merge-catalogs.ts';
import type { DeclaredBridge, Gap, MergeNote } from '../../src/catalog/merge-types.ts';
import { checkLaw } from '../support/check-law.ts';
import { anyBridgedOptions, SIGNED, TODAY } from './any-options.ts';
import { anyDelivery, anyWorld, type World } from './any-world.ts';
import { sampleCatalog } from './sample-catalog.ts';

describe('what these laws were tried on', () => {
  it('reaches every kind of gap and note of the graph side', (context) => {
    const seen = new Set<string>();
    checkLaw(
      context,
      fc.property(anyWorld(), anyDelivery(), anyBridgedOptions(), (a, b, options) => {
        const bridges = [...(options.declared?.bridges ?? []), ...declareOwn(b)];
        const declared = { bridges, today: TODAY };
        const spoilt = b.map((pkg) => ({
          ...pkg,
          deprecations: [...(pkg.deprecations ?? []), DANGLING],
        }));
        const result = mergeCatalogs(sampleCatalog(...a), sampleCatalog(...spoilt), {
          ...options,
          declared,
        });
        for (const { kind } of [...result.gaps, ...result.notes]) seen.add(kind);
      }),
    );
    assert.deepEqual(
      [...GAP_KINDS, ...NOTE_KINDS].filter((kind) => !seen.has(kind)),
      [],
    );
  });
});

const DANGLING = { schema: 'olm.bundle', name: 'nothing.v9.0.0', message: 'gone' };

/** A bridge that says what an entry of the delivery says anyway. */
function declareOwn(world: World): readonly DeclaredBridge[] {
  const [pkg] = world;
  const [channel, entries = []] = Object.entries(pkg?.channels ?? {})[0] ?? [''];
  const entry = entries.at(-1);
  if (pkg === undefined || entry === undefined) return [];
  const edges = { replaces: '', skips: [], skipRange: '', ...entry, bundle: entry.name };
  return [{ ...edges, package: pkg.name, channel, ...SIGNED, line: 1 }];
}

const GAP_KINDS = [
  'several-heads',
  'no-head',
  'cycle',
  'stranded',
  'upgrade-lost',
  'duplicate-bundle',
  'bad-bridge',
  'invalid',
] as const satisfies readonly Gap['kind'][];

const NOTE_KINDS = [
  'older-delivery',
  'default-channel-kept',
  'bundle-taken',
  'bundle-kept',
  'deprecation-dropped',
  'skips-added',
  'upgrade-lost',
  'range-lost',
  'bridge-applied',
  'bridge-idle',
  'bridge-expired',
  'bridge-unused',
] as const satisfies readonly MergeNote['kind'][];
