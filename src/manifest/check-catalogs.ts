import { normalize } from 'node:path/posix';
import { checkPin } from './check-pin.ts';
import { type Fault, findRepeats, type Located, readRef } from './fault.ts';
import type { CatalogEntry, RoleName } from './types.ts';
import type { ValuePath } from './yaml-document.ts';

const ROLES: readonly RoleName[] = ['production', 'staging'];
// Folders beside the catalogs that olmirror itself writes to or reads.
const RESERVED_FOLDERS = ['rules', 'deliveries', 'cluster', '.git'];

type LocatedCatalog = Located<CatalogEntry>;

/** Finds catalogs that get in each other's way, in the registries or in the state repository. */
export function checkCatalogs(catalogs: readonly LocatedCatalog[]): readonly Fault[] {
  return [
    ...checkCatalogNames(catalogs),
    ...checkCatalogTags(catalogs),
    ...checkCatalogPaths(catalogs),
    ...catalogs.flatMap(checkBase),
    ...catalogs.flatMap(checkBuilder),
    ...catalogs.flatMap(checkPin),
  ];
}

function checkCatalogNames(catalogs: readonly LocatedCatalog[]): readonly Fault[] {
  return findRepeats(catalogs, (entry) => entry.name).map(({ again, first }) => ({
    path: [...again.path, 'name'],
    message: `Two catalogs have the name ${first.value.name}.`,
    hint: 'Give each catalog a name of its own.',
  }));
}

function checkCatalogTags(catalogs: readonly LocatedCatalog[]): readonly Fault[] {
  return ROLES.flatMap((role) =>
    findRepeats(catalogs, (entry) => `${entry.repository[role]}:${entry.tag[role]}`).map(
      ({ again, first }) => ({
        path: [...again.path, 'repository'],
        message: `The catalogs ${first.value.name} and ${again.value.name} have the same index image in ${role}, ${first.value.repository[role]}:${first.value.tag[role]}.`,
        hint: 'Give one of them another repository or another tag.',
      }),
    ),
  );
}

function checkCatalogPaths(catalogs: readonly LocatedCatalog[]): readonly Fault[] {
  return catalogs.flatMap((catalog, index) => {
    const path = [...catalog.path, 'path'];
    const folder = normalize(catalog.value.path);
    if (folder === '.' || folder.startsWith('../') || folder === '..' || folder.startsWith('/')) {
      return [
        {
          path,
          message: `The path "${catalog.value.path}" is not a folder below the manifest.`,
          hint: `Use a folder of its own in this repository, such as catalogs/${catalog.value.name}.`,
        },
      ];
    }
    const reserved = RESERVED_FOLDERS.find((name) => isWithin(folder, name));
    if (reserved !== undefined)
      return [
        {
          path,
          message: `The path "${catalog.value.path}" lies in ${reserved}/, which is not for catalogs.`,
          hint: `Use a folder such as catalogs/${catalog.value.name}.`,
        },
      ];
    return catalogs
      .slice(0, index)
      .flatMap((other) => checkNesting(path, catalog.value, other.value));
  });
}

function checkNesting(
  path: ValuePath,
  catalog: CatalogEntry,
  other: CatalogEntry,
): readonly Fault[] {
  const [a, b] = [normalize(catalog.path), normalize(other.path)];
  if (!isWithin(a, b) && !isWithin(b, a)) return [];
  const message =
    a === b
      ? `The catalogs ${other.name} and ${catalog.name} share the folder ${a}.`
      : `The folders of the catalogs ${other.name} (${b}) and ${catalog.name} (${a}) lie one within the other.`;
  return [
    {
      path,
      message,
      hint: 'Every file in a catalog folder belongs to that catalog: give each one a folder of its own.',
    },
  ];
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function checkBase({ path, value }: LocatedCatalog): readonly Fault[] {
  if (value.base === 'scratch') return [];
  return checkPinned(value.base, {
    name: 'base',
    path: [...path, 'base'],
    hint: 'Use scratch, or an image in production with its digest: host/path@sha256:….',
  });
}

function checkBuilder({ path, value }: LocatedCatalog): readonly Fault[] {
  const { base, builder, builderImage, cache } = value;
  const at = [...path, 'builderImage'];
  if (builder === 'podman' && builderImage !== null) {
    const hint = 'Use an image in production with its digest: host/path@sha256:….';
    return checkPinned(builderImage, { name: 'builder image', path: at, hint });
  }
  if (builderImage !== null)
    return [
      {
        path: at,
        message: `The catalog ${value.name} has a builder image, which only podman needs.`,
        hint: 'Take builderImage out, or set builder: podman.',
      },
    ];
  if (builder === 'native' || base !== 'scratch' || cache === 'none') return [];
  return [
    {
      path: [...path, 'builder'],
      message: `The catalog ${value.name} is built by podman on scratch, where no opm is that could make the cache.`,
      hint: 'Name an image in production that carries opm as builderImage: host/path@sha256:…; or set cache: none.',
    },
  ];
}

interface PinnedField {
  readonly name: string;
  readonly path: ValuePath;
  readonly hint: string;
}

function checkPinned(image: string, { name, path, hint }: PinnedField): readonly Fault[] {
  const ref = readRef(image);
  if (typeof ref === 'string') return [{ path, message: ref, hint }];
  if (ref.digest !== null) return [];
  return [
    {
      path,
      message: `The ${name} ${image} is not pinned by a digest.`,
      hint: 'The same commit must always give the same index: write it as host/path@sha256:….',
    },
  ];
}
