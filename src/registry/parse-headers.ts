import type { Challenge } from '../base/probe.ts';

const CHALLENGE_PART = /([a-z0-9!#$%&'*+.^_`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/gi;

/** The challenges in order, of one header or several. Quoted values may hold commas and spaces. */
export function parseChallenges(
  header: string | readonly string[] | undefined,
): readonly Challenge[] {
  const text = typeof header === 'string' ? header : (header ?? []).join(', ');
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  for (const [whole, name = '', quoted, plain] of text.matchAll(CHALLENGE_PART)) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    const current = challenges.at(-1);
    if (value === undefined && !whole.includes('='))
      challenges.push({ scheme: name.toLowerCase(), parameters: {} });
    else if (current !== undefined) current.parameters[name.toLowerCase()] = value ?? '';
  }
  return challenges;
}

/** Seconds to wait, from either form of `Retry-After`; null where there is none. */
export function parseRetryAfter(value: string | undefined, now: Date): number | null {
  if (value === undefined || value.trim() === '') return null;
  if (/^\s*\d+\s*$/.test(value)) return Number(value);
  const time = Date.parse(value);
  return Number.isNaN(time) ? null : Math.max(0, Math.ceil((time - now.getTime()) / 1000));
}

/**
 * The query of the next page, or null. Only `n` and `last` are taken from the link: some
 * registries write a path there that does not exist (spec "registries" §1.6).
 */
export function parseNextPage(link: string | undefined): string | null {
  const match = /<([^>]*)>\s*;[^,]*\brel\s*=\s*"?next\b/i.exec(link ?? '');
  if (match === null) return null;
  const query = new URLSearchParams((match[1] ?? '').split('?')[1] ?? '');
  const last = query.get('last');
  if (last === null) return null;
  const n = query.get('n');
  return new URLSearchParams({ ...(n === null ? {} : { n }), last }).toString();
}

/** Media type in lower case without parameters; empty where there is none. */
export function parseMediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
