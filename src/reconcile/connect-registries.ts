import { servingRole } from '../manifest/serving-role.ts';
import type { MirrorManifest, PerRole } from '../manifest/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { createIndexBuilder, type IndexBuilder, type IndexWork } from './build-index.ts';

export interface ConnectDeps {
  readonly openRegistries: (manifest: MirrorManifest) => PerRole<RegistryPort>;
  readonly readSource: () => Promise<string | null>;
  /** What makes building indexes faster. */
  readonly indexWork?: IndexWork;
}

export interface Connection {
  readonly registries: PerRole<RegistryPort>;
  readonly builder: IndexBuilder;
}

/** Opens the registries of a manifest: another host, credential file or certificate means other connections; all else keeps them alive. */
export function createConnector(
  deps: ConnectDeps,
): (manifest: MirrorManifest) => Promise<Connection> {
  let connection: (Connection & { readonly key: string }) | null = null;
  return async (manifest) => {
    const serving = servingRole(manifest);
    const key = JSON.stringify([serving, manifest.registries]);
    if (connection?.key === key) return connection;
    if (connection !== null)
      await Promise.all(Object.values(connection.registries).map((registry) => registry.close()));
    const registries = deps.openRegistries(manifest);
    const registry = registries[serving];
    const { readSource, indexWork: work = {} } = deps;
    connection = {
      key,
      registries,
      builder: createIndexBuilder({ registry, readSource, work }),
    };
    return connection;
  };
}
