const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Bytes as people write them, such as `500GB`, `1.5 TiB` or `50MB/s`; null for anything else, and for nothing at all. */
export function parseBytes(text: string): number | null {
  const [, number = '', unit = ''] =
    /^(\d+(?:\.\d+)?)\s*([a-z]*)(?:\/s)?$/i.exec(text.trim()) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  const bytes = number === '' || factor === undefined ? 0 : Math.round(Number(number) * factor);
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : null;
}
