import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { diffCatalogs, type PackageDiff } from '../../src/catalog/diff-catalogs.ts';
import { findRealData } from '../support/real-data.ts';
import { readPair } from './real-pair.ts';

const { path: ROOT, skip } = findRealData('pairs');

/** What `pair.json` says of a pair, as another program counted it. */
interface PairDiff {
  readonly packagesRemoved: readonly string[];
  readonly packagesAdded: readonly string[];
  readonly defaultChanged: string | null;
  readonly channelsRemoved: readonly string[];
  readonly channelsAdded: readonly string[];
  readonly entriesRemovedFromSharedChannels: number;
  readonly entriesAddedToSharedChannels: number;
  readonly edgesChanged: number;
  readonly bundlesRemoved: number;
  readonly bundlesAdded: number;
  readonly sameNameDifferentImage: readonly string[];
  readonly sameNameDifferentRelatedImages: readonly string[];
  readonly deprecationsAdded: number;
  readonly deprecationsRemoved: number;
}

function countPair(packages: readonly PackageDiff[]): PairDiff {
  const shared = packages.filter((pkg) => pkg.kind === 'changed');
  const channels = shared.flatMap((pkg) => pkg.channels);
  const sharedChannels = channels.filter((channel) => channel.kind === 'changed');
  const rereleased = shared.flatMap((pkg) => pkg.bundlesRereleased);
  // Of several, pair.json keeps the last.
  const changed = shared.flatMap((pkg) => pkg.defaultChannel ?? []).at(-1);
  function namesOf(kind: 'added' | 'removed'): readonly string[] {
    return packages.filter((pkg) => pkg.kind === kind).map((pkg) => pkg.package);
  }
  function channelsOf(kind: 'added' | 'removed'): readonly string[] {
    return channels.filter((channel) => channel.kind === kind).map(({ channel }) => channel);
  }
  return {
    packagesRemoved: namesOf('removed'),
    packagesAdded: namesOf('added'),
    defaultChanged: changed === undefined ? null : `${changed.before} => ${changed.after}`,
    channelsRemoved: channelsOf('removed').toSorted(),
    channelsAdded: channelsOf('added').toSorted(),
    entriesRemovedFromSharedChannels: sharedChannels.flatMap((x) => x.entriesRemoved).length,
    entriesAddedToSharedChannels: sharedChannels.flatMap((x) => x.entriesAdded).length,
    edgesChanged: sharedChannels.flatMap((channel) => channel.edgesChanged).length,
    bundlesRemoved: shared.flatMap((pkg) => pkg.bundlesRemoved).length,
    bundlesAdded: shared.flatMap((pkg) => pkg.bundlesAdded).length,
    sameNameDifferentImage: rereleased
      .filter((x) => x.image !== null)
      .map((x) => x.bundle)
      .toSorted(),
    sameNameDifferentRelatedImages: rereleased
      .filter((x) => x.relatedAdded.length + x.relatedRemoved.length > 0)
      .map((x) => x.bundle)
      .toSorted(),
    deprecationsAdded: shared.flatMap((pkg) => pkg.deprecationsAdded).length,
    deprecationsRemoved: shared.flatMap((pkg) => pkg.deprecationsRemoved).length,
  };
}

function readExpected(pair: string): PairDiff {
  const { diff } = JSON.parse(readFileSync(join(ROOT, pair, 'pair.json'), 'utf8'));
  const { edgesChangedSample: _, samePropertyTypesChanged: __, ...counts } = diff;
  return {
    ...counts,
    channelsRemoved: counts.channelsRemoved.toSorted(),
    channelsAdded: counts.channelsAdded.toSorted(),
  };
}

describe('diffCatalogs of pairs of real catalogs', { skip }, () => {
  for (const pair of existsSync(ROOT) ? readdirSync(ROOT) : [])
    it(`${pair}: counts what pair.json says`, () => {
      const { old, fresh } = readPair(pair);
      assert.deepEqual(countPair(diffCatalogs(old, fresh).packages), readExpected(pair));
      assert.deepEqual(diffCatalogs(old, old), { packages: [], looseChanged: false });
    });
});
