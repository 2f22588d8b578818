import fc from 'fast-check';
import type { Catalog } from '../../src/catalog/types.ts';
import { type SampleEntry, type SamplePackage, sampleCatalog } from './sample-catalog.ts';

const VERSIONS = [1, 2, 3, 4, 5, 6, 7, 8];

/**
 * A catalog of two packages that opm accepts: chains with entries that are skipped beside or below
 * them, ranges that reach over several versions, names that are no entries, deprecations.
 */
export function anyChannels(): fc.Arbitrary<Catalog> {
  return fc
    .tuple(anyPackage('bar'), anyPackage('foo'))
    .map((packages) => sampleCatalog(...packages));
}

function anyPackage(name: string): fc.Arbitrary<SamplePackage> {
  const channels = fc.record(
    { alpha: anyChannel(name), fast: anyChannel(name), stable: anyChannel(name) },
    { requiredKeys: ['stable'], noNullPrototype: true },
  );
  return fc.tuple(channels, fc.boolean(), fc.boolean()).map(([made, turned, deprecated]) => {
    const [first = 'stable'] = turned ? Object.keys(made).toReversed() : Object.keys(made);
    const lowest = made.stable[0]?.name ?? '';
    const deprecations = [
      { schema: 'olm.channel', name: first, message: 'old' },
      { schema: 'olm.bundle', name: lowest, message: 'old' },
    ];
    return {
      name,
      channels: made,
      defaultChannel: first,
      ...(deprecated ? { deprecations } : {}),
      others: [{ schema: 'custom', name: 'x', of: name }],
    };
  });
}

interface Choice {
  readonly version: number;
  readonly beside: boolean;
  readonly chained: boolean;
  readonly farSkipper: boolean;
  readonly range: string;
  readonly absent: boolean;
}

function anyChoice(): fc.Arbitrary<Omit<Choice, 'version'>> {
  const range = fc
    .tuple(fc.nat({ max: 8 }), fc.nat({ max: 9 }))
    .map(([low, high]) => `>=${low}.0.0 <${high}.0.0`);
  return fc.record({
    beside: fc.boolean(),
    chained: fc.boolean(),
    farSkipper: fc.boolean(),
    range: fc.oneof(fc.constant(''), fc.constant(''), range),
    absent: fc.boolean(),
  });
}

function anyChannel(pkg: string): fc.Arbitrary<readonly SampleEntry[]> {
  const choices = fc.array(anyChoice(), { minLength: 8, maxLength: 8 });
  return fc
    .tuple(fc.subarray(VERSIONS, { minLength: 1 }), choices)
    .map(([versions, all]) => buildChannel(pkg, versions, all));
}

function buildChannel(
  pkg: string,
  versions: readonly number[],
  choices: readonly Omit<Choice, 'version'>[],
): readonly SampleEntry[] {
  const rows = versions.map((version, i): Choice => {
    const choice = choices[i] ?? choices[0];
    if (choice === undefined) throw new Error('no choice');
    return { ...choice, version, beside: choice.beside && i < versions.length - 1 };
  });
  const chain = rows.filter((row) => !row.beside);
  const nameOf = (row: { readonly version: number }) => `${pkg}.v${row.version}.0.0`;
  return rows.map((row) => {
    const above = chain.filter((other) => other.version > row.version);
    const below = chain.filter((other) => other.version < row.version).at(-1);
    const mine = rows.filter((other) => {
      if (!other.beside) return false;
      const over = chain.filter((upper) => upper.version > other.version);
      return (other.farSkipper ? over.at(-1) : over[0]) === row;
    });
    const skips = [...mine.map(nameOf), ...(row.absent ? [`${pkg}.v0.${row.version}.0`] : [])];
    const tail = row.absent ? `${pkg}.v0.0.1` : undefined;
    const replaces = below === undefined || (row.beside && !row.chained) ? tail : nameOf(below);
    return {
      name: nameOf(row),
      ...(replaces === undefined || (row.beside && above.length === 0) ? {} : { replaces }),
      ...(skips.length === 0 ? {} : { skips }),
      ...(row.range === '' ? {} : { skipRange: row.range }),
    };
  });
}
