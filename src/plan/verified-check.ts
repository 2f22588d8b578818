export type IndexCheckName = 'catalog' | 'pin' | 'image-id' | 'content' | 'cache' | 'closure';

/** One thing that `index verify` or `index rehearse` looked at. */
export interface VerifiedCheck<Name extends string = IndexCheckName> {
  readonly name: Name;
  /** `skipped`: it does not apply to this index; `unknown`: nobody could tell. */
  readonly state: 'passed' | 'failed' | 'skipped' | 'unknown';
  /** A sentence for people. */
  readonly message: string;
  /** What it was found by, item by item; empty where there is nothing to list. */
  readonly details: readonly string[];
}

export function passed<Name extends string>(
  name: Name,
  message: string,
  details: readonly string[] = [],
): VerifiedCheck<Name> {
  return { name, state: 'passed', message, details };
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
