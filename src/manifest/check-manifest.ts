import type { Problem } from '../base/problem.ts';
import { buildCatalogEntry, buildRegistry } from './build-manifest.ts';
import { checkCatalogs } from './check-catalogs.ts';
import { checkNotifiers } from './check-notifiers.ts';
import { checkWindows, type SoundWindows } from './check-windows.ts';
import { type Fault, findRepeats, type Located, readRef } from './fault.ts';
import { listIdleFields } from './list-idle-fields.ts';
import type { RawCatalog, RawNotifier, RawPathRule, RawRegistry, RawSpec } from './raw-manifest.ts';
import type { RegistryEntry } from './types.ts';
import type { ValuePath, YamlDocument } from './yaml-document.ts';

type Sound<T> = readonly (T | null)[] | null;

/** A manifest as written, where null stands for what its schema refused. */
export interface SoundManifest {
  readonly spec: {
    readonly registries?: {
      readonly production?: RawRegistry | null;
      readonly staging?: RawRegistry | null;
    } | null;
    readonly catalogs?: Sound<RawCatalog>;
    readonly releases?: Sound<NonNullable<RawSpec['releases']>[number]>;
    readonly images?: Sound<NonNullable<RawSpec['images']>[number]>;
    readonly paths?: Sound<RawPathRule>;
    readonly movableTags?: Sound<string>;
    readonly reconcile?: { readonly windows?: SoundWindows | null } | null;
    readonly notifications?: Sound<RawNotifier>;
  };
}

/** Finds what the schema cannot see: combinations that cannot be meant, references that are none. */
export function checkManifest(document: YamlDocument, manifest: SoundManifest): readonly Problem[] {
  const { spec } = manifest;
  const catalogs = locate(spec.catalogs, ['spec', 'catalogs']).map(({ path, value }) => ({
    path,
    value: buildCatalogEntry(value),
  }));
  const faults = [
    ...checkRegistries(spec.registries ?? {}),
    ...checkCatalogs(catalogs),
    ...locate(spec.images, ['spec', 'images']).flatMap(({ path, value }) =>
      checkSource([...path, 'source'], value.source),
    ),
    ...checkRepeats(spec),
    ...checkNotifiers(locate(spec.notifications, ['spec', 'notifications'])),
    ...locate(spec.movableTags, ['spec', 'movableTags']).flatMap(checkMovableTag),
    ...checkWindows(spec.reconcile?.windows ?? {}, ['spec', 'reconcile', 'windows']),
  ];
  return [
    ...faults.map((fault) => placeFault(fault, 'error', document)),
    ...listIdleFields(spec).map((fault) => placeFault(fault, 'warning', document)),
  ];
}

function placeFault(fault: Fault, severity: Problem['severity'], document: YamlDocument): Problem {
  const { path, message, hint } = fault;
  const place = document.placeOf(path);
  return { severity, code: 'MANIFEST_INVALID', message, hint, file: document.file, ...place };
}

function locate<T>(list: Sound<T> | undefined, path: ValuePath): readonly Located<T>[] {
  return (list ?? []).flatMap((value, index) =>
    value === null ? [] : [{ path: [...path, index], value }],
  );
}

function checkRegistries(
  registries: NonNullable<SoundManifest['spec']['registries']>,
): readonly Fault[] {
  const { production, staging } = registries;
  if (!production || !staging) return [];
  const [first, second] = [buildRegistry(production), buildRegistry(staging)];
  if (first.pathPrefix !== second.pathPrefix) return [];
  const where = ['spec', 'registries', 'staging'];
  if (isSameHost(first.host, second.host)) {
    return [
      {
        path: [...where, 'host'],
        message: `Production and staging are the same registry, ${first.host}.`,
        hint: 'Give the roles different hosts, or different path prefixes.',
      },
    ];
  }
  return [
    ...checkAliases(['spec', 'registries', 'production'], first, [second.host, ...second.aliases]),
    ...checkAliases(where, second, [first.host]),
  ];
}

function checkAliases(
  path: ValuePath,
  registry: RegistryEntry,
  others: readonly string[],
): readonly Fault[] {
  return registry.aliases.flatMap((alias, index) =>
    others.some((other) => isSameHost(other, alias))
      ? [
          {
            path: [...path, 'aliases', index],
            message: `The alias ${alias} names both registries.`,
            hint: 'An address must tell which of the two registries it means: remove the alias from one of them.',
          },
        ]
      : [],
  );
}

function isSameHost(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function checkSource(path: ValuePath, source: string): readonly Fault[] {
  const ref = readRef(source);
  if (typeof ref === 'string')
    return [
      {
        path,
        message: ref,
        hint: 'Write it as registry.example/path/name@sha256:… or registry.example/path/name:tag.',
      },
    ];
  if (ref.digest !== null || ref.tag !== null) return [];
  return [
    {
      path,
      message: `The image ${source} has neither a digest nor a tag.`,
      hint: 'Add @sha256:… (preferred) or :tag.',
    },
  ];
}

function checkRepeats(spec: SoundManifest['spec']): readonly Fault[] {
  const rules = findRepeats(locate(spec.paths, ['spec', 'paths']), (rule) => rule.from);
  const releases = findRepeats(
    locate(spec.releases, ['spec', 'releases']),
    (release) => `${release.version}-${release.architecture ?? ''}`,
  );
  const images = findRepeats(locate(spec.images, ['spec', 'images']), (image) => image.source);
  return [
    ...rules.map(({ again }) => ({
      path: [...again.path, 'from'],
      message: `Two path rules have the prefix ${again.value.from}.`,
      hint: 'Keep one of them.',
    })),
    ...releases.map(({ again }) => ({
      path: again.path,
      message: `The release ${again.value.version} is listed twice for one architecture.`,
      hint: 'Keep one of them.',
    })),
    ...images.map(({ again }) => ({
      path: [...again.path, 'source'],
      message: `The image ${again.value.source} is listed twice.`,
      hint: 'Keep one of them, with all its tags.',
    })),
  ];
}

function checkMovableTag({ path, value }: Located<string>): readonly Fault[] {
  if (!/:(?:sha256|olmirror)-[0-9a-f]{64}$/.test(value)) return [];
  return [
    {
      path,
      message: `The tag ${value} names a digest and must never move.`,
      hint: 'Remove it from movableTags.',
    },
  ];
}
