import type { ForgeDeps } from '../forge/forge-http.ts';
import type { ForgeAccess, ForgePort, ForgeRepository } from '../forge/review-port.ts';
import { openConnection } from '../registry/agents.ts';
import { systemClock } from './system-clock.ts';

/** The adapter for a forge, loaded when it is asked for. Close it in the end. */
export async function openForge(
  repository: ForgeRepository,
  access: ForgeAccess,
  delayMilliseconds: number,
): Promise<ForgePort> {
  const environment = process.env;
  const deps: ForgeDeps = {
    connect: (url, options) => openConnection({ url, environment, ...options }),
    clock: systemClock,
    environment,
    delayMilliseconds,
  };
  switch (repository.kind) {
    case 'gitea':
      return (await import('../forge/gitea.ts')).openGiteaForge(repository, access, deps);
    case 'github':
      return (await import('../forge/github.ts')).openGithubForge(repository, access, deps);
    case 'gitlab':
      return (await import('../forge/gitlab.ts')).openGitlabForge(repository, access, deps);
  }
}
