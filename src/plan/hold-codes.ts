import type { ErrorCode } from '../base/error-codes.ts';

/** Codes of what waits for no fault, by what holds it: they make no pass a failed one. */
export const HOLD_CODES = {
  suspended: 'PLAN_SUSPENDED',
  'dry-run': 'PLAN_DRY_RUN',
  approval: 'PLAN_NOT_APPROVED',
  'copy-window': 'PLAN_OUTSIDE_WINDOW',
  'publish-window': 'PLAN_OUTSIDE_WINDOW',
} as const;

const CODES: ReadonlySet<ErrorCode> = new Set(Object.values(HOLD_CODES));

export function isHoldCode(code: ErrorCode | null): boolean {
  return code !== null && CODES.has(code);
}
