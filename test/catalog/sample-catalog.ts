import { Buffer } from 'node:buffer';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import type { Blob, Catalog, CatalogFile, JsonObject } from '../../src/catalog/types.ts';

export interface SampleEntry {
  readonly name: string;
  readonly replaces?: string;
  readonly skips?: readonly string[];
  readonly skipRange?: string;
}

export interface SamplePackage {
  readonly name: string;
  readonly channels: Readonly<Record<string, readonly SampleEntry[]>>;
  readonly defaultChannel?: string;
  /** Fields of `olm.package` beside the usual ones. */
  readonly fields?: JsonObject;
  /** Fields of bundles beside the usual ones, by bundle name. */
  readonly bundles?: Readonly<Record<string, JsonObject>>;
  readonly deprecations?: readonly {
    readonly schema: string;
    readonly name?: string;
    readonly message: string;
  }[];
  readonly others?: readonly JsonObject[];
}

/** A catalog of these packages; every entry gets a bundle with the version that its name ends in. */
export function sampleCatalog(...packages: readonly SamplePackage[]): Catalog {
  return parseText(
    packages
      .flatMap(sampleDocuments)
      .map((document) => JSON.stringify(document))
      .join('\n'),
  );
}

/** The catalog in this text, which must be sound. */
export function parseText(text: string, path = 'catalog.json'): Catalog {
  const { catalog, problems } = parseCatalog([fileOf(path, text)]);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return catalog;
}

export function fileOf(path: string, text: string): CatalogFile {
  return { path, bytes: Buffer.from(text) };
}

export function sampleDocuments(pkg: SamplePackage): readonly JsonObject[] {
  const names = new Set(
    Object.values(pkg.channels).flatMap((entries) => entries.map((entry) => entry.name)),
  );
  const [first = ''] = Object.keys(pkg.channels);
  return [
    {
      schema: 'olm.package',
      name: pkg.name,
      defaultChannel: pkg.defaultChannel ?? first,
      ...pkg.fields,
    },
    ...Object.entries(pkg.channels).map(([name, entries]) => ({
      schema: 'olm.channel',
      package: pkg.name,
      name,
      entries: entries.map((entry) => ({ ...entry })),
    })),
    ...[...names].map((name) => sampleBundle(pkg.name, name, pkg.bundles?.[name])),
    ...sampleDeprecations(pkg),
    ...(pkg.others ?? []).map((other) => ({ package: pkg.name, ...other })),
  ];
}

function sampleBundle(pkg: string, name: string, fields: JsonObject | undefined): JsonObject {
  const version = /\d+\.\d+\.\d+.*$/.exec(name)?.[0] ?? '0.0.0';
  return {
    schema: 'olm.bundle',
    name,
    package: pkg,
    image: `registry.example.com/${pkg}/bundle:${version}`,
    properties: [{ type: 'olm.package', value: { packageName: pkg, version } }],
    relatedImages: [{ name: 'operator', image: `registry.example.com/${pkg}/operator:${version}` }],
    ...fields,
  };
}

function sampleDeprecations({ name, deprecations }: SamplePackage): readonly JsonObject[] {
  if (deprecations === undefined) return [];
  const entries = deprecations.map(({ message, ...reference }) => ({ reference, message }));
  return [{ schema: 'olm.deprecations', package: name, entries }];
}

/** The bundle of this name, which must be there. */
export function findBundle(catalog: Catalog, pkg: string, name: string): Blob {
  const bundle = catalog.packages.get(pkg)?.bundles.find((candidate) => candidate.name === name);
  if (bundle === undefined) throw new Error(`no bundle ${pkg}/${name}`);
  return bundle;
}
