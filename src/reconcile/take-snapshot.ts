import type { EmitEvent } from '../base/events.ts';
import { listWanted } from '../images/list-wanted.ts';
import type { PerRole } from '../manifest/types.ts';
import type { Holdings, SizedBlob } from '../plan/media-types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { type LoadedState, nameCatalogs } from './load-state.ts';
import { nameWanted } from './name-wanted.ts';
import { readHeld } from './read-held.ts';
import { type ReleaseCache, readReleases } from './read-releases.ts';

export interface HoldingsSubject {
  readonly state: LoadedState;
  readonly registries: PerRole<RegistryPort>;
  readonly cache: ReleaseCache;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

/** Lists the manifests of production with their tags and blobs, by HEAD and GET; what it does not tell is named. */
export async function readHoldings(subject: HoldingsSubject): Promise<Holdings> {
  const { state, registries, emit, signal } = subject;
  const named = await listNamed(subject);
  const { listed, repositories } = await readHeld({
    registry: registries.production,
    pathPrefix: state.manifest.registries.production.pathPrefix,
    named,
    emit,
    signal,
  });
  const book = openBlobBook();
  const manifests = repositories.flatMap(({ repository, images }) =>
    images.map(({ digest, tags, blobs }) => ({
      repository,
      digest,
      tags,
      blobs: blobs.map((blob) => book.placeOf(blob)),
    })),
  );
  return {
    listing: listed === null ? 'known' : 'catalog',
    repositories: repositories.length,
    manifests,
    blobs: book.blobs,
    bytes: book.blobs.reduce((sum, { size }) => sum + size, 0),
    unclear: repositories.flatMap((entry) => [...entry.unclear, ...entry.unread]),
  };
}

/** Repositories that Git knows, with the digests and tags that it asks for there. */
async function listNamed({
  state,
  registries,
  cache,
  signal,
}: HoldingsSubject): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { manifest, catalogs } = state;
  const releases = await readReleases(manifest, registries, { cache, signal });
  const { images } = listWanted({
    manifest,
    catalogs: nameCatalogs(catalogs),
    releases: releases.content,
  });
  return nameWanted(images, manifest, 'production');
}

interface BlobBook {
  readonly blobs: SizedBlob[];
  placeOf(blob: SizedBlob): number;
}

function openBlobBook(): BlobBook {
  const places = new Map<string, number>();
  const blobs: SizedBlob[] = [];
  return {
    blobs,
    placeOf(blob) {
      const known = places.get(blob.digest);
      if (known !== undefined) return known;
      places.set(blob.digest, blobs.length);
      return blobs.push(blob) - 1;
    },
  };
}
