import type { ForgeDeps } from './forge-http.ts';
import { openPullForge } from './pull-forge.ts';
import type { Fields } from './read-fields.ts';
import type { ForgeAccess, ForgePort, ForgeRepository } from './review-port.ts';

/** Pull requests, comments and statuses of Gitea 1.20 or later, and of Forgejo. */
export function openGiteaForge(
  repository: ForgeRepository,
  access: ForgeAccess,
  deps: ForgeDeps,
): ForgePort {
  const dialect = {
    api: `${repository.url}/api/v1`,
    headers: (token: string) => ({ authorization: `token ${token}` }),
    // Gitea gives all comments at once, and filters requests by nothing that is of use here.
    comments: '',
    open: () => 'state=open&limit=50',
    ended: () => 'state=closed&sort=recentupdate&limit=50',
    // `head.ref` is another name once the branch was deleted.
    headOf: (fields: Fields) => fields.text('head.label'),
  };
  return openPullForge(repository, access, { ...deps, dialect });
}
