import type { MirroredPrefix } from '../images/layouts.ts';
import type { MirrorRule } from './mirror-rules.ts';

/**
 * Where mirror rules say that upstream prefixes lie at a registry that has these hosts; in the order of the rules. Rules
 * for all hosts below a domain say nothing of one of them.
 */
export function listMirrored(
  rules: readonly MirrorRule[],
  hosts: readonly string[],
): readonly MirroredPrefix[] {
  const found = rules.flatMap(({ source, mirrors }) =>
    source.startsWith('*.')
      ? []
      : mirrors
          .map(splitHost)
          .filter(({ host }) => hosts.includes(host))
          .map(({ path }) => ({ source, path })),
  );
  const seen = new Set<string>();
  return found.filter(({ source, path }) => {
    const key = `${source} ${path}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** The hosts that mirror rules send nodes to, each once, in the order of the rules. */
export function listMirrorHosts(rules: readonly MirrorRule[]): readonly string[] {
  return [
    ...new Set(rules.flatMap(({ mirrors }) => mirrors.map((mirror) => splitHost(mirror).host))),
  ];
}

function splitHost(mirror: string): { readonly host: string; readonly path: string } {
  const [host = '', ...path] = mirror.split('/');
  return { host, path: path.join('/') };
}
