import type { RegistryNames } from '../cluster/find-pointers.ts';
import type { MirrorManifest, RoleName } from '../manifest/types.ts';

/** By which names objects of clusters may mean the registry of a role. */
export function nameRole(role: RoleName, { registries }: MirrorManifest): RegistryNames {
  const { host, aliases, pathPrefix } = registries[role];
  return { hosts: [host, ...aliases], pathPrefix, others: [] };
}
