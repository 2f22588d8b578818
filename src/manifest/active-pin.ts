import { hasEnded } from './day.ts';
import type { CatalogPin } from './types.ts';

/** The pin that counts on this UTC day, `YYYY-MM-DD`; null for none, or one that has ended. */
export function findActivePin(pin: CatalogPin | null, today: string): CatalogPin | null {
  return pin === null || hasEnded(pin.until, today) ? null : pin;
}
