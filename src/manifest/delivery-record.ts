import { dump } from 'js-yaml';
import { digestOf, hexOf, shortHex } from '../base/digest.ts';
import { parseRecord } from './parse-record.ts';
import { deliverySchema } from './schemas.ts';
import type { DeliveryRecord } from './types.ts';

const HEADER = `# Delivery record, written by olmirror. It says what was taken into the catalog and keeps the same
# index from being merged twice. Commit it together with the catalog; do not edit it.
`;

/** The record as YAML; equal records give equal text. */
export function formatDeliveryRecord(record: DeliveryRecord): string {
  const spec = {
    catalog: record.catalog,
    command: record.command,
    source: record.source,
    role: record.role,
    digest: record.digest,
    content: record.content,
    date: record.date,
    newImages: record.newImages,
    packages: record.packages.map((entry) => ({
      name: entry.name,
      old: entry.old,
      new: entry.new,
    })),
    held: record.held,
    ...(record.excluded === undefined ? {} : { excluded: record.excluded }),
    ...(record.brought === undefined ? {} : { brought: record.brought }),
    gaps: record.gaps,
  };
  return (
    HEADER +
    dump(
      { apiVersion: 'olmirror/v1alpha1', kind: 'Delivery', spec },
      { lineWidth: -1, noRefs: true },
    )
  );
}

/** Throws `MANIFEST_RECORD_INVALID`, which names every fault and its place. */
export function parseDeliveryRecord(text: string, file: string): DeliveryRecord {
  return parseRecord(text, file, deliverySchema).spec;
}

/** Path in the state repository, `deliveries/<date>-<12 hex of the digest>.yaml`. */
export function buildDeliveryFileName(record: Pick<DeliveryRecord, 'date' | 'digest'>): string {
  return `deliveries/${record.date}-${shortHex(record.digest)}.yaml`;
}

/** A short name for what a delivery brings: the same on another day, another once what a gap kept out is in. */
export function nameDelivery({ catalog, digest, gaps, held }: DeliveryRecord): string {
  return hexOf(digestOf(JSON.stringify([catalog, digest, gaps, held]))).slice(0, 16);
}

/** Whether a record is of a delivery, and not of what production serves. */
export function isDelivery({ command, role }: Pick<DeliveryRecord, 'command' | 'role'>): boolean {
  return command === 'merge' && role !== 'production';
}
