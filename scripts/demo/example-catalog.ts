import { buildBundleImages } from './example-images.ts';
import { type Delivery, OPERATORS, type Operator, type OperatorVersion } from './operators.ts';

/** `old`: what production serves at first; a delivery: only what it brings; `merged`: all of it. */
export type CatalogState = 'old' | Delivery | 'merged';

/** Files of the example catalog in one state, by path: `operator-a/catalog.json` and so on. */
export function renderExampleCatalog(
  state: CatalogState,
  operators: readonly Operator[] = OPERATORS,
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const operator of operators) {
    const versions = operator.versions.filter((version) => isInState(version, state));
    if (versions.length === 0) continue;
    const blobs = listBlobs(operator, { versions, state });
    files.set(`${operator.name}/catalog.json`, blobs.map(renderBlob).join(''));
  }
  return files;
}

/** Versions that a state adds to what production served at first; all of them for `old`. */
export function isInState(version: OperatorVersion, state: CatalogState): boolean {
  if (state === 'merged') return true;
  return state === 'old' ? version.delivery === undefined : version.delivery === state;
}

interface Selection {
  readonly versions: readonly OperatorVersion[];
  readonly state: CatalogState;
}

function listBlobs(operator: Operator, selection: Selection): readonly object[] {
  const channels = new Set(selection.versions.flatMap((version) => version.channels));
  const names = [...channels].toSorted((a, b) => (a < b ? -1 : 1));
  return [
    buildPackage(operator),
    ...names.map((name) => buildChannel(operator, { ...selection, name })),
    ...selection.versions.map((version) => buildBundle(operator, version)).toSorted(byName),
  ];
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function buildPackage(operator: Operator): object {
  const letter = operator.title.slice(-1);
  const icon = [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">',
    `<rect width="40" height="40" rx="8" fill="${operator.color}"/>`,
    '<text x="20" y="28" font-family="sans-serif" font-size="22" text-anchor="middle" ',
    `fill="#fff">${letter}</text></svg>`,
  ].join('');
  return {
    schema: 'olm.package',
    name: operator.name,
    defaultChannel: 'stable',
    icon: { base64data: Buffer.from(icon).toString('base64'), mediatype: 'image/svg+xml' },
    description: operator.description,
  };
}

function buildChannel(operator: Operator, channel: Selection & { readonly name: string }): object {
  const versions = channel.versions.filter((version) => version.channels.includes(channel.name));
  return {
    schema: 'olm.channel',
    name: channel.name,
    package: operator.name,
    entries: versions.map((version) => buildEntry(operator, version, channel.state)),
  };
}

function buildEntry(operator: Operator, version: OperatorVersion, state: CatalogState): object {
  const { replaces, skips, skipRange } = version;
  return {
    name: nameBundle(operator, version.version),
    ...(replaces !== undefined && { replaces: nameBundle(operator, replaces) }),
    // A delivery does not know the old head that the merge lets the new one skip.
    ...(skips !== undefined &&
      state === 'merged' && { skips: skips.map((skipped) => nameBundle(operator, skipped)) }),
    ...(skipRange !== undefined && { skipRange }),
  };
}

function buildBundle(operator: Operator, version: OperatorVersion): { readonly name: string } {
  const images = buildBundleImages(operator, version);
  const relatedImages = images
    .map(({ name, upstream }) => ({ name, image: upstream }))
    .toSorted((a, b) => (a.image < b.image ? -1 : 1));
  const bundle = {
    schema: 'olm.bundle',
    name: nameBundle(operator, version.version),
    package: operator.name,
    image: images[0]?.upstream,
    properties: listProperties(operator, version),
    relatedImages,
  };
  return bundle;
}

function listProperties(operator: Operator, version: OperatorVersion): readonly object[] {
  const group = `${operator.vendor}.example.com`;
  return [
    { type: 'olm.gvk', value: { group, kind: operator.resource, version: 'v1' } },
    {
      type: 'olm.package',
      value: { packageName: operator.name, version: version.version },
    },
    { type: 'olm.csv.metadata', value: buildCsvMetadata(operator, version) },
  ];
}

function buildCsvMetadata(operator: Operator, version: OperatorVersion): object {
  const plural = `${operator.resource.toLowerCase()}s`;
  const modes = ['OwnNamespace', 'SingleNamespace', 'MultiNamespace', 'AllNamespaces'];
  return {
    annotations: {
      'alm-examples': '[]',
      capabilities: 'Seamless Upgrades',
      createdAt: version.created,
      description: operator.description,
    },
    apiServiceDefinitions: {},
    crdDescriptions: {
      owned: [
        {
          kind: operator.resource,
          name: `${plural}.${operator.vendor}.example.com`,
          version: 'v1',
        },
      ],
    },
    description: operator.description,
    displayName: operator.title,
    installModes: modes.map((type) => ({ supported: type === 'AllNamespaces', type })),
    keywords: ['example', operator.resource.toLowerCase()],
    maturity: 'stable',
    minKubeVersion: '1.27.0',
    provider: { name: `Vendor ${operator.title.slice(-1)}` },
  };
}

function nameBundle(operator: Operator, version: string): string {
  return `${operator.name}.v${version}`;
}

// As opm writes it: 4 spaces, one object after the other.
function renderBlob(blob: object): string {
  return `${JSON.stringify(blob, null, 4)}\n`;
}
