import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { compareVersions, tryParseVersion } from '../../src/base/semver.ts';
import { formatCount } from '../../src/base/text.ts';
import {
  listField,
  readDefaultChannel,
  readEntries,
  textField,
} from '../../src/catalog/blob-fields.ts';
import { buildCatalog, listBlobs } from '../../src/catalog/build-catalog.ts';
import { buildChannelGraph, findHead } from '../../src/catalog/channel-graph.ts';
import { readHead } from '../../src/catalog/diff-channels.ts';
import { dropBundles } from '../../src/catalog/drop-bundles.ts';
import { withField } from '../../src/catalog/edit-blob.ts';
import { hashCatalog } from '../../src/catalog/hash-catalog.ts';
import { mergeCatalogs } from '../../src/catalog/merge-catalogs.ts';
import type { Gap, MergeOptions, MergeResult } from '../../src/catalog/merge-types.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import type { Catalog, CatalogPackage } from '../../src/catalog/types.ts';
import { buildUpgradeGraphs, type UpgradeGraph } from '../../src/catalog/upgrade-graph.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { assertGolden } from '../report/golden.ts';
import { findRealData } from '../support/real-data.ts';

const OPTIONS: MergeOptions = {
  duplicateBundle: 'newer',
  acceptDefaultChannel: false,
  strandedUpgrades: 'block',
};

/**
 * Why each pair ends as the table says. `filtered` is the new catalog as oc-mirror v2 delivers it:
 * the head of the default channel alone, with the edges that it has.
 */
const REASONS: Readonly<Record<string, Readonly<Record<Way, string>>>> = {
  '01-couchbase-v4.18': {
    new: 'Images of 2.7.1-1 changed and its createdAt did not; 2.8.0-2 was narrowed, so that channel 2.8.0 takes nobody from 2.7.',
    back: 'The same two contents of 2.7.1-1; nothing is lost, since the range only grows.',
    filtered: 'The head 2.8.1-1 is there and below the catalog’s own: older, nothing to do.',
  },
  '05-dell-csm-v4.16': {
    new: '1.8.0 was taken out, 1.8.1 lost its edge to it, and 1.9.0 skips 1.8.1 alone: upstream strands all that is older, and three bundles have two contents.',
    back: 'The catalog’s 1.9.0 leaves no way from the 1.8.0 that comes back; upstream had stranded it.',
    filtered: '1.9.0 skips 1.8.1, the one way from 1.8.0; as a link of the chain it takes all.',
  },
  '06-tigera-v4.19': {
    new: 'Upstream dropped eight channels with their users: they stay.',
    back: 'The dropped channels come back beside the new ones.',
    filtered: 'Its new default channel has a head that the catalog has already.',
  },
  '12-shipwright-v4.17': {
    new: 'The same content in another form.',
    back: 'The same content in another form.',
    filtered: 'The same content in another form, without the tail.',
  },
  '14-clusterpulse-v4.18': {
    new: 'Three channels gone and the default renamed: all stay, the new default waits for --accept-default-channel.',
    back: 'The channels come back; the older delivery does not change the default.',
    filtered: 'The head alone brings its edges, and no bundle.',
  },
  '18-model-validation-v4.16': {
    new: 'The channels that upstream dropped stay, with the default.',
    back: 'They come back; the default stays.',
    filtered: 'The head of tech-preview continues the chain.',
  },
  '19-mtv-v4.18': {
    new: '2.9.0 was released again and is newer; channel 2.7 stays.',
    back: 'The newer 2.9.0 stays; channel 2.7 comes back.',
    filtered: 'The head of the new default channel comes as a channel of its own.',
  },
  '25-volsync-split-v4.17': {
    new: 'Three channels and nine bundles more, nothing else.',
    back: 'Older: it has nothing that the catalog lacks.',
    filtered: 'The range of the head holds all that it leaves out.',
  },
  '31-xver-compliance-4.16-to-4.17': {
    new: 'The same graph and images in another form.',
    back: 'The same graph and images in another form.',
    filtered: 'The same graph and images in another form, without the tail.',
  },
  '36-xver-wmco-10.16-to-10.17': {
    new: '10.17 takes 10.16 by its range; 10.15, which the catalog does not have, finds no way any more.',
    back: '10.16 comes below 10.17, whose range holds it.',
    filtered: '10.17.2 takes 10.16 by its range; 10.15 finds no way any more.',
  },
  '41-whole-community-v4.17': {
    new: 'clusterpulse.v0.3.0 replaces and skips v0.2.3, on which all that is older relied: OLM strands it, though opm is content.',
    back: 'Dropped bundles and a dropped channel come back, no head moves.',
    filtered:
      'Eight heads replace a bundle that was not delivered; each gap names it and the link that closes it.',
  },
};

type Way = 'new' | 'back' | 'filtered';

const real = findRealData('pairs');

function readTree(path: string): Catalog {
  const folder = join(real.path, path);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(folder, file), bytes: readFileSync(file) }));
  return parseCatalog(files).catalog;
}

/** Each package reduced to its default channel, and that to its head; bundles and deprecations as is left. */
function filterHeads(catalog: Catalog): Catalog {
  const heads = new Set<string>();
  const blobs = [...catalog.packages.values()].flatMap((pkg) => {
    const channel = pkg.channels.find(({ name }) => name === readDefaultChannel(pkg));
    assert.ok(channel !== undefined, pkg.name);
    const head = findHead(buildChannelGraph(readEntries(channel))) ?? '';
    heads.add(`${pkg.name}/${head}`);
    const entries = listField(channel.value, 'entries').filter(
      (entry) => textField(entry, 'name') === head,
    );
    const rest = [...pkg.packages, ...pkg.bundles, ...pkg.deprecations, ...pkg.others];
    return [...rest, withField(channel, 'entries', entries)];
  });
  const reduced = buildCatalog([...blobs, ...catalog.loose]);
  const keys = [...reduced.packages.values()].flatMap((pkg) =>
    pkg.bundles.map(({ name }) => `${pkg.name}/${name}`),
  );
  return dropBundles(reduced, new Set(keys.filter((key) => !heads.has(key)))).catalog;
}

/** What OLM gets to the head of a channel from, `package/channel/name`. */
function listReaching(catalog: Catalog): ReadonlySet<string> {
  const graphs = [...catalog.packages.values()].flatMap(buildUpgradeGraphs);
  return new Set(
    graphs.flatMap((graph) =>
      graph.nodes.filter(({ depth }) => depth !== null).map(({ name }) => keyOf(graph, name)),
    ),
  );
}

function keyOf(graph: UpgradeGraph, name: string): string {
  return `${graph.package}/${graph.channel}/${name}`;
}

interface Merged {
  readonly base: Catalog;
  readonly incoming: Catalog;
  readonly result: MergeResult;
}

function mergePair(base: Catalog, incoming: Catalog): Merged {
  const result = mergeCatalogs(base, incoming, OPTIONS);
  assert.deepEqual(validateCatalog(result.catalog), []);
  const after = listReaching(result.catalog);
  assert.deepEqual(
    [...listReaching(base)].filter((key) => !after.has(key)),
    [],
  );
  for (const delivery of [incoming, base]) {
    const again = mergeCatalogs(result.catalog, delivery, OPTIONS);
    assert.equal(hashCatalog(again.catalog), hashCatalog(result.catalog));
    assert.deepEqual(
      again.gaps.filter((gap) => !result.gaps.some((left) => left.package === gap.package)),
      [],
    );
  }
  assertNoLowerHead(base, result.catalog);
  return { base, incoming, result };
}

function assertNoLowerHead(before: Catalog, after: Catalog): void {
  for (const [name, pkg] of before.packages)
    for (const channel of pkg.channels) {
      const merged = after.packages.get(name);
      const same = merged?.channels.find((candidate) => candidate.name === channel.name);
      assert.ok(merged !== undefined && same !== undefined);
      const [old, fresh] = [readHead(pkg, channel), readHead(merged, same)].map((head) =>
        tryParseVersion(head?.version ?? ''),
      );
      assert.ok(old && fresh && compareVersions(fresh, old) >= 0, `${name}/${channel.name}`);
    }
}

function describeMerge(way: Way, { base, result }: Merged, reason: string): readonly string[] {
  const { catalog, changes, gaps, notes } = result;
  const [before, after] = [countContent(base), countContent(catalog)];
  const kinds = Map.groupBy(changes, ({ kind }) => kind);
  const counts = [...kinds].map(([kind, list]) => `${list.length} ${kind}`).toSorted();
  const content = before.map((text, i) => (text === after[i] ? text : `${text} → ${after[i]}`));
  return [
    `  ${way}: ${content.join(', ')}; ${counts.join(', ')}; ${formatCount(notes.length, 'note')}`,
    ...gaps.map((gap) => `    ${formatGap(gap)}`),
    `    ${reason}`,
  ];
}

function countContent({ packages }: Catalog): readonly string[] {
  function sum(count: (pkg: CatalogPackage) => number): number {
    return [...packages.values()].reduce((total, pkg) => total + count(pkg), 0);
  }
  return [
    formatCount(packages.size, 'package'),
    formatCount(
      sum((pkg) => pkg.channels.length),
      'channel',
    ),
    formatCount(
      sum((pkg) => pkg.bundles.length),
      'bundle',
    ),
  ];
}

function formatGap({ kind, package: pkg, channel, bundles, bridges, paths }: Gap): string {
  const place = channel === null ? pkg : `${pkg}/${channel}`;
  const names = paths?.cutOff.map(({ name }) => name) ?? bundles;
  const more = names.length > 4 ? ` and ${names.length - 4} more` : '';
  const missing = bridges.length === 0 ? '' : `; missing ${bridges.join(' ')}`;
  const proposal = paths?.proposal.map(
    ({ bundle, replaces, skips }) =>
      `${bundle}${replaces === '' ? '' : ` replaces ${replaces}`}${skips.length === 0 ? '' : ` skips ${skips.join(' ')}`}`,
  );
  const bridge = proposal === undefined || proposal.length === 0 ? '' : `; ${proposal.join('; ')}`;
  return `gap ${kind} in ${place}: ${names.slice(0, 4).join(' ')}${more}${missing}${bridge}`;
}

describe('pairs of real catalogs', { skip: real.skip }, () => {
  const lines: string[] = [];
  for (const pair of real.skip === false ? readdirSync(real.path).toSorted() : []) {
    it(`${pair}: new into old, old into new, and new as oc-mirror delivers it`, () => {
      const [old, fresh] = [readTree(`${pair}/old`), readTree(`${pair}/new`)];
      const ways: Readonly<Record<Way, Merged>> = {
        new: mergePair(old, fresh),
        back: mergePair(fresh, old),
        filtered: mergePair(old, filterHeads(fresh)),
      };
      assert.ok([...listBlobs(filterHeads(fresh))].length > 0);
      const reasons = REASONS[pair];
      assert.ok(reasons !== undefined, 'a pair without its reasons');
      lines.push(
        pair,
        ...describeMerge('new', ways.new, reasons.new),
        ...describeMerge('back', ways.back, reasons.back),
        ...describeMerge('filtered', ways.filtered, reasons.filtered),
      );
    });
  }

  it('end as the table says, each with its reason', () => {
    assertGolden('merge-pairs.txt', `${lines.join('\n')}\n`);
  });
});
