import type { ForgeDeps } from './forge-http.ts';
import { openPullForge, type PullDialect } from './pull-forge.ts';
import type { Fields } from './read-fields.ts';
import type { ForgeAccess, ForgePort, ForgeRepository } from './review-port.ts';

/** Pull requests, comments and statuses of github.com and of GitHub Enterprise Server. */
export function openGithubForge(
  repository: ForgeRepository,
  access: ForgeAccess,
  deps: ForgeDeps,
): ForgePort {
  const [owner = ''] = repository.path.split('/');
  const dialect: PullDialect = {
    api: findApi(repository.url),
    headers: (token) => ({
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token}`,
      'x-github-api-version': '2022-11-28',
    }),
    comments: '?per_page=100',
    open: ({ head, base }) =>
      encode({ state: 'open', head: `${owner}:${head}`, base, per_page: '100' }),
    ended: ({ head, base }) =>
      encode({
        state: 'closed',
        head: `${owner}:${head}`,
        base,
        sort: 'created',
        direction: 'desc',
        per_page: '50',
      }),
    headOf: (fields: Fields) => fields.text('head.ref'),
  };
  return openPullForge(repository, access, { ...deps, dialect });
}

// Enterprise Server has its API below the address of its pages.
function findApi(url: string): string {
  return /^https:\/\/(?:www\.)?github\.com$/i.test(url)
    ? 'https://api.github.com'
    : `${url}/api/v3`;
}

function encode(query: Readonly<Record<string, string>>): string {
  return new URLSearchParams(query).toString();
}
