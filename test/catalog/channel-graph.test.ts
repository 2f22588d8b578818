import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseVersion } from '../../src/base/semver.ts';
import type { ChannelEntry } from '../../src/catalog/blob-fields.ts';
import {
  buildChannelGraph,
  findGraphFaults,
  findHead,
  findUpgradable,
} from '../../src/catalog/channel-graph.ts';

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

describe('findUpgradable', () => {
  it('follows replaces, skips and skipRange to the head, names that are no entries included', () => {
    const graph = buildChannelGraph([
      entry('d', { replaces: 'c', skips: ['x'] }),
      entry('c', { skipRange: '>=1.0.0 <2.0.0' }),
      entry('b', { replaces: 'a' }),
      entry('lone'),
    ]);
    const versions = new Map([
      ['b', parseVersion('1.5.0')],
      ['lone', parseVersion('0.1.0')],
      ['c', parseVersion('2.0.0')],
      ['other', parseVersion('1.1.0')],
    ]);
    assert.equal(findHead(graph), null);
    assert.deepEqual([...findUpgradable(graph, 'd', versions)].toSorted(), [
      'a',
      'b',
      'c',
      'd',
      'x',
    ]);
  });
});
