import { isToolError } from '../base/tool-error.ts';
import { isHoldCode } from '../plan/hold-codes.ts';
import type { ExitCode } from '../plan/sum-outcomes.ts';

/** How a command ends that threw this. */
export function exitCodeOf(failure: unknown): ExitCode {
  if (!isToolError(failure)) return 1;
  if (failure.code === 'PLAN_STALE') return 3;
  return isHoldCode(failure.code) || failure.code === 'INDEX_OURS' ? 4 : 1;
}
