import fc from 'fast-check';
import type { Catalog } from '../../src/catalog/types.ts';
import { type SampleEntry, type SamplePackage, sampleCatalog } from './sample-catalog.ts';

/** A valid catalog of at most two packages out of a small world, so that two of them overlap. */
export function anyCatalog(): fc.Arbitrary<Catalog> {
  const both = fc.tuple(anyPackage('bar'), anyPackage('foo'));
  return both.map((packages) => sampleCatalog(...packages.filter((pkg) => pkg !== null)));
}

function anyPackage(name: string): fc.Arbitrary<SamplePackage | null> {
  const image = fc.constantFrom('x', 'x', 'x', 'x', 'y');
  const description = fc.constantFrom('one', 'two');
  const made = fc.record({
    stable: anyChannel(name),
    fast: fc.option(anyChannel(name)),
    image,
    description,
    fastFirst: fc.boolean(),
  });
  return fc.option(
    made.map((pkg) => {
      const channels =
        pkg.fast === null ? { stable: pkg.stable } : { stable: pkg.stable, fast: pkg.fast };
      const bundles = { [`${name}.v3.0.0`]: { image: `registry.example.com/${pkg.image}:1` } };
      const defaultChannel = pkg.fast !== null && pkg.fastFirst ? 'fast' : 'stable';
      return { name, channels, bundles, defaultChannel, fields: { description: pkg.description } };
    }),
  );
}

/** A valid channel: a chain of some of five versions, the links made by replaces, skips or both a gap and a skipRange. */
function anyChannel(pkg: string): fc.Arbitrary<readonly SampleEntry[]> {
  const versions = fc.subarray([1, 2, 3, 4, 5], { minLength: 1 });
  const links = fc.array(fc.constantFrom('replaces', 'skips', 'range'), {
    minLength: 5,
    maxLength: 5,
  });
  return fc.tuple(versions, links, fc.boolean()).map(([chosen, kinds, tail]) =>
    chosen.map((version, index) => {
      const name = `${pkg}.v${version}.0.0`;
      const below = chosen.slice(0, index).map((older) => `${pkg}.v${older}.0.0`);
      const previous =
        below.at(-1) ?? (tail && version > 1 ? `${pkg}.v${version - 1}.0.0` : undefined);
      if (previous === undefined) return { name };
      if (kinds[index] === 'replaces' || below.length === 0) return { name, replaces: previous };
      return kinds[index] === 'skips'
        ? { name, skips: below }
        : { name, skips: below, skipRange: `<${version}.0.0` };
    }),
  );
}
