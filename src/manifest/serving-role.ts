import type { MirrorManifest, RegistryEntry, RoleName } from './types.ts';

/**
 * The role that serves clusters: images and indexes are brought there, from the other one. Under `append` it is
 * production, to which deliveries come from staging; under `relocate` staging, to which what is in use comes from production.
 * Once the roles are exchanged, the same registry goes on serving, and is production.
 */
export function servingRole({
  strategy,
  swapped,
}: Pick<MirrorManifest, 'strategy' | 'swapped'>): RoleName {
  return strategy === 'append' || swapped === true ? 'production' : 'staging';
}

/** The role that images come from. */
export function sourceRole(serving: RoleName): RoleName {
  return serving === 'production' ? 'staging' : 'production';
}

/** What the manifest says of the registry that serves clusters. */
export function servingRegistry(
  manifest: Pick<MirrorManifest, 'strategy' | 'swapped' | 'registries'>,
): RegistryEntry & { readonly role: RoleName } {
  const role = servingRole(manifest);
  return { ...manifest.registries[role], role };
}
