import type { IndexCheckName, VerifiedCheck } from './index-types.ts';

export function passed(name: IndexCheckName, message: string): VerifiedCheck {
  return { name, state: 'passed', message, details: [] };
}

export function failed(
  name: IndexCheckName,
  message: string,
  details: readonly string[] = [],
): VerifiedCheck {
  return { name, state: 'failed', message, details };
}

export function skipped(name: IndexCheckName, message: string): VerifiedCheck {
  return { name, state: 'skipped', message, details: [] };
}

export function unknown(
  name: IndexCheckName,
  message: string,
  details: readonly string[] = [],
): VerifiedCheck {
  return { name, state: 'unknown', message, details };
}
