import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ChannelEntry } from '../../src/catalog/blob-fields.ts';
import { buildChannelGraph, findGraphFaults } from '../../src/catalog/channel-graph.ts';

function entry(name: string, edges: Partial<ChannelEntry> = {}): ChannelEntry {
  return { name, replaces: '', skips: [], skipRange: '', ...edges };
}

describe('findGraphFaults', () => {
  const cases: readonly (readonly [string, readonly ChannelEntry[], unknown])[] = [
    ['an empty channel', [], [{ kind: 'empty' }]],
    [
      'a chain whose tail replaces what is not there',
      [
        entry('b', { replaces: 'a' }),
        entry('c', { replaces: 'b' }),
        entry('a', { replaces: 'gone' }),
      ],
      [],
    ],
    [
      'entries linked by skipRange only',
      [entry('a'), entry('b', { skipRange: '<2.0.0' })],
      [{ kind: 'several-heads', heads: ['a', 'b'] }],
    ],
    ['an entry that skips itself', [entry('a', { skips: ['a'] })], [{ kind: 'no-head' }]],
    [
      'a cycle below the head',
      [entry('c', { replaces: 'b' }), entry('b', { replaces: 'a' }), entry('a', { replaces: 'b' })],
      [{ kind: 'cycle', path: ['b', 'a', 'b'] }],
    ],
    [
      'an entry replaced and skipped by one entry',
      [entry('c', { replaces: 'b', skips: ['b'] }), entry('b', { replaces: 'a' }), entry('a')],
      [{ kind: 'stranded', entries: ['a'] }],
    ],
    [
      'a cycle among skipped entries',
      [
        entry('c', { skips: ['a', 'b'] }),
        entry('b', { replaces: 'a' }),
        entry('a', { replaces: 'b' }),
      ],
      [],
    ],
  ];
  for (const [name, entries, faults] of cases) {
    it(`judges ${name} as opm does`, () => {
      assert.deepEqual(findGraphFaults(buildChannelGraph(entries)), faults);
    });
  }
});
