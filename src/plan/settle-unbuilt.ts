import type { ErrorCode } from '../base/error-codes.ts';
import { formatIndexItem } from './item.ts';
import type { Settled } from './settled.ts';
import type { Check } from './types.ts';

/** Why an index cannot be built. */
export interface IndexFault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
}

/** A catalog that cannot be read or judged valid: its index is not touched. */
export function settleBroken(catalog: string, why: string): Settled {
  return withholdIndex(catalog, {
    code: 'CATALOG_INVALID',
    message: `Catalog ${catalog} is not valid, so its index stays as it is: ${why}`,
    hint: 'Run `olmirror validate` to see every fault.',
  });
}

/** A catalog of which no index can be built: what is served stays. */
export function settleUnbuilt(catalog: string, fault: IndexFault): Settled {
  const message = `The index of ${catalog} cannot be built and stays as it is: ${fault.message}`;
  return withholdIndex(catalog, { ...fault, message });
}

function withholdIndex(catalog: string, { code, message, hint }: IndexFault): Settled {
  const item = formatIndexItem(catalog);
  const check: Check = {
    // What a registry did not tell of the base is no fault of the catalog.
    kind: code.startsWith('REGISTRY_') ? 'unknown' : 'invalid',
    severity: 'error',
    message,
    hint: hint ?? null,
    catalog,
    item,
    neededBy: [],
  };
  return {
    steps: [],
    settled: [{ item, type: 'index', kind: 'failed', message, code }],
    checks: [check],
  };
}
