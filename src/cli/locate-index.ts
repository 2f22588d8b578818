import { ToolError } from '../base/tool-error.ts';
import { indexPlace, indexRepository } from '../images/map-path.ts';
import { letsTagsMove } from '../manifest/defaults.ts';
import { servingRegistry, servingRole } from '../manifest/serving-role.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import type { CommandContext } from './context.ts';
import { type ImagePlace, locateImage, locateLayout, locateRole } from './locate-image.ts';
import { readServedTag } from './served-tag.ts';
import { buildSourceContext, findManifest, pickCatalog } from './source-context.ts';
import { isRole } from './source-name.ts';
import type { Wiring } from './wire.ts';

/** What a command on one index image was given. */
export interface IndexRequest {
  /** `production`, `staging`, an image reference or `oci:LAYOUT`; the role that serves clusters means what it serves. */
  readonly ref: string;
  /** Null for the only catalog, or the one whose index it is. */
  readonly catalog: string | null;
  /** For registries that no manifest names. */
  readonly insecure: boolean;
}

/** An index image, and the catalog of the manifest that it belongs to. */
export interface LocatedIndex {
  readonly place: ImagePlace;
  /** Null where there is none, and none is needed. */
  readonly manifest: MirrorManifest | null;
  /** Null where no catalog was named and the reference is the index of none. */
  readonly entry: CatalogEntry | null;
}

/** Finds an index with the manifest of the working tree, if there is one. */
export async function locateIndex(
  request: IndexRequest,
  context: CommandContext,
  wiring: Wiring,
): Promise<LocatedIndex> {
  return locateInManifest(request, await findManifest(context), wiring);
}

/** As `locateIndex`, with a manifest that was read already. */
export async function locateInManifest(
  request: IndexRequest,
  manifest: MirrorManifest | null,
  wiring: Wiring,
): Promise<LocatedIndex> {
  const { ref, catalog, insecure } = request;
  const context = buildSourceContext(wiring, manifest, insecure);
  if (catalog !== null && manifest === null)
    throw new ToolError('CLI_USAGE', `There is no manifest that could have a catalog ${catalog}.`, {
      hint: 'Work in the folder of one (-C), name one with --manifest, or leave --catalog out.',
    });
  if (isRole(ref)) {
    const entry = manifest === null ? null : pickCatalog(manifest, request);
    const place = locateServed(locateRole(ref, entry, context), manifest, entry);
    return { place: await followClusters({ place, manifest, entry }, wiring), manifest, entry };
  }
  const place = ref.startsWith('oci:')
    ? await locateLayout(ref, context)
    : locateImage(ref, context);
  if (place === null) throw notAnImage(ref);
  const named = catalog !== null && manifest !== null ? pickCatalog(manifest, request) : null;
  return { place, manifest, entry: named ?? findCatalog(place, manifest) };
}

// `locateRole` names where deliveries land, which under `relocate` is the registry that serves, by other names.
function locateServed(
  place: ImagePlace,
  manifest: MirrorManifest | null,
  entry: CatalogEntry | null,
): ImagePlace {
  const { role } = place;
  if (manifest === null || entry === null || role === null) return place;
  const { repository, tag } = indexPlace(entry, manifest, role);
  const name = `${manifest.registries[role].host}/${repository}:${tag}`;
  return { ...place, name, repository, reference: tag };
}

// Where no tag moves, what the serving registry serves is what Git tells clusters of.
async function followClusters(
  { place, manifest, entry }: LocatedIndex,
  wiring: Wiring,
): Promise<ImagePlace> {
  if (manifest === null || entry === null) return place;
  if (place.role !== servingRole(manifest) || letsTagsMove(servingRegistry(manifest))) return place;
  const told = await readServedTag(entry, manifest, await wiring.openGit());
  if (told === null) return place;
  const name = `${place.name.slice(0, -place.reference.length)}${told}`;
  return { ...place, name, reference: told };
}

function notAnImage(ref: string): ToolError {
  return new ToolError(
    'CLI_UNSUPPORTED_SOURCE',
    `"${ref}" is neither production nor staging, nor oci:LAYOUT, nor an image reference with its host.`,
    {
      hint: 'An index is an image: give production, staging, HOST/PATH:TAG or oci:LAYOUT. `olmirror graph --source` and `olmirror render` take folders.',
    },
  );
}

// A layout says nothing of where it belongs. Catalogs may share a repository and differ by their tags; an immutable tag begins with theirs.
function findCatalog(place: ImagePlace, manifest: MirrorManifest | null): CatalogEntry | null {
  const { role, registry, repository, reference } = place;
  const single = manifest?.catalogs.length === 1 ? (manifest.catalogs[0] ?? null) : null;
  if (registry === null) return single;
  if (role === null || manifest === null) return null;
  const lying = manifest.catalogs.flatMap((entry) =>
    [
      indexPlace(entry, manifest, role),
      { repository: indexRepository(entry, manifest, role), tag: entry.tag[role] },
    ].map((it) => ({ ...it, entry })),
  );
  const inside = lying.filter((it) => it.repository === repository);
  const tagged = inside.filter(({ tag }) => reference === tag || reference.startsWith(`${tag}-`));
  const candidates = new Set((tagged.length > 0 ? tagged : inside).map(({ entry }) => entry));
  const [only, ...others] = candidates;
  return only !== undefined && others.length === 0 ? only : null;
}
