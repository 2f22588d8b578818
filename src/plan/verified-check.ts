export type IndexCheckName = 'catalog' | 'pin' | 'image-id' | 'content' | 'cache' | 'closure';

/** One thing that `index verify` looked at. */
export interface VerifiedCheck {
  readonly name: IndexCheckName;
  /** `skipped`: it does not apply to this index; `unknown`: nobody could tell. */
  readonly state: 'passed' | 'failed' | 'skipped' | 'unknown';
  /** A sentence for people. */
  readonly message: string;
  /** What it was found by, item by item; empty where there is nothing to list. */
  readonly details: readonly string[];
}

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
