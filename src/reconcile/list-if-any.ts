import { isToolError } from '../base/tool-error.ts';
import type { RegistryPort } from '../registry/port.ts';

/** The repositories of a registry; null where it lists none to this user, or no list can be had. */
export async function listIfAny(
  registry: RegistryPort,
  signal: AbortSignal,
): Promise<readonly string[] | null> {
  try {
    return await registry.listRepositories(signal);
  } catch (error) {
    if (isToolError(error)) return null;
    throw error;
  }
}
