import type { PerRole } from '../manifest/types.ts';
import type { SiteIndex } from '../reconcile/read-site-indexes.ts';
import type { ClusterPlaces } from './study-site.ts';

export interface SurveyedSite extends ClusterPlaces {
  readonly hosts: PerRole<string>;
  readonly insecure: boolean;
}

/**
 * The commands that take a site over: from the index of production that clusters are served, or else its first, and from
 * that of staging where clusters are served that one.
 */
export function proposeInit(
  indexes: readonly SiteIndex[],
  { hosts, clusterResources, live, insecure }: SurveyedSite,
): readonly string[] {
  const readable = indexes.filter(({ catalog }) => catalog !== null);
  const production = pick(readable.filter(({ role }) => role === 'production'));
  const staging = readable.filter(({ role }) => role === 'staging');
  const served = staging.find(({ servedBy }) => servedBy.length > 0);
  const first = production ?? served ?? pick(staging);
  if (first === undefined) return [];
  const from = [first, ...(served === undefined || served === first ? [] : [served])];
  const place =
    first.role === 'production'
      ? []
      : ['--production', hosts.production, '--index', `${first.repository}:${first.reference}`];
  const options = [
    ...from.flatMap(({ image }) => ['--from', image]),
    ...place,
    '--staging',
    hosts.staging,
    ...(clusterResources === null ? [] : ['--cluster-resources', clusterResources]),
    ...listLive(live),
    ...(insecure ? ['--insecure'] : []),
  ];
  return [`olmirror init ${options.join(' ')}`, 'git add -A && git commit', 'olmirror plan'];
}

function listLive(live: ClusterPlaces['live']): readonly string[] {
  const { kubeconfig = null, context = null } = live ?? {};
  return [
    ...(kubeconfig === null ? [] : ['--kubeconfig', kubeconfig]),
    ...(context === null ? [] : ['--context', context]),
  ];
}

function pick(indexes: readonly SiteIndex[]): SiteIndex | undefined {
  return indexes.find(({ servedBy }) => servedBy.length > 0) ?? indexes[0];
}
