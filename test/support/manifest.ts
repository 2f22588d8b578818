import { POLICY_DEFAULTS, REGISTRY_DEFAULTS } from '../../src/manifest/defaults.ts';
import type { MirrorManifest, PathRule, PerRole } from '../../src/manifest/types.ts';

/** A manifest of two registries for tests of pure rooms. */
export function makeManifest(changes: Partial<MirrorManifest> = {}): MirrorManifest {
  return {
    name: 'test',
    strategy: 'append',
    registries: {
      production: { ...REGISTRY_DEFAULTS, host: 'prod.example:5000', writePolicy: 'allow' },
      staging: { ...REGISTRY_DEFAULTS, host: 'prod.example:5001' },
    },
    catalogs: [],
    releases: [],
    images: [],
    paths: [],
    movableTags: [],
    verify: 'manifests',
    policy: POLICY_DEFAULTS,
    notifications: [],
    reconcile: {
      intervalMilliseconds: 600_000,
      proofAgeMilliseconds: 604_800_000,
      deepProofAgeMilliseconds: null,
      windows: { copy: 'always', publish: 'always' },
      suspend: null,
      allowShrink: null,
      notes: 'off',
      dryRun: false,
      approval: 'none',
    },
    stateBackup: null,
    inUse: { clusters: [], seenWithinMilliseconds: 2_592_000_000, waivers: [] },
    ...changes,
  };
}

export function pathRule(from: string, to: string, maxNestedPaths: number | null = null): PathRule {
  return { from, to: both(to), maxNestedPaths: both(maxNestedPaths) };
}

function both<T>(value: T): PerRole<T> {
  return { production: value, staging: value };
}

/** A digest whose hex repeats a character. */
export function digestOfChar(char: string): `sha256:${string}` {
  return `sha256:${char.repeat(64)}`;
}
