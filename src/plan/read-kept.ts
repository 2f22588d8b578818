import type { PassRecord, PassSummary, ReconcilerStatus } from './history-types.ts';

// What is kept was written by olmirror and is whole (renamed into place, or compressed with a checksum), so its
// kind and version tell what it is.

export function isPassRecord(value: unknown): value is PassRecord {
  return isKind(value, 'Pass');
}

export function isReconcilerStatus(value: unknown): value is ReconcilerStatus {
  return isKind(value, 'Reconciler');
}

export function isPassSummary(value: unknown): value is PassSummary {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['id', 'lastId', 'started', 'finished', 'result'].every(
      (name) => typeof Reflect.get(value, name) === 'string',
    )
  );
}

function isKind(value: unknown, kind: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'apiVersion' in value &&
    value.apiVersion === 'olmirror/v1alpha1' &&
    'kind' in value &&
    value.kind === kind
  );
}
