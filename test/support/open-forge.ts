import { systemClock } from '../../src/cli/system-clock.ts';
import type { ForgeDeps } from '../../src/forge/forge-http.ts';
import { openConnection } from '../../src/registry/agents.ts';

/** What adapters of forges are given, with waits that suit tests. */
export function makeForgeDeps(environment: ForgeDeps['environment']): ForgeDeps {
  return {
    connect: (url, options) => openConnection({ url, environment, ...options }),
    clock: systemClock,
    environment,
    delayMilliseconds: 5,
  };
}
