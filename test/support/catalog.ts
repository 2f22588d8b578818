import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import type { Catalog, JsonObject } from '../../src/catalog/types.ts';

export interface BundleSpec {
  readonly version: string;
  readonly replaces?: string;
  readonly image: string;
  readonly related?: readonly string[];
  /** Beside its version. */
  readonly properties?: readonly JsonObject[];
}

/** A catalog of one package with one channel, from its bundles. */
export function makePackageText(name: string, bundles: readonly BundleSpec[]): string {
  const entries = bundles.map((bundle) => ({
    name: `${name}.v${bundle.version}`,
    ...(bundle.replaces === undefined ? {} : { replaces: `${name}.v${bundle.replaces}` }),
  }));
  const blobs = [
    { schema: 'olm.package', name, defaultChannel: 'stable' },
    { schema: 'olm.channel', name: 'stable', package: name, entries },
    ...bundles.map((bundle) => ({
      schema: 'olm.bundle',
      name: `${name}.v${bundle.version}`,
      package: name,
      image: bundle.image,
      properties: [
        { type: 'olm.package', value: { packageName: name, version: bundle.version } },
        ...(bundle.properties ?? []),
      ],
      relatedImages: (bundle.related ?? []).map((image, i) => ({ name: `r${i}`, image })),
    })),
  ];
  return blobs.map((blob) => `${JSON.stringify(blob, null, 4)}\n`).join('');
}

export function makeCatalog(packages: Readonly<Record<string, readonly BundleSpec[]>>): Catalog {
  const files = Object.entries(packages).map(([name, bundles]) => ({
    path: `${name}/catalog.json`,
    bytes: Buffer.from(makePackageText(name, bundles)),
  }));
  return parseCatalog(files).catalog;
}
