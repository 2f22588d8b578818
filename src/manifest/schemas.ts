import bridgesJson from '../../schemas/bridges.schema.json' with { type: 'json' };
import deliveryJson from '../../schemas/delivery.schema.json' with { type: 'json' };
import excludeJson from '../../schemas/exclude.schema.json' with { type: 'json' };
import inUseJson from '../../schemas/in-use.schema.json' with { type: 'json' };
import knownMissingJson from '../../schemas/known-missing.schema.json' with { type: 'json' };
import mirrorJson from '../../schemas/mirror.schema.json' with { type: 'json' };
import relocateJson from '../../schemas/relocate.schema.json' with { type: 'json' };
import selectionJson from '../../schemas/selection.schema.json' with { type: 'json' };
import waiversJson from '../../schemas/waivers.schema.json' with { type: 'json' };
import type { UnseenKind } from './observed-cluster.ts';
import type { RawManifest } from './raw-manifest.ts';
import { createSchemaCheck, type SchemaCheck } from './schema-check.ts';
import type { Confirmation, DeliveryRecord, SelectedPackage, Waiver } from './types.ts';

/** `deliveries/*.yaml` as written. */
export interface RawDelivery {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: DeliveryRecord;
}

/** One item of `rules/<name>/exclude.yaml` as written. */
export interface RawExclusion {
  readonly package: string;
  readonly channel?: string;
  readonly bundle?: string;
  readonly reason: string;
  readonly by: string;
  readonly until?: string | null;
}

/** One item of `rules/<name>/waivers.yaml` as written. */
export type RawWaiver = Pick<Waiver, 'policy' | 'reason' | 'by' | 'until'> &
  Partial<{ readonly [K in 'package' | 'channel' | 'bundle' | 'image']: string }>;

/** One item of `rules/<name>/known-missing.yaml` as written. */
export interface RawKnownMissing {
  readonly image: string;
  readonly bundles?: readonly string[];
  readonly reason: string;
  readonly since: string;
  readonly until?: string | null;
}

/** One item of `rules/<name>/bridges.yaml` as written. */
export interface RawBridge {
  readonly package: string;
  readonly channel: string;
  readonly bundle: string;
  readonly replaces?: string;
  readonly skips?: readonly string[];
  readonly skipRange?: string;
  readonly reason: string;
  readonly by: string;
  readonly until?: string | null;
}

/** `relocate.yaml` as written. */
export interface RawRelocation {
  readonly spec: {
    readonly from: string;
    readonly to: string;
    readonly proof?: string;
    readonly proofAge?: string;
    readonly swapped?: string;
    readonly confirmed?: readonly Confirmation[];
  };
}

/** `in-use.yaml` as written, as far as olmirror reads it. */
export interface RawInUse {
  readonly spec: {
    readonly clusters: readonly {
      readonly name: string;
      readonly seen?: string | null;
      readonly subscriptions?: readonly {
        readonly name: string;
        readonly namespace?: string | null;
        readonly package: string;
        readonly channel?: string | null;
        readonly source?: string | null;
        readonly sourceNamespace?: string | null;
        readonly approval?: 'Automatic' | 'Manual' | null;
        readonly installed: string | null;
        readonly pending?: string | null;
      }[];
      readonly clusterExtensions?: readonly {
        readonly name: string;
        readonly package: string;
        readonly channels?: readonly string[];
        readonly version?: string | null;
        readonly installed: string | null;
      }[];
      readonly images?: readonly (
        | string
        | {
            readonly image: string;
            readonly users?: readonly string[];
            readonly seen?: string | null;
          }
      )[];
      readonly release?: {
        readonly version: string;
        readonly image?: string | null;
        readonly channel?: string | null;
        readonly architecture?: string | null;
        readonly history?: readonly {
          readonly version: string;
          readonly image?: string | null;
          readonly state: 'Completed' | 'Partial';
        }[];
      } | null;
      readonly bundles?: readonly {
        readonly name: string;
        readonly package?: string | null;
        readonly namespace?: string | null;
        readonly pending?: boolean;
      }[];
      readonly mirrors?: readonly {
        readonly source: string;
        readonly mirrors: readonly string[];
        readonly redirects: 'digest' | 'tag';
        readonly exclusive?: boolean;
        readonly object?: string;
      }[];
      readonly unseen?: readonly {
        readonly kind: string;
        readonly why: UnseenKind['why'];
        readonly message?: string | null;
      }[];
    }[];
  };
}

/** One cluster of it. */
export type RawCluster = RawInUse['spec']['clusters'][number];

export const inUseSchema: SchemaCheck<RawInUse> = createSchemaCheck(inUseJson);
export const bridgesSchema: SchemaCheck<readonly RawBridge[]> = createSchemaCheck(bridgesJson);
export const mirrorSchema: SchemaCheck<RawManifest> = createSchemaCheck(mirrorJson);
export const deliverySchema: SchemaCheck<RawDelivery> = createSchemaCheck(deliveryJson);
export const knownMissingSchema: SchemaCheck<readonly RawKnownMissing[]> =
  createSchemaCheck(knownMissingJson);
export const selectionSchema: SchemaCheck<{ readonly packages: readonly SelectedPackage[] }> =
  createSchemaCheck(selectionJson);
export const excludeSchema: SchemaCheck<readonly RawExclusion[]> = createSchemaCheck(excludeJson);
export const waiversSchema: SchemaCheck<readonly RawWaiver[]> = createSchemaCheck(waiversJson);
export const relocationSchema: SchemaCheck<RawRelocation> = createSchemaCheck(relocateJson);
