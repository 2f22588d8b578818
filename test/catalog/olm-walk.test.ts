import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { tryParseVersion } from '../../src/base/semver.ts';
import { type ChannelEntry, readEntries } from '../../src/catalog/blob-fields.ts';
import { buildChannelGraph } from '../../src/catalog/channel-graph.ts';
import { comparePaths, type PathChanges } from '../../src/catalog/compare-paths.ts';
import { buildOlmWalk, type Installed, listOffers } from '../../src/catalog/olm-walk.ts';
import { checkLaw } from '../support/check-law.ts';
import { reachesHead, versionIn } from './olm-simulation.ts';
import type { SampleEntry } from './sample-catalog.ts';
import { packageOf } from './sample-graphs.ts';

const NAMES = Array.from({ length: 7 }, (_, i) => `op.v1.${i}.0`);
const VERSIONS = new Map(
  NAMES.flatMap((name) => {
    const version = tryParseVersion(versionIn(name));
    return version === null ? [] : [[name, version] as const];
  }),
);

const anyName = fc.constantFrom(...NAMES);
const anyEntry = fc.record({
  name: anyName,
  replaces: fc.oneof(fc.constant(''), anyName),
  skips: fc.uniqueArray(anyName, { maxLength: 2 }),
  skipRange: fc.constantFrom('', '', '<1.3.0', '>=1.1.0 <1.5.0', '>=1.2.0 || <1.1.0'),
});
const anyChannel = fc.uniqueArray(anyEntry, { selector: (entry) => entry.name, minLength: 1 });

function walkOf(entries: readonly ChannelEntry[]): ReturnType<typeof buildOlmWalk> {
  return buildOlmWalk(buildChannelGraph(entries), VERSIONS);
}

// Seen to fail: an entry that is skipped offered all the same; the walk ending at a skipped entry, as opm's does.
describe('buildOlmWalk', () => {
  it('gets to the head from where a plain simulation of OLM does', (context) => {
    let reaching = 0;
    checkLaw(
      context,
      fc.property(anyChannel, (entries) => {
        const walk = walkOf(entries);
        for (const [name, version] of VERSIONS) {
          const named = reachesHead(entries, { name, version: versionIn(name) });
          assert.equal(walk.countHops({ name, version }) !== null, named, name);
          const unnamed = reachesHead(entries, { name: '', version: versionIn(name) });
          assert.equal(walk.countHops({ name: '', version }) !== null, unnamed, name);
          reaching += Number(named);
        }
      }),
    );
    assert.ok(reaching > 1_000, `${reaching} reach the head`);
  });

  it('counts the hops that taking the first offer again and again takes', (context) => {
    checkLaw(
      context,
      fc.property(anyChannel, (entries) => {
        const walk = walkOf(entries);
        const [head] = walk.offered;
        for (const [name, version] of VERSIONS) {
          const hops = walk.countHops({ name, version });
          let at: Installed = { name, version };
          for (let hop = 0; hop < (hops ?? 0); hop += 1) {
            assert.notEqual(at.name, head?.name);
            const to = listOffers(walk.offered, at)[0]?.to ?? '';
            at = { name: to, version: VERSIONS.get(to) ?? null };
          }
          if (hops !== null) assert.equal(at.name, head?.name);
        }
      }),
    );
  });

  it('offers nothing in a channel with several heads, unless it is asked what one of them would be', () => {
    const graph = buildChannelGraph([
      { name: 'op.v1.2.0', replaces: 'op.v1.1.0', skips: [], skipRange: '' },
      { name: 'op.v1.0.0', replaces: '', skips: [], skipRange: '' },
    ]);
    const old = { name: 'op.v1.1.0', version: null };
    assert.deepEqual(buildOlmWalk(graph, VERSIONS).countHops(old), null);
    assert.deepEqual(buildOlmWalk(graph, VERSIONS, 'op.v1.2.0').countHops(old), 1);
  });

  it('takes a channel of 100 versions that skip 60 each in its stride', () => {
    const entries = Array.from({ length: 100 }, (_, i) => ({
      name: `op.v1.${i}.0`,
      replaces: i === 0 ? '' : `op.v1.${i - 1}.0`,
      skips: Array.from({ length: 60 }, (__, k) => `op.v1.${i - 1}.${k + 1}`),
      skipRange: `>=1.${Math.max(0, i - 3)}.0 <1.${i}.0`,
    }));
    const graph = buildChannelGraph(entries);
    const walk = buildOlmWalk(graph, new Map());
    const counts = [...graph.skipped].map((name) => walk.countHops({ name, version: null }));
    assert.equal(counts.length, 6_000);
    assert.equal(Math.max(...counts.map(Number)), 100);
  });
});

function compare(before: readonly SampleEntry[], after: readonly SampleEntry[]): PathChanges {
  const [old, fresh] = [before, after].map((stable) => packageOf({ channels: { stable } }));
  const [from, to] = [old?.channels[0], fresh?.channels[0]];
  assert.ok(old !== undefined && fresh !== undefined && from !== undefined && to !== undefined);
  assert.ok(readEntries(from).length > 0);
  return comparePaths({ pkg: old, channel: from }, { pkg: fresh, channel: to });
}

describe('comparePaths', () => {
  const head = { name: 'op.v1.2.0' };
  const cases: readonly (readonly [string, string, string, readonly string[]])[] = [
    ['a range that is cut below', '<1.2.0', '>=1.1.0 <1.2.0', ['<1.1.0']],
    ['a range that is cut above', '<1.2.0', '<=1.0.0', ['>1.0.0 <1.2.0']],
    ['a hole', '<1.2.0', '<1.0.0 || >1.1.0 <1.2.0', ['>=1.0.0 <=1.1.0']],
    ['a range that is gone', '>=1.0.0 <1.2.0', '', ['>=1.0.0 <1.2.0']],
    ['another spelling of the same', '1.1.x', '>=1.1.0 <1.2.0', []],
    ['one version', '1.0.5', '', ['1.0.5']],
    ['prereleases', '<1.2.0-rc.1', '<1.2.0-beta', ['>=1.2.0-beta <1.2.0-rc.1']],
    ['no upper end', '!=1.2.0', '<1.2.0', ['>1.2.0']],
    ['a range that grows', '<1.0.0', '<1.2.0', []],
  ];
  for (const [name, before, after, ranges] of cases)
    it(`names the versions that lose their way by ${name}`, () => {
      const old = [{ ...head, skipRange: before }];
      const { brokenRanges } = compare(old, [{ ...head, skipRange: after }]);
      assert.deepEqual(brokenRanges, ranges);
    });

  it('leaves out the one version that it judges by its name', () => {
    const changes = compare(
      [{ ...head, replaces: 'op.v1.0.0', skipRange: '<=1.0.0' }, { name: 'op.v1.0.0' }],
      [{ ...head, replaces: 'op.v1.0.0', skipRange: '<1.0.0' }, { name: 'op.v1.0.0' }],
    );
    assert.deepEqual(changes, { broken: [], opened: [], brokenRanges: [] });
  });

  it('finds every path broken by a cycle that opm does not see', () => {
    const { broken } = compare(
      [
        { ...head, replaces: 'op.v1.1.0', skips: ['op.v1.1.0', 'op.v1.0.0'] },
        { name: 'op.v1.1.0' },
      ],
      [
        { ...head, replaces: 'op.v1.1.0', skips: ['op.v1.1.0', 'op.v1.0.0'] },
        { name: 'op.v1.1.0', replaces: 'op.v1.0.0' },
        { name: 'op.v1.0.0', replaces: 'op.v1.1.0' },
      ],
    );
    assert.deepEqual(broken.map(({ name }) => name).toSorted(), [
      'op.v1.0.0',
      'op.v1.1.0',
      'op.v1.2.0',
    ]);
  });
});
