import type { CiFacts } from './find-ci.ts';

/**
 * The forge that a Git remote lies at, and the repository's path there; null for a path or another address. What SSH
 * reaches is taken for a forge over HTTPS on the same host. A path prefix cannot be told from GitLab's groups, so that all
 * of a path counts for GitLab, and elsewhere its last two parts.
 */
export function parseForgeRemote(
  remote: string,
): Pick<CiFacts, 'kind' | 'url' | 'repository'> | null {
  const place = parsePlace(remote);
  if (place === null) return null;
  const kind = guessKind(place.host);
  const parts = place.path
    .replace(/\.git\/*$/, '')
    .split('/')
    .filter((part) => part !== '');
  if (parts.length < 2) return null;
  const prefix = kind === 'gitlab' ? [] : parts.slice(0, -2);
  const repository = kind === 'gitlab' ? parts : parts.slice(-2);
  return { kind, url: [place.origin, ...prefix].join('/'), repository: repository.join('/') };
}

interface RemotePlace {
  readonly host: string;
  readonly origin: string;
  readonly path: string;
}

function parsePlace(remote: string): RemotePlace | null {
  const short = /^(?:[^@/:]+@)?([^@/:]+):(?!\/\/)(.+)$/.exec(remote);
  if (short !== null) {
    const [, host = '', path = ''] = short;
    return { host, origin: `https://${host}`, path };
  }
  const url = URL.canParse(remote) ? new URL(remote) : null;
  if (url === null || !/^(?:https?|ssh|git\+ssh):$/.test(url.protocol)) return null;
  const isWeb = /^https?:$/.test(url.protocol);
  return {
    host: url.hostname,
    origin: isWeb ? url.origin : `https://${url.hostname}`,
    path: url.pathname,
  };
}

const HOSTS = [
  [/(?:^|\.)github\./, 'github'],
  [/(?:^|\.)gitlab\./, 'gitlab'],
  [/(?:^|\.)(?:gitea|forgejo)\.|^codeberg\.org$/, 'gitea'],
] as const;

function guessKind(host: string): CiFacts['kind'] {
  return HOSTS.find(([pattern]) => pattern.test(host))?.[1] ?? null;
}
