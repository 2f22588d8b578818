import { shortHex } from '../base/digest.ts';
import { formatBytes, formatCount, formatNumber } from '../base/text.ts';
import type {
  Finding,
  ReadCluster,
  StagedIndex,
  StagingCheck,
  UnwantedManifest,
} from '../plan/staging-types.ts';
import type { DeliveryState } from '../plan/status-types.ts';
import { cleanLine, renderLines } from './clean-line.ts';

/** Whether staging may be emptied, what stands in the way, and what would be lost with it. */
export function renderStagingText(check: StagingCheck): string {
  return renderLines([
    formatVerdict(check),
    ...check.indexes.map((index) => `  ${formatIndex(index)}`),
    `  ${formatSums(check)}`,
    ...check.clusters.map((cluster) => `  ${formatCluster(cluster)}`),
    ...listStated(check).map((line) => `  ${line}`),
    ...listFindings('Not known', check.unclear),
    ...listFindings('In the way', check.hindrances),
    ...listUnwanted(check),
    '',
    ...listScope(check),
    formatSeal(check),
  ]);
}

/** The answer in one sentence. */
export function formatVerdict({ verdict, staging, hindrances, unclear }: StagingCheck): string {
  const known = formatCount(hindrances.length, 'thing is', 'things are');
  switch (verdict) {
    case 'may-be-emptied':
      return `${staging.host} may be emptied: nothing that is wanted would be lost, and nothing that was given points at it.`;
    case 'may-not':
      return `${staging.host} may not be emptied: ${known} in the way.`;
    case 'cannot-say':
      return `Whether ${staging.host} may be emptied cannot be said: ${formatCount(unclear.length, 'thing is', 'things are')} not known${hindrances.length === 0 ? '' : `; ${known} in the way already`}.`;
  }
}

const STATE_WORDS: Readonly<Record<DeliveryState, string>> = {
  applied: 'merged and applied',
  merged: 'merged, and production does not serve it',
  'merged-not-committed': 'merged in the working tree only',
  'not-merged': 'NOT MERGED',
  none: 'staging has no index of it',
  unknown: 'unknown',
};

export function formatIndex({ catalog, reference, state, digest, recorded }: StagedIndex): string {
  const what = digest === null ? '' : ` ${shortHex(digest)}`;
  const since = recorded === null ? '' : ` (taken in ${recorded})`;
  return `index of ${catalog}, ${reference}${what}: ${STATE_WORDS[state]}${since}`;
}

export function formatSums({ sums, repositories, tags }: StagingCheck): string {
  const parts = [
    `${formatNumber(sums.inProduction)} in production`,
    ...countOf(sums.takenIn, 'taken in as indexes'),
    ...countOf(sums.referrersLists, 'lists of referrers'),
    `${formatNumber(sums.unwanted)} wanted by nobody`,
    ...countOf(sums.hindering, 'in the way'),
    ...countOf(sums.unclear, 'not known'),
  ];
  return `${formatCount(sums.manifests, 'manifest')} in ${formatCount(repositories, 'repository', 'repositories')} (${formatCount(tags, 'tag')}): ${parts.join(', ')}`;
}

function countOf(count: number, words: string): readonly string[] {
  return count === 0 ? [] : [`${formatNumber(count)} ${words}`];
}

export function formatCluster(cluster: ReadCluster): string {
  const { folder, files, catalogs, mirrorRules, pods, endedPods, others } = cluster;
  const counts = [
    formatCount(catalogs, 'CatalogSource or ClusterCatalog', 'CatalogSources and ClusterCatalogs'),
    formatCount(mirrorRules, 'object with mirror rules', 'objects with mirror rules'),
    `${formatCount(pods, 'Pod')}${endedPods === 0 ? '' : ` (and ${formatNumber(endedPods)} that ended, left out)`}`,
    formatCount(others, 'other object'),
  ];
  return `objects in ${folder}: ${counts.join(', ')}, of ${formatCount(files, 'file')}`;
}

/** What a person said that nobody could see. */
export function listStated({ stated, otherRegistries }: StagingCheck): readonly string[] {
  return [
    ...(stated.length === 0
      ? []
      : [`said with --none-of: clusters have no ${stated.join(', no ')}`]),
    ...(otherRegistries.length === 0
      ? []
      : [`said with --other-registry: ${otherRegistries.join(', ')} is not staging`]),
  ];
}

/** Findings with one remedy stand together, in the order of the first of each. */
export function groupFindings(
  findings: readonly Finding[],
): readonly { readonly next: string; readonly findings: readonly Finding[] }[] {
  return [...Map.groupBy(findings, ({ next }) => next)].map(([next, own]) => ({
    next,
    findings: own,
  }));
}

function listFindings(title: string, findings: readonly Finding[]): readonly string[] {
  if (findings.length === 0) return [];
  return [
    '',
    `${title}:`,
    ...groupFindings(findings).flatMap(({ next, findings: own }) => [
      ...own.flatMap(({ subject, message }) => [`  ${subject}`, `    ${message}`]),
      `    → ${next}`,
    ]),
  ].map(cleanLine);
}

function listUnwanted({ unwanted }: StagingCheck): readonly string[] {
  if (unwanted.length === 0) return [];
  return [
    '',
    'Wanted by nobody, and lost when staging is emptied:',
    ...unwanted.map((entry) => `  ${formatUnwanted(entry)}`),
  ];
}

export function formatUnwanted(entry: UnwantedManifest): string {
  const { repository, digest, tags, parts, bytes, created, attachedTo, why, production } = entry;
  return [
    `${repository}@${digest}`,
    ...(tags.length === 0 ? [] : [tags.join(', ')]),
    ...(bytes === null ? [] : [formatBytes(bytes)]),
    ...(created === null ? [] : [`built ${created.slice(0, 10)}`]),
    ...(parts === 0 ? [] : [`with ${formatCount(parts, 'part')}`]),
    ...(attachedTo === null ? [] : [`belongs to ${shortHex(attachedTo)}`]),
    ...(why === null ? [] : [why]),
    ...(production === 'absent' ? [] : [`in production: ${production}`]),
  ].join('  ');
}

/** What was not looked at, and what was asked. */
export function listScope(check: StagingCheck): readonly string[] {
  const { staging, outside, proved, requests } = check;
  const { host, aliases, pathPrefix } = staging;
  return [
    ...(outside === 0
      ? []
      : [
          `Not looked at: ${formatCount(outside, 'repository', 'repositories')} of ${host} outside of the path ${pathPrefix}.`,
        ]),
    `Manifests without a tag that no index, list or image leads to cannot be listed. Objects were searched for ${[host, ...aliases].join(', ')}${pathPrefix === '' ? '' : ` below ${pathPrefix}`}.`,
    `Production was asked for ${formatCount(proved.images, 'image')} with ${formatCount(proved.blobs, 'blob')} (HEAD); ${formatCount(requests, 'request')}. Nothing was changed: olmirror never empties staging.`,
  ];
}

export function formatSeal({ time, revision, hash }: StagingCheck): string {
  return `Checked ${time} against commit ${revision}; report ${hash}`;
}
