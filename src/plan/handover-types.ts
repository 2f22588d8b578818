import type {
  BridgeRule,
  CatalogEntry,
  DeliveryRecord,
  Exclusion,
  ListedMissing,
  MirrorManifest,
  PerRole,
} from '../manifest/types.ts';
import type { CatalogStatus, StatusReport } from './status-types.ts';

/** All that `HANDOVER.md` says of a mirror. */
export interface Handover {
  readonly manifest: MirrorManifest;
  /** Its name in the state repository. */
  readonly manifestFile: string;
  /** URL of the state repository without credentials; null where it lies on this machine only. */
  readonly remote: string | null;
  readonly catalogs: readonly HandoverCatalog[];
  /** Newest first. */
  readonly deliveries: readonly DeliveryRecord[];
  /** What was seen in the registries; null where nobody looked. */
  readonly seen: HandoverSeen | null;
}

export type HandoverSeen = Pick<StatusReport, 'sync' | 'images' | 'pendingSteps' | 'checks'>;

export interface HandoverCatalog {
  readonly entry: CatalogEntry;
  /** Repository of its index by role, with the registry's path prefix. */
  readonly repository: PerRole<string>;
  readonly packages: number;
  readonly bundles: number;
  /** By which clusters see it. */
  readonly catalogSource: { readonly name: string; readonly namespace: string };
  /** Index images of which clusters are told below `cluster/`, as they pull them. */
  readonly told: readonly string[];
  /** OLM serves it by its own opm, as an object below `cluster/` says. */
  readonly extracted: boolean;
  readonly exclusions: readonly Exclusion[];
  readonly bridges: readonly BridgeRule[];
  readonly missing: readonly ListedMissing[];
  /** What was seen of it; null where nobody looked. */
  readonly status: CatalogStatus | null;
}
