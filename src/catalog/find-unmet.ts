import { tryParseVersion } from '../base/semver.ts';
import { foldedField, readBundleVersion, readProperties } from './blob-fields.ts';
import type { UnmetRequirement } from './filter-types.ts';
import { isJsonObject } from './raw-json.ts';
import type { Blob, Catalog, CatalogPackage, JsonValue } from './types.ts';
import { isInRange, tryParseVersionRange } from './version-range.ts';

/**
 * What bundles of `result` require (`olm.package.required`, `olm.gvk.required`) and nothing in it
 * provides; OLM would not install them. `source` is where it came from, and says who would.
 */
export function findUnmet(result: Catalog, source: Catalog): readonly UnmetRequirement[] {
  const unmet: UnmetRequirement[] = [];
  const known = new Map<string, boolean>();
  for (const bundle of [...result.packages.values()].flatMap((pkg) => pkg.bundles))
    for (const need of listNeeds(bundle)) {
      const met = known.get(need.key) ?? isMet(need, result);
      known.set(need.key, met);
      if (!met) unmet.push(describeUnmet(bundle, need, source));
    }
  return unmet;
}

interface Need {
  readonly kind: UnmetRequirement['kind'];
  readonly text: string;
  readonly key: string;
  provides(pkg: CatalogPackage): boolean;
}

function listNeeds(bundle: Blob): readonly Need[] {
  const needs = readProperties(bundle).flatMap(({ type, value }) => {
    if (type === 'olm.package.required') return needPackage(value) ?? [];
    return type === 'olm.gvk.required' ? (needApi(value) ?? []) : [];
  });
  return [...new Map(needs.map((need) => [need.key, need])).values()];
}

function needPackage(value: JsonValue | undefined): Need | null {
  const name = textOf(value, 'packageName');
  const text = textOf(value, 'versionRange');
  const range = tryParseVersionRange(text);
  if (name === '' || range === null) return null;
  return {
    kind: 'package',
    text: `${name} ${text}`,
    key: JSON.stringify(['package', name, text]),
    provides: (pkg) =>
      pkg.name === name &&
      pkg.bundles.some((bundle) => {
        const version = tryParseVersion(readBundleVersion(bundle).version);
        return version !== null && isInRange(version, range);
      }),
  };
}

function needApi(value: JsonValue | undefined): Need | null {
  const key = apiKey(value);
  if (key === null) return null;
  const group = textOf(value, 'group');
  const text = `${textOf(value, 'kind')}.${textOf(value, 'version')}${group === '' ? '' : `.${group}`}`;
  return {
    kind: 'gvk',
    text,
    key: JSON.stringify(['gvk', key]),
    provides: (pkg) =>
      pkg.bundles.some((bundle) =>
        readProperties(bundle).some(
          (property) => property.type === 'olm.gvk' && apiKey(property.value) === key,
        ),
      ),
  };
}

function apiKey(value: JsonValue | undefined): string | null {
  const parts = ['group', 'version', 'kind'].map((key) => textOf(value, key));
  return parts[2] === '' ? null : JSON.stringify(parts);
}

function textOf(value: JsonValue | undefined, key: string): string {
  const field = isJsonObject(value) ? foldedField(value, key) : undefined;
  return typeof field === 'string' ? field : '';
}

function isMet(need: Need, catalog: Catalog): boolean {
  return [...catalog.packages.values()].some((pkg) => need.provides(pkg));
}

function describeUnmet(bundle: Blob, need: Need, source: Catalog): UnmetRequirement {
  const providers = [...source.packages.values()].filter((pkg) => need.provides(pkg));
  return {
    package: bundle.package,
    bundle: bundle.name,
    kind: need.kind,
    requires: need.text,
    providers: providers.map(({ name }) => name),
  };
}
