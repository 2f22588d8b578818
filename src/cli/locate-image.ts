import { type ImageRef, tryParseImageRef } from '../base/image-ref.ts';
import type { ContentReader } from '../base/oci.ts';
import { ToolError } from '../base/tool-error.ts';
import { openOciLayout } from '../files/oci-layout.ts';
import { hasPathPrefix, indexRepository } from '../images/map-path.ts';
import { REGISTRY_DEFAULTS } from '../manifest/defaults.ts';
import type { CatalogEntry, MirrorManifest, RegistryEntry, RoleName } from '../manifest/types.ts';
import type { RegistryPort } from '../registry/port.ts';

/** Where an image lies, and how it is read there. */
export interface ImagePlace {
  /** As the user would name it. */
  readonly name: string;
  readonly reader: ContentReader;
  /** Null for an OCI layout. */
  readonly registry: RegistryPort | null;
  readonly repository: string;
  /** Tag or digest. */
  readonly reference: string;
  /** Role whose registry it is; null for a layout or another registry. */
  readonly role: RoleName | null;
}

export interface LocateContext {
  /** Folder against which paths are read. */
  readonly folder: string;
  readonly openRegistry: (entry: RegistryEntry) => RegistryPort;
  /** Null before there is a manifest. */
  readonly manifest: MirrorManifest | null;
  /** For registries that no manifest names. */
  readonly insecure: boolean;
}

/** The index of a catalog in the registry of a role. */
export function locateRole(
  role: RoleName,
  entry: CatalogEntry | null,
  { manifest, openRegistry }: LocateContext,
): ImagePlace {
  if (manifest === null || entry === null) throw noManifest(role);
  const { host } = manifest.registries[role];
  const repository = indexRepository(entry, manifest, role);
  const reference = entry.tag[role];
  const registry = openRegistry(manifest.registries[role]);
  const name = `${host}/${repository}:${reference}`;
  return { name, reader: registry, registry, repository, reference, role };
}

/** An image reference with its host; null for another text. */
export function locateImage(source: string, context: LocateContext): ImagePlace | null {
  const ref = tryParseImageRef(source);
  // `docker.io` is never meant where no host is written: it is a mistyped path or role.
  if (ref === null || !source.startsWith(`${ref.registry}/`)) return null;
  const { manifest, insecure } = context;
  const role = findRole(ref, manifest);
  const entry =
    role === null || manifest === null
      ? { ...REGISTRY_DEFAULTS, host: ref.registry, insecure }
      : manifest.registries[role];
  const registry = context.openRegistry(entry);
  const reference = ref.digest ?? ref.tag ?? 'latest';
  return { name: source, reader: registry, registry, repository: ref.repository, reference, role };
}

/** The image of `oci:LAYOUT[:TAG]`. */
export async function locateLayout(source: string, { folder }: LocateContext): Promise<ImagePlace> {
  const layout = await openOciLayout(source.slice('oci:'.length), folder);
  const { reader, repository, reference } = layout;
  return { name: source, reader, registry: null, repository, reference, role: null };
}

function findRole(ref: ImageRef, manifest: MirrorManifest | null): RoleName | null {
  const roles = ['production', 'staging'] as const;
  return (
    roles.find(
      (role) =>
        manifest !== null &&
        (manifest.registries[role].host === ref.registry ||
          manifest.registries[role].aliases.includes(ref.registry)) &&
        hasPathPrefix(ref.repository, manifest.registries[role].pathPrefix),
    ) ?? null
  );
}

function noManifest(role: RoleName): ToolError {
  return new ToolError('CLI_USAGE', `Without a manifest nobody knows which registry is ${role}.`, {
    hint: 'Give the index as an image reference.',
  });
}
