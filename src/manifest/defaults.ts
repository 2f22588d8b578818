import type {
  CatalogEntry,
  MirrorManifest,
  MirrorPolicy,
  NotifierEntry,
  RegistryEntry,
} from './types.ts';

/** What a manifest means where it says nothing. The schema repeats these for editors; a test compares them. */
export const REGISTRY_DEFAULTS: Omit<RegistryEntry, 'host'> = {
  pathPrefix: '',
  aliases: [],
  insecure: false,
  caFile: null,
  authFile: null,
  writePolicy: 'unknown',
  requestsPerDay: null,
  storagePath: null,
};

export const CATALOG_DEFAULTS: Pick<
  CatalogEntry,
  | 'base'
  | 'builder'
  | 'builderImage'
  | 'cache'
  | 'compression'
  | 'platforms'
  | 'references'
  | 'catalogSource'
  | 'pin'
> = {
  base: 'scratch',
  builder: 'native',
  builderImage: null,
  cache: 'json',
  compression: 'gzip',
  platforms: ['linux/amd64'],
  references: 'keep',
  catalogSource: null,
  pin: null,
};

export const POLICY_DEFAULTS: MirrorPolicy = {
  missing: 'block',
  protect: 'new',
  strandedUpgrades: 'block',
  automaticUpgrades: 'warn',
  duplicateBundle: 'newer',
  tagDrift: 'keep',
  defaultChannelChange: 'warn',
  channelRemoval: 'warn',
  rereleasedBundles: 'warn',
  imagesByTag: 'off',
  unsignedImages: 'off',
  signaturePolicy: null,
  allowedPackages: null,
  deliverySize: null,
  soak: null,
};

export const RECONCILE_DEFAULTS = {
  interval: '10m',
  proofAge: '7d',
  deepProofAge: null,
  windows: { copy: 'always', publish: 'always' },
  suspend: null,
  allowShrink: null,
  notes: 'off',
  dryRun: false,
  approval: 'none',
} as const;

export const WINDOW_TIME_ZONE_DEFAULT = 'UTC';
export const NOTIFIER_DEFAULTS: Pick<
  NotifierEntry,
  'url' | 'urlFile' | 'secretFile' | 'caFile' | 'severity'
> & { readonly remindAfter: string } = {
  url: null,
  urlFile: null,
  secretFile: null,
  caFile: null,
  severity: 'warning',
  remindAfter: '1d',
};

export const SPEC_DEFAULTS: Pick<MirrorManifest, 'strategy' | 'verify'> = {
  strategy: 'append',
  verify: 'manifests',
};
export const IN_USE_DEFAULTS: {
  readonly clusters: readonly string[];
  readonly seenWithin: string;
  readonly waivers: readonly never[];
} = { clusters: [], seenWithin: '30d', waivers: [] };
/** Repository in production that keeps the state repository. */
export const STATE_REPOSITORY_DEFAULT = 'olm/olmirror-state';
export const RELEASE_ARCHITECTURE_DEFAULT = 'x86_64';
export const CATALOG_SOURCE_NAMESPACE_DEFAULT = 'openshift-marketplace';

/** Folder of a catalog that names none. */
export function buildCatalogPath(name: string): string {
  return `catalogs/${name}`;
}

/** Whether a tag of this registry may be moved, as far as the manifest says. */
export function letsTagsMove({ writePolicy }: Pick<RegistryEntry, 'writePolicy'>): boolean {
  return writePolicy !== 'allow-once' && writePolicy !== 'deny';
}
