import { formatCount } from '../base/text.ts';
import type { PathRule, RegistryEntry, RoleName } from '../manifest/types.ts';
import type { Handover, HandoverCatalog } from '../plan/handover-types.ts';
import { escapeMarkdown, formatCellCode, formatCode } from './escape-markdown.ts';

/** Registries and their roles, the index of each catalog and who serves it, and where the other images lie. */
export function listPlaces({ manifest, manifestFile, catalogs }: Handover): readonly string[] {
  const { registries, releases, images, movableTags } = manifest;
  return [
    '| role | registry | what it is for |',
    '|---|---|---|',
    formatRegistry('production', registries.production),
    formatRegistry('staging', registries.staging),
    '',
    ...catalogs.flatMap(listCatalog),
    ...listPaths(manifest.paths),
    '',
    ...(releases.length === 0
      ? []
      : [
          `Releases of OpenShift that production must hold: ${releases.map(({ version, architecture }) => formatCode(`${version} ${architecture}`)).join(', ')}.`,
          '',
        ]),
    ...(images.length === 0
      ? []
      : [`${formatCount(images.length, 'further image')} under \`images\` of the manifest.`, '']),
    ...(movableTags.length === 0
      ? []
      : [
          `Tags that may move beside those of the indexes: ${movableTags.map(formatCode).join(', ')}.`,
          '',
        ]),
    `In this repository: ${formatCode(manifestFile)} (the manifest)` +
      ', `catalogs/` (what each index is built of), `deliveries/` (what was taken in, when), `rules/` (bridges, excludes, known missing), `cluster/` (what clusters are told), `in-use.yaml` (what clusters have installed, written by people).',
  ];
}

const PURPOSES: Readonly<Record<RoleName, string>> = {
  production: 'what clusters use; it only grows',
  staging: 'where deliveries land',
};

function formatRegistry(role: RoleName, registry: RegistryEntry): string {
  const { host, pathPrefix, aliases, insecure, writePolicy, requestsPerDay } = registry;
  const notes = [
    PURPOSES[role],
    ...(pathPrefix === '' ? [] : [`everything below ${formatCellCode(pathPrefix)}`]),
    ...(aliases.length === 0 ? [] : [`also called ${aliases.map(formatCellCode).join(', ')}`]),
    ...(insecure ? ['plain HTTP, or TLS that is not verified'] : []),
    ...(role === 'staging' || writePolicy === 'unknown' ? [] : [`write policy ${writePolicy}`]),
    ...(requestsPerDay === null ? [] : [`${requestsPerDay} requests a day`]),
  ];
  return `| ${role} | ${formatCellCode(host)} | ${notes.join('; ')} |`;
}

function listCatalog(catalog: HandoverCatalog): readonly string[] {
  const { entry, repository, catalogSource, status, told } = catalog;
  const { namespace, name } = catalogSource;
  return [
    `**Catalog ${escapeMarkdown(entry.name)}**: ${formatCount(catalog.packages, 'package')}, ${formatCount(catalog.bundles, 'bundle')} in ${formatCode(entry.path)}`,
    '',
    `- its index in production: ${formatCode(`${repository.production}:${entry.tag.production}`)}${formatServed(catalog)}`,
    `- in staging: ${formatCode(`${repository.staging}:${entry.tag.staging}`)}${status?.staging.digest === undefined || status.staging.digest === null ? '' : `, now ${formatCode(status.staging.digest)}`}`,
    `- clusters see it by the CatalogSource ${formatCode(`${namespace}/${name}`)}${told.length === 0 ? '; none below `cluster/` serves it, so look on the clusters' : `, which pulls ${told.map(formatCode).join(', ')}`}`,
    `- it is served ${formatServing(catalog)}`,
    `- base ${formatCode(entry.base)}, built by ${entry.builder === 'podman' ? 'podman' : 'olmirror'} for ${entry.platforms.map(formatCode).join(', ')}; it names ${entry.references === 'rewrite' ? 'images by production’s address' : 'images by their upstream address, which the clusters’ mirror rules redirect'}`,
    '',
  ];
}

function formatServed({ status, entry }: HandoverCatalog): string {
  if (status === null) return '';
  const { servedId } = status;
  if (servedId === null) return ', where nothing is served now';
  return `, now the index ${formatCode(`${entry.tag.production}-${servedId.slice('sha256:'.length, 'sha256:'.length + 12)}`)}`;
}

function formatServing({ entry, extracted }: HandoverCatalog): string {
  if (extracted) return 'by OLM’s own opm (`extractContent` of the CatalogSource)';
  return entry.base === 'scratch'
    ? 'with `extractContent` of the CatalogSource only: the image holds no program'
    : 'by the opm in the image';
}

function listPaths(paths: readonly PathRule[]): readonly string[] {
  if (paths.length === 0)
    return ['All other images: the upstream host is dropped, the path stays, in both registries.'];
  return [
    'All other images, by the longest prefix; what fits none keeps its path without the host:',
    '',
    '| upstream | production | staging |',
    '|---|---|---|',
    ...paths.map(
      ({ from, to }) =>
        `| ${formatCellCode(from)} | ${formatCellCode(`${to.production}/`)} | ${formatCellCode(`${to.staging}/`)} |`,
    ),
  ];
}
