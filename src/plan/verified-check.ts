import type { VerifiedCheck } from './index-types.ts';

export function passed<Name extends string>(name: Name, message: string): VerifiedCheck<Name> {
  return { name, state: 'passed', message, details: [] };
}

export function failed<Name extends string>(
  name: Name,
  message: string,
  details: readonly string[] = [],
): VerifiedCheck<Name> {
  return { name, state: 'failed', message, details };
}

export function skipped<Name extends string>(name: Name, message: string): VerifiedCheck<Name> {
  return { name, state: 'skipped', message, details: [] };
}

export function unknown<Name extends string>(
  name: Name,
  message: string,
  details: readonly string[] = [],
): VerifiedCheck<Name> {
  return { name, state: 'unknown', message, details };
}
