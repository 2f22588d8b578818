import { Ajv, type ValidateFunction } from 'ajv';
import deliverySchema from '../../schemas/delivery.schema.json' with { type: 'json' };
import knownMissingSchema from '../../schemas/known-missing.schema.json' with { type: 'json' };
import mirrorSchema from '../../schemas/mirror.schema.json' with { type: 'json' };
import type { RawManifest } from './raw-manifest.ts';
import type { DeliveryRecord, KnownMissing } from './types.ts';

/** `deliveries/*.yaml` as written. */
export interface RawDelivery {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: DeliveryRecord;
}

const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  strictTypes: false,
  keywords: ['patternErrorMessage'],
});

export const checkMirrorSchema: ValidateFunction<RawManifest> =
  ajv.compile<RawManifest>(mirrorSchema);
export const checkDeliverySchema: ValidateFunction<RawDelivery> =
  ajv.compile<RawDelivery>(deliverySchema);
export const checkKnownMissingSchema: ValidateFunction<readonly KnownMissing[]> =
  ajv.compile<readonly KnownMissing[]>(knownMissingSchema);
