import {
  buildCatalogPath,
  CATALOG_DEFAULTS,
  CATALOG_SOURCE_NAMESPACE_DEFAULT,
  IN_USE_DEFAULTS,
  NOTIFIER_DEFAULTS,
  POLICY_DEFAULTS,
  RECONCILE_DEFAULTS,
  REGISTRY_DEFAULTS,
  RELEASE_ARCHITECTURE_DEFAULT,
  SPEC_DEFAULTS,
  STATE_REPOSITORY_DEFAULT,
  WINDOW_TIME_ZONE_DEFAULT,
} from './defaults.ts';
import { parseDuration } from './duration.ts';
import type {
  RawCatalog,
  RawManifest,
  RawNotifier,
  RawPathRule,
  RawRegistry,
  RawSpec,
  RawWindow,
} from './raw-manifest.ts';
import type {
  CatalogEntry,
  InUseSettings,
  MirrorManifest,
  NotifierEntry,
  PathRule,
  PerRole,
  ReconcileSettings,
  RegistryEntry,
  StateBackup,
  Window,
} from './types.ts';
import { parseWindowTimes } from './window-times.ts';

/** Fills every default in; the manifest must have been found valid. */
export function buildManifest(raw: RawManifest): MirrorManifest {
  const { spec } = raw;
  return {
    name: raw.metadata.name,
    strategy: spec.strategy ?? SPEC_DEFAULTS.strategy,
    registries: {
      production: buildRegistry(spec.registries.production),
      staging: buildRegistry(spec.registries.staging),
    },
    catalogs: (spec.catalogs ?? []).map(buildCatalogEntry),
    releases: (spec.releases ?? []).map((release) => ({
      architecture: RELEASE_ARCHITECTURE_DEFAULT,
      ...release,
    })),
    images: (spec.images ?? []).map((image) => ({ tags: [], ...image })),
    paths: (spec.paths ?? []).map(buildPathRule),
    movableTags: spec.movableTags ?? [],
    verify: spec.verify ?? SPEC_DEFAULTS.verify,
    policy: { ...POLICY_DEFAULTS, ...spec.policy },
    notifications: (spec.notifications ?? []).map(buildNotifier),
    reconcile: buildReconcile(spec.reconcile ?? {}),
    stateBackup: buildStateBackup(spec.stateBackup ?? 'on'),
    inUse: buildInUse(spec.inUse ?? {}),
  };
}

export function buildCatalogEntry(raw: RawCatalog): CatalogEntry {
  const source = raw.catalogSource ?? null;
  const pin = raw.pin ?? null;
  return {
    ...CATALOG_DEFAULTS,
    ...raw,
    path: trimPath(raw.path ?? buildCatalogPath(raw.name)),
    repository: spreadRoles(raw.repository),
    tag: spreadRoles(raw.tag),
    catalogSource:
      source === null ? null : { namespace: CATALOG_SOURCE_NAMESPACE_DEFAULT, ...source },
    pin: pin === null ? null : { until: null, ...pin },
  };
}

export function buildRegistry(raw: RawRegistry): RegistryEntry {
  return { ...REGISTRY_DEFAULTS, ...raw };
}

function buildPathRule(raw: RawPathRule): PathRule {
  return {
    from: raw.from,
    to: spreadRoles(raw.to),
    maxNestedPaths: spreadRoles(raw.maxNestedPaths ?? null),
  };
}

function buildNotifier(raw: RawNotifier): NotifierEntry {
  const { remindAfter, ...entry } = { ...NOTIFIER_DEFAULTS, ...raw };
  return { ...entry, remindAfterMilliseconds: readDuration(remindAfter) };
}

function buildReconcile(raw: NonNullable<RawSpec['reconcile']>): ReconcileSettings {
  const settings = { ...RECONCILE_DEFAULTS, ...raw };
  const { suspend, allowShrink, deepProofAge, notes, dryRun, approval } = settings;
  const windows = { ...RECONCILE_DEFAULTS.windows, ...settings.windows };
  return {
    intervalMilliseconds: readDuration(settings.interval),
    proofAgeMilliseconds: readDuration(settings.proofAge),
    deepProofAgeMilliseconds: deepProofAge === null ? null : readDuration(deepProofAge),
    windows: { copy: buildWindow(windows.copy), publish: buildWindow(windows.publish) },
    suspend: suspend === null ? null : { until: null, ...suspend },
    allowShrink: allowShrink === null ? null : { catalogs: null, ...allowShrink },
    notes,
    dryRun,
    approval,
  };
}

function buildStateBackup(raw: NonNullable<RawSpec['stateBackup']>): StateBackup | null {
  if (raw === 'off') return null;
  return raw === 'on' ? { repository: STATE_REPOSITORY_DEFAULT } : raw;
}

function buildInUse(raw: NonNullable<RawSpec['inUse']>): InUseSettings {
  const { clusters, seenWithin, waivers } = { ...IN_USE_DEFAULTS, ...raw };
  return {
    clusters,
    seenWithinMilliseconds: readDuration(seenWithin),
    waivers: waivers.map((waiver) => ({ cluster: null, ...waiver })),
  };
}

function buildWindow(raw: RawWindow): Window {
  if (raw === 'always') return raw;
  return raw.map(({ allow, deny, timeZone = WINDOW_TIME_ZONE_DEFAULT }) => {
    const text = allow ?? deny ?? '';
    const times = parseWindowTimes(text);
    if (typeof times === 'string') throw new Error(`The check let a window through: ${times}`);
    return { effect: allow === undefined ? 'deny' : 'allow', text, times, timeZone };
  });
}

function readDuration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === null) throw new Error(`The schema let the duration ${text} through.`);
  return milliseconds;
}

function spreadRoles<T extends string | number | null>(value: T | PerRole<T>): PerRole<T> {
  return typeof value === 'object' && value !== null
    ? value
    : { production: value, staging: value };
}

function trimPath(path: string): string {
  return path.replace(/^(?:\.\/+)+/, '').replace(/\/+$/, '');
}
