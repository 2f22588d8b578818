import fc from 'fast-check';
import type { DeclaredBridge } from '../../src/catalog/merge-types.ts';
import type { JsonObject } from '../../src/catalog/types.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { type SampleEntry, type SamplePackage, sampleCatalog } from './sample-catalog.ts';

const PACKAGES = ['bar', 'foo'] as const;
const CHANNELS = ['beta', 'old', 'stable'] as const;
const VERSIONS = ['1.0.0', '1.1.0', '1.2.0', '2.0.0', '2.1.0', '3.0.0'] as const;

/** Packages of a catalog, to be built by `sampleCatalog`. */
export type World = readonly SamplePackage[];

/**
 * A valid catalog out of a small world, so that two of them overlap: packages and channels that come
 * and go, entries in several channels, chains that contradict each other, links by any edge, tails that
 * name what is not there, re-released and renamed bundles, deprecations, custom schemas, other default
 * channels and unknown fields.
 */
export function anyWorld(): fc.Arbitrary<World> {
  return fc
    .tuple(...PACKAGES.map((name) => fc.option(anyPackage(name), { freq: 5 })))
    .map((packages) => packages.filter((pkg) => pkg !== null));
}

/** A delivery beside a base: another world, or one whose channels were filtered as oc-mirror does it. */
export function anyDelivery(): fc.Arbitrary<World> {
  return fc.oneof(anyWorld(), anyFiltered(anyWorld()));
}

/** Parts of a world: packages and channels left out, channels cut to their upper entries, edges kept or not. */
export function anyFiltered(worlds: fc.Arbitrary<World>): fc.Arbitrary<World> {
  const choice = fc.record({
    packages: fc.subarray([...PACKAGES], { minLength: 1 }),
    channels: fc.subarray([...CHANNELS], { minLength: 1 }),
    depth: fc.integer({ min: 1, max: 3 }),
    cutTail: fc.boolean(),
  });
  return fc
    .tuple(worlds, choice)
    .map(([world, { packages, channels, depth, cutTail }]) =>
      world
        .filter((pkg) => packages.some((name) => name === pkg.name))
        .flatMap((pkg) => filterPackage(pkg, channels, { depth, cutTail })),
    )
    .filter(isValid);
}

function isValid(world: World): boolean {
  return validateCatalog(sampleCatalog(...world)).length === 0;
}

interface Cut {
  readonly depth: number;
  readonly cutTail: boolean;
}

function filterPackage(pkg: SamplePackage, kept: readonly string[], cut: Cut): World {
  const channels = Object.fromEntries(
    Object.entries(pkg.channels)
      .filter(([name]) => kept.includes(name))
      .map(([name, entries]) => [name, cutChannel(entries, cut)]),
  );
  const [first] = Object.keys(channels);
  if (first === undefined) return [];
  const wanted = pkg.defaultChannel ?? '';
  const defaultChannel = Object.hasOwn(channels, wanted) ? wanted : first;
  const names = new Set(Object.values(channels).flatMap((list) => list.map(({ name }) => name)));
  const { deprecations = [], ...rest } = pkg;
  const left = deprecations.filter(
    ({ schema, name = '' }) =>
      schema === 'olm.package' || names.has(name) || Object.hasOwn(channels, name),
  );
  return [
    { ...rest, channels, defaultChannel, ...(left.length === 0 ? {} : { deprecations: left }) },
  ];
}

/** The head and what its chain reaches, `depth` entries in all, as they stand. */
function cutChannel(entries: readonly SampleEntry[], { depth, cutTail }: Cut): SampleEntry[] {
  const kept: SampleEntry[] = [];
  let next: SampleEntry | undefined = findHead(entries);
  while (next !== undefined && kept.length < depth) {
    kept.push(next);
    const { replaces } = next;
    next = entries.find((entry) => entry.name === replaces && !kept.includes(entry));
  }
  const tail = kept.at(-1);
  if (!cutTail || tail === undefined) return kept;
  const { replaces: _, ...cut } = tail;
  return [...kept.slice(0, -1), cut];
}

function findHead(entries: readonly SampleEntry[]): SampleEntry | undefined {
  const named = new Set(entries.flatMap((entry) => [entry.replaces, ...(entry.skips ?? [])]));
  return entries.find((entry) => !named.has(entry.name));
}

function anyPackage(name: string): fc.Arbitrary<SamplePackage> {
  const channels = fc
    .record(Object.fromEntries(CHANNELS.map((channel) => [channel, fc.option(anyChannel(name))])), {
      noNullPrototype: true,
    })
    .map((made) =>
      Object.entries(made).flatMap(([channel, entries]) =>
        entries === null ? [] : [[channel, entries] as const],
      ),
    )
    .filter((made) => made.length > 0)
    .map((made): Readonly<Record<string, readonly SampleEntry[]>> => Object.fromEntries(made));
  const made = fc.record({
    channels,
    preferred: fc.constantFrom(...CHANNELS),
    fields: anyFields(),
    bundles: anyBundles(name),
    deprecated: fc.array(anyDeprecation(name), { maxLength: 2 }),
    others: fc.uniqueArray(anyCustom(), { maxLength: 2, selector: ({ schema }) => schema }),
  });
  return made.map((parts) => buildPackage(name, parts)).filter((pkg) => isValid([pkg]));
}

interface Parts {
  readonly channels: Readonly<Record<string, readonly SampleEntry[]>>;
  readonly preferred: string;
  readonly fields: JsonObject;
  readonly bundles: Readonly<Record<string, JsonObject>>;
  readonly deprecated: readonly {
    readonly schema: string;
    readonly name?: string;
    readonly message: string;
  }[];
  readonly others: readonly JsonObject[];
}

function buildPackage(name: string, parts: Parts): SamplePackage {
  const { channels, preferred, fields, bundles, others } = parts;
  const names = new Set(Object.values(channels).flatMap((list) => list.map((entry) => entry.name)));
  const deprecations = parts.deprecated.filter(
    (entry, i) =>
      (entry.schema === 'olm.package' ||
        names.has(entry.name ?? '') ||
        Object.hasOwn(channels, entry.name ?? '')) &&
      parts.deprecated.findIndex(
        (other) => other.schema === entry.schema && other.name === entry.name,
      ) === i,
  );
  return {
    name,
    channels,
    defaultChannel: Object.hasOwn(channels, preferred)
      ? preferred
      : (Object.keys(channels)[0] ?? ''),
    fields,
    bundles,
    others,
    ...(deprecations.length === 0 ? {} : { deprecations }),
  };
}

function anyFields(): fc.Arbitrary<JsonObject> {
  return fc.record(
    { description: fc.constantFrom('one', 'two'), x_unknown: fc.constantFrom(1, 2) },
    { requiredKeys: ['description'], noNullPrototype: true },
  );
}

/** Re-releases of some bundles: other images, older, newer or of no date; other metadata of the same images. */
function anyBundles(pkg: string): fc.Arbitrary<Readonly<Record<string, JsonObject>>> {
  const anyContent = fc.record({
    image: fc.constantFrom('a', 'a', 'a', 'a', 'b'),
    createdAt: fc.constantFrom('', '2024-01-01', '2025-01-01'),
  });
  return fc
    .tuple(fc.subarray([...VERSIONS], { maxLength: 2 }), anyContent)
    .map(([again, content]) =>
      Object.fromEntries(
        VERSIONS.map((version) => [
          `${pkg}.v${version}`,
          again.includes(version)
            ? { ...datedBundle(pkg, version, content), x_unknown: content.createdAt }
            : datedBundle(pkg, version, { image: 'a', createdAt: '2024-06-01' }),
        ]),
      ),
    );
}

function datedBundle(
  pkg: string,
  version: string,
  { image, createdAt }: { readonly image: string; readonly createdAt: string },
): JsonObject {
  return {
    image: `registry.example.com/${pkg}/bundle-${image}:${version}`,
    properties: [
      { type: 'olm.package', value: { packageName: pkg, version } },
      { type: 'olm.csv.metadata', value: { annotations: { createdAt } } },
    ],
  };
}

function anyDeprecation(pkg: string): fc.Arbitrary<Parts['deprecated'][number]> {
  const message = fc.constantFrom('use another', 'end of life');
  return fc.oneof(
    fc.record({ schema: fc.constant('olm.package'), message }),
    fc.record({ schema: fc.constant('olm.channel'), name: fc.constantFrom(...CHANNELS), message }),
    fc.record({
      schema: fc.constant('olm.bundle'),
      name: fc.constantFrom(...VERSIONS.map((version) => `${pkg}.v${version}`)),
      message,
    }),
  );
}

function anyCustom(): fc.Arbitrary<JsonObject & { readonly schema: string }> {
  return fc.record(
    { schema: fc.constantFrom('acme.x', 'acme.y'), name: fc.constant('n'), v: fc.nat({ max: 2 }) },
    { noNullPrototype: true },
  );
}

const LINKS = ['replaces', 'replaces', 'skips', 'both', 'range', 'wide'] as const;

/** A valid channel of some versions, rarely against their order; every entry is linked to those below. */
function anyChannel(pkg: string): fc.Arbitrary<readonly SampleEntry[]> {
  const chosen = fc.subarray([...VERSIONS], { minLength: 1, maxLength: 5 });
  const turned = fc.shuffledSubarray([...VERSIONS], { minLength: 1, maxLength: 5 });
  return fc
    .record({
      versions: fc.oneof({ weight: 6, arbitrary: chosen }, { weight: 1, arbitrary: turned }),
      links: fc.array(fc.constantFrom(...LINKS), { minLength: 6, maxLength: 6 }),
      tail: fc.constantFrom('none', 'none', 'replaces', 'skips', 'range'),
      renamed: fc.constantFrom(false, false, false, false, false, false, false, true),
    })
    .map(({ versions, links, tail, renamed }) =>
      versions.map((version, i) => {
        const below = versions.slice(0, i).map((older) => nameOf(pkg, older, renamed));
        const name = nameOf(pkg, version, renamed);
        return below.length === 0
          ? { name, ...linkTail(pkg, tail, version) }
          : { name, ...linkEntry(below, links[i] ?? 'replaces', version) };
      }),
    );
}

function nameOf(pkg: string, version: string, renamed: boolean): string {
  return renamed && version === '1.2.0' ? `${pkg}-renamed.v${version}` : `${pkg}.v${version}`;
}

function linkTail(pkg: string, tail: string, version: string): Partial<SampleEntry> {
  const lower = VERSIONS[VERSIONS.findIndex((candidate) => candidate === version) - 1] ?? '0.9.0';
  const absent = `${pkg}.v${lower}`;
  if (tail === 'replaces') return { replaces: absent };
  if (tail === 'skips') return { skips: [absent] };
  return tail === 'range' ? { skipRange: `>=0.5.0 <${version}` } : {};
}

function linkEntry(
  below: readonly string[],
  link: (typeof LINKS)[number],
  version: string,
): Partial<SampleEntry> {
  const replaces = below.at(-1) ?? '';
  switch (link) {
    case 'replaces':
      return { replaces };
    case 'skips':
      return { skips: below };
    case 'both':
      return { replaces, skips: below };
    case 'range':
      return { skips: below, skipRange: `<${version}` };
    case 'wide':
      return { replaces, skipRange: `>=1.0.0 <${version}` };
  }
}

/** Some bridges, of which few fit what they are declared for. */
export function anyBridges(): fc.Arbitrary<readonly DeclaredBridge[]> {
  const anyName = fc
    .tuple(fc.constantFrom('foo', 'foo', 'bar'), fc.constantFrom(...VERSIONS))
    .map(([pkg, version]) => `${pkg}.v${version}`);
  const anyBridge = fc.record({
    package: fc.constantFrom('foo', 'foo', 'foo', 'bar', 'nobody'),
    channel: fc.constantFrom(...CHANNELS),
    bundle: anyName,
    replaces: fc.constantFrom('', '', 'foo.v1.0.0', 'foo.v2.0.0'),
    skips: fc.uniqueArray(anyName, { minLength: 1, maxLength: 2 }),
    skipRange: fc.constantFrom('', '<1.1.0', '>=1.0.0 <2.0.0', 'no range'),
    reason: fc.constant('tried'),
    by: fc.constant('somebody'),
    until: fc.constantFrom(null, null, '2025-12-31', '2026-01-01'),
    file: fc.constant('rules/idx/bridges.yaml'),
    line: fc.integer({ min: 1, max: 9 }),
  });
  return fc.array(anyBridge, { maxLength: 3 });
}
