import type { AskedChannel } from '../catalog/select-asked.ts';
import type { Need, NeededCatalog } from '../plan/media-types.ts';

/** What was asked for as an ImageSetConfiguration of oc-mirror v2 (spec "oc-mirror" §1.1). */
export function renderImageSet({ snapshot, catalogs, hash }: Need): string {
  const asked = catalogs.filter(({ packages }) => packages.length > 0);
  return [
    `# olmirror need ${hash}`,
    `# against the snapshot ${snapshot.hash} of ${snapshot.time}`,
    'apiVersion: mirror.openshift.io/v2alpha1',
    'kind: ImageSetConfiguration',
    'mirror:',
    ...(asked.length === 0
      ? ['  operators: []']
      : ['  operators:', ...asked.flatMap(renderCatalog)]),
    '',
  ].join('\n');
}

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
