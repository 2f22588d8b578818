import { isToolError } from '../base/tool-error.ts';
import type { RegistryPort } from '../registry/port.ts';

/** The repositories of a registry, as far as it tells. */
export interface ListedRepositories {
  /** Null where it lists none to this user, or no list can be had. */
  readonly names: readonly string[] | null;
  /** Why no list can be had; null where there is one, or the registry has none for this user. */
  readonly fault: string | null;
}

/** Asks a registry for its repositories; whatever it answers is no error here. */
export async function listIfAny(
  registry: RegistryPort,
  signal: AbortSignal,
): Promise<ListedRepositories> {
  try {
    return { names: await registry.listRepositories(signal), fault: null };
  } catch (error) {
    if (isToolError(error)) return { names: null, fault: error.message };
    throw error;
  }
}
