import type { AskedChannel } from '../catalog/select-asked.ts';
import { formatReleaseTag } from '../images/release.ts';
import type { NeededReleases, ReleaseChannel, ReleaseReason } from '../plan/media-release-types.ts';
import type { Need, NeededCatalog } from '../plan/media-types.ts';

/** What was asked for as an ImageSetConfiguration of oc-mirror v2 (spec "oc-mirror" §1.1). */
export function renderImageSet({ snapshot, catalogs, releases, hash }: Need): string {
  const asked = catalogs.filter(({ packages }) => packages.length > 0);
  const platform = releases === null ? [] : renderPlatform(releases);
  return [
    `# olmirror need ${hash}`,
    `# against the snapshot ${snapshot.hash} of ${snapshot.time}`,
    'apiVersion: mirror.openshift.io/v2alpha1',
    'kind: ImageSetConfiguration',
    'mirror:',
    ...platform,
    ...(asked.length === 0
      ? renderNothing(platform)
      : ['  operators:', ...asked.flatMap(renderCatalog)]),
    '',
  ].join('\n');
}

function renderNothing(platform: readonly string[]): readonly string[] {
  return platform.length === 0 ? ['  operators: []'] : [];
}

function renderPlatform(releases: NeededReleases): readonly string[] {
  const { channels, machines, bring, updateService } = releases;
  if (channels.length === 0) return [];
  return [
    '  platform:',
    ...bring.map((release) => `    # ${formatReleaseTag(release)}: ${REASONS[release.why]}`),
    ...(machines.every((machine) => machine === 'amd64')
      ? []
      : ['    architectures:', ...machines.map((machine) => `      - ${machine}`)]),
    '    channels:',
    ...channels.flatMap(renderReleaseChannel),
    ...(updateService ? ['    graph: true'] : []),
  ];
}

function renderReleaseChannel(channel: ReleaseChannel): readonly string[] {
  const { name, minVersion, maxVersion, shortestPath, exact } = channel;
  return [
    ...(exact ? [] : ['      # brings releases besides those listed above']),
    `      - name: ${JSON.stringify(name)}`,
    `        minVersion: ${JSON.stringify(minVersion)}`,
    `        maxVersion: ${JSON.stringify(maxVersion)}`,
    ...(shortestPath ? ['        shortestPath: true'] : []),
  ];
}

/** Why a release has to come, as a sentence part. */
export const REASONS: Readonly<Record<ReleaseReason, string>> = {
  asked: 'asked for',
  wanted: 'listed in Git, not in production',
  'in-use': 'run by a cluster, not in production',
  way: 'on the way of a cluster',
};

function renderCatalog({ source, digest, packages }: NeededCatalog): readonly string[] {
  return [
    `    - catalog: ${JSON.stringify(source)}`,
    ...(digest === null ? [] : [`      # it was ${digest}`]),
    '      packages:',
    ...packages.flatMap(({ name, channels }) => [
      `        - name: ${JSON.stringify(name)}`,
      '          channels:',
      ...channels.flatMap(renderChannel),
    ]),
  ];
}

function renderChannel({ name, minVersion, maxVersion }: AskedChannel): readonly string[] {
  return [
    `            - name: ${JSON.stringify(name)}`,
    ...(minVersion === null ? [] : [`              minVersion: ${JSON.stringify(minVersion)}`]),
    ...(maxVersion === null ? [] : [`              maxVersion: ${JSON.stringify(maxVersion)}`]),
  ];
}
