import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readDefaultChannel } from '../../src/catalog/blob-fields.ts';
import { type AskedInto, chooseAsked, mergeAsked } from '../../src/catalog/choose-asked.ts';
import { mergeCatalogs } from '../../src/catalog/merge-catalogs.ts';
import { type AskedPackage, isAskable, selectAsked } from '../../src/catalog/select-asked.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import { findRealData } from '../support/real-data.ts';
import { readPair } from './real-pair.ts';

const real = findRealData('pairs');

function into(base: Catalog): AskedInto {
  const options = {
    duplicateBundle: 'newer',
    acceptDefaultChannel: false,
    strandedUpgrades: 'block',
  } as const;
  return { base, exclusions: [], options };
}

/** What a delivery of the heads of the default channels, or of all channels, leaves in production. */
function filterHeads(catalog: Catalog, which: 'default' | 'all'): Catalog {
  const asked = [...catalog.packages.values()].map(
    (pkg): AskedPackage => ({
      name: pkg.name,
      channels: pkg.channels
        .filter(
          (channel) =>
            isAskable(channel) && (which === 'all' || channel.name === readDefaultChannel(pkg)),
        )
        .map(({ name }) => ({ name, minVersion: null, maxVersion: null })),
    }),
  );
  return selectAsked(
    catalog,
    asked.filter(({ channels }) => channels.length > 0),
  );
}

function listAll(catalog: Catalog): readonly { name: string; channels: readonly string[] }[] {
  return [...catalog.packages.keys()].map((name) => ({ name, channels: [] }));
}

/** Seen to fail with `closeGaps` that asks for the heads alone. */
describe('chooseAsked over all real pairs', { skip: real.skip }, () => {
  const pairs = real.skip === false ? readdirSync(real.path) : [];
  for (const name of pairs)
    it(`asks for what merges with no gap: ${name}`, () => {
      const { old, fresh } = readPair(name);
      for (const base of [filterHeads(old, 'default'), filterHeads(old, 'all'), old]) {
        const choice = chooseAsked(fresh, listAll(base), into(base));
        const { merge, delivery } = mergeAsked(fresh, choice.asked, into(base));
        assert.deepEqual(merge.gaps, []);
        const left = choice.unclosed.filter(({ channel }) => channel === null);
        const known = [...base.packages.keys()].filter((pkg) => fresh.packages.has(pkg));
        assert.equal(delivery.packages.size + left.length, known.length + choice.required.length);
        // Nothing is left out for which more images would have been enough.
        const { gaps } = mergeCatalogs(base, fresh, into(base).options);
        for (const { package: pkg } of choice.unclosed)
          assert.ok(
            gaps.some((gap) => gap.package === pkg),
            pkg,
          );
      }
    });
});
