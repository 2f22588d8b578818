const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `30s`, `10m`, `2h` or `7d`; null for anything else. */
export function parseDuration(text: string): number | null {
  const [, count = '', unit = ''] = /^([1-9][0-9]*)([smhd])$/.exec(text) ?? [];
  const factor = UNITS[unit];
  return factor === undefined ? null : Number(count) * factor;
}
