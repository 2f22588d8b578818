/** One challenge of a `WWW-Authenticate` header; scheme and parameter names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** `basic realm="Registry"`. */
export function formatChallenge({ scheme, parameters }: Challenge): string {
  const parts = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
  return `${scheme} ${parts.join(',')}`;
}

const SCHEME = /^([a-z0-9!#$%&'*+.^_`|~-]+)\s*/i;
const PARAMETER = /,?\s*([a-z0-9!#$%&'*+.^_`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*/giy;

/**
 * The first challenge of each header, in order. Further ones in the same header are passed over as skopeo passes
 * them over: what skopeo cannot log in to is no place to copy from. Quoted values may hold commas and spaces.
 */
export function parseChallenges(headers: readonly string[]): readonly Challenge[] {
  return headers.flatMap((header) => {
    const scheme = SCHEME.exec(header);
    if (scheme?.[1] === undefined) return [];
    const parameters = parseParameters(header.slice(scheme[0].length));
    return [{ scheme: scheme[1].toLowerCase(), parameters }];
  });
}

function parseParameters(text: string): Readonly<Record<string, string>> {
  const found = Array.from(text.matchAll(PARAMETER), ([, name = '', quoted, plain = '']) => [
    name.toLowerCase(),
    quoted?.replace(/\\(.)/g, '$1') ?? plain,
  ]);
  return Object.fromEntries(found);
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
