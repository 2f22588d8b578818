import type { ObservedMirror } from '../manifest/observed-cluster.ts';

/** One place at which a node looks for an image. */
export interface PullAttempt {
  /** Reference with the place in it; tag and digest as they were. */
  readonly reference: string;
  /** The rule that leads there; null for the image's own registry. */
  readonly mirror: ObservedMirror | null;
}

/**
 * The places at which a node looks for an image, in its order, by the mirror rules of its cluster. Of all sources that
 * fit the longest alone counts, whatever its rules redirect; a reference by digest follows rules for digests, one by tag
 * those for tags; the image's own registry comes last, unless a rule of that source is exclusive (containers-registries.conf(5)).
 */
export function resolveImage(
  reference: string,
  rules: readonly ObservedMirror[],
): readonly PullAttempt[] {
  const matches = rules.flatMap((rule) => {
    const length = matchSource(reference, rule.source);
    return length === null ? [] : [{ rule, length }];
  });
  const longest = Math.max(...matches.map(({ length }) => length));
  const found = matches.filter(({ length }) => length === longest);
  const redirects = reference.includes('@') ? 'digest' : 'tag';
  const mirrors = found
    .filter(({ rule }) => rule.redirects === redirects)
    .flatMap(({ rule }) => rule.mirrors.map((mirror) => ({ mirror, rule })))
    .map(
      ({ mirror, rule }): PullAttempt => ({
        reference: `${mirror}${reference.slice(longest)}`,
        mirror: rule,
      }),
    );
  const unique = [...new Map(mirrors.toReversed().map((it) => [it.reference, it])).values()];
  const isBlocked = found.some(({ rule }) => rule.exclusive);
  return [...unique.toReversed(), ...(isBlocked ? [] : [{ reference, mirror: null }])];
}

/** How much of a reference a source stands for; null where it does not fit. */
function matchSource(reference: string, source: string): number | null {
  if (source.startsWith('*.')) {
    const host = reference.split('/', 1)[0] ?? '';
    return host.endsWith(source.slice(1)) ? host.length : null;
  }
  if (!reference.startsWith(source)) return null;
  const next = reference.charAt(source.length);
  return ['', '/', ':', '@'].includes(next) ? source.length : null;
}
