import type { ProbeAnswer, ProbeAnswered } from '../base/probe.ts';
import type { Finding, FindingState } from './doctor-types.ts';

export function finding(
  check: string,
  state: FindingState,
  message: string,
  hint: string | null = null,
): Finding {
  return { check, state, message, hint };
}

/** A finding for what got no answer. */
export function unanswered(check: string, probe: Exclude<ProbeAnswer, ProbeAnswered>): Finding {
  return finding(check, 'unknown', probe.message, probe.hint);
}
