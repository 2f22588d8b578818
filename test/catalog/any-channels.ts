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
  /** Who skips it where it is beside the chain. */
  readonly skipper: 'next' | 'head' | 'beside';
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
    skipper: fc.constantFrom('next', 'next', 'head', 'beside'),
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
  function nameOf(row: { readonly version: number }): string {
    return `${pkg}.v${row.version}.0.0`;
  }
  return rows.map((row) => {
    const above = chain.filter((other) => other.version > row.version);
    const below = chain.filter((other) => other.version < row.version).at(-1);
    const mine = rows.filter((other) => other.beside && findSkipper(other, rows) === row);
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

// What only an entry beside the chain skips is stranded for OLM, though opm accepts it.
function findSkipper(row: Choice, rows: readonly Choice[]): Choice | undefined {
  const above = rows.filter((other) => other.version > row.version);
  const chain = above.filter((other) => !other.beside);
  if (row.skipper === 'head') return chain.at(-1);
  return row.skipper === 'beside' ? (above.find((other) => other.beside) ?? chain[0]) : chain[0];
}
