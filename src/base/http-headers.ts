/**
 * Seconds to wait, from either form of `Retry-After`; null where there is none. A date is held against that of the
 * answer, `Date`, since the registry's clock may be off; against `now` where there is none.
 */
export function parseRetryAfter(
  value: string | undefined,
  date: string | undefined,
  now: Date,
): number | null {
  if (value === undefined || value.trim() === '') return null;
  if (/^\s*\d+\s*$/.test(value)) return Number(value);
  const [time, sent] = [Date.parse(value), Date.parse(date ?? '')];
  const since = Number.isNaN(sent) ? now.getTime() : sent;
  return Number.isNaN(time) ? null : Math.max(0, Math.ceil((time - since) / 1000));
}

/** Media type in lower case without parameters; empty where there is none. */
export function parseMediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
