import bridgesJson from '../../schemas/bridges.schema.json' with { type: 'json' };
import deliveryJson from '../../schemas/delivery.schema.json' with { type: 'json' };
import excludeJson from '../../schemas/exclude.schema.json' with { type: 'json' };
import inUseJson from '../../schemas/in-use.schema.json' with { type: 'json' };
import knownMissingJson from '../../schemas/known-missing.schema.json' with { type: 'json' };
import mirrorJson from '../../schemas/mirror.schema.json' with { type: 'json' };
import selectionJson from '../../schemas/selection.schema.json' with { type: 'json' };
import type { RawManifest } from './raw-manifest.ts';
import { createSchemaCheck, type SchemaCheck } from './schema-check.ts';
import type { DeliveryRecord, SelectedPackage } from './types.ts';

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
        readonly source?: string | null;
        readonly installed: string | null;
      }[];
      readonly clusterExtensions?: readonly {
        readonly name: string;
        readonly package: string;
        readonly installed: string | null;
      }[];
    }[];
  };
}

export const inUseSchema: SchemaCheck<RawInUse> = createSchemaCheck(inUseJson);
export const bridgesSchema: SchemaCheck<readonly RawBridge[]> = createSchemaCheck(bridgesJson);
export const mirrorSchema: SchemaCheck<RawManifest> = createSchemaCheck(mirrorJson);
export const deliverySchema: SchemaCheck<RawDelivery> = createSchemaCheck(deliveryJson);
export const knownMissingSchema: SchemaCheck<readonly RawKnownMissing[]> =
  createSchemaCheck(knownMissingJson);
export const selectionSchema: SchemaCheck<{ readonly packages: readonly SelectedPackage[] }> =
  createSchemaCheck(selectionJson);
export const excludeSchema: SchemaCheck<readonly RawExclusion[]> = createSchemaCheck(excludeJson);
