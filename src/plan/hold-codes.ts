import type { ErrorCode } from '../base/error-codes.ts';
import type { Hold } from './history-types.ts';

/** Codes of what waits for no fault: it makes no pass a failed one. */
export const HOLD_CODES: Readonly<Record<Hold['kind'], ErrorCode>> = {
  suspended: 'PLAN_SUSPENDED',
  'dry-run': 'PLAN_DRY_RUN',
  approval: 'PLAN_NOT_APPROVED',
  'copy-window': 'PLAN_OUTSIDE_WINDOW',
  'publish-window': 'PLAN_OUTSIDE_WINDOW',
};

const CODES: ReadonlySet<ErrorCode> = new Set(Object.values(HOLD_CODES));

export function isHoldCode(code: ErrorCode | null): boolean {
  return code !== null && CODES.has(code);
}
