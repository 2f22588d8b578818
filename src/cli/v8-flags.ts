import { setFlagsFromString } from 'node:v8';

/**
 * The settings of V8 that olmirror changes, each as V8 has it by itself (`node --v8-options`).
 *
 * @internal
 */
export const V8_DEFAULTS = {
  'flush-bytecode': true,
  'heap-growing-percent': 0,
  'semi-space-growth-factor': 2,
  'wasm-tiering-budget': 13_000_000,
} as const;

type V8Flag = keyof typeof V8_DEFAULTS;

const CHANGED = new Map<V8Flag, number | boolean>();

/** Changes a setting of V8 for this process and all of its threads. */
export function setV8Flag(flag: V8Flag, value: number | boolean): void {
  CHANGED.set(flag, value);
  setFlagsFromString(
    typeof value === 'number' ? `--${flag}=${value}` : `--${value ? '' : 'no-'}${flag}`,
  );
}

/** What a setting was changed to on this thread, or else what it is by itself. */
export function readV8Flag(flag: V8Flag): number | boolean {
  return CHANGED.get(flag) ?? V8_DEFAULTS[flag];
}

/** Sets all of them back. */
export function resetV8Flags(): void {
  setV8Flag('flush-bytecode', V8_DEFAULTS['flush-bytecode']);
  setV8Flag('heap-growing-percent', V8_DEFAULTS['heap-growing-percent']);
  setV8Flag('semi-space-growth-factor', V8_DEFAULTS['semi-space-growth-factor']);
  setV8Flag('wasm-tiering-budget', V8_DEFAULTS['wasm-tiering-budget']);
}
