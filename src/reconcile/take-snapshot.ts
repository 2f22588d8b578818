import type { Digest } from '../base/digest.ts';
import type { EmitEvent } from '../base/events.ts';
import { listManifestBlobs, parseManifestBody } from '../base/oci.ts';
import { isToolError } from '../base/tool-error.ts';
import { listWanted } from '../images/list-wanted.ts';
import { indexRepository } from '../images/map-path.ts';
import type { PerRole } from '../manifest/types.ts';
import type { Holdings, SizedBlob, UnclearAnswer } from '../plan/media-types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { listIfAny } from './list-if-any.ts';
import { createRepositoryLister, type StagedRepository } from './list-staged.ts';
import { type LoadedState, nameCatalogs } from './load-state.ts';
import { readReleases } from './read-releases.ts';
import { walkRepositories } from './walk-repositories.ts';

export interface HoldingsSubject {
  readonly state: LoadedState;
  readonly registries: PerRole<RegistryPort>;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

/** Lists the manifests of production with their tags and blobs, by HEAD and GET; what it does not tell is named. */
export async function readHoldings(subject: HoldingsSubject): Promise<Holdings> {
  const { state, registries, emit, signal } = subject;
  const { production } = registries;
  const { named, unclear } = await listNamed(subject);
  const { names } = await listIfAny(production, signal);
  const list = createRepositoryLister(production, signal);
  const { seen } = await walkRepositories({
    listed: names,
    known: named.keys(),
    pathPrefix: state.manifest.registries.production.pathPrefix,
    lookAt: async (repository) => {
      const found = await list(repository, named.get(repository) ?? new Set());
      return { repository, found, blobs: await readBlobs(repository, found, production) };
    },
    emit,
    signal,
  });
  const book = openBlobBook();
  const manifests = seen.flatMap(({ repository, found, blobs }) =>
    found.manifests.map(({ digest, tags }) => ({
      repository,
      digest,
      tags,
      blobs: (blobs.get(digest)?.list ?? []).map((blob) => book.placeOf(blob)),
    })),
  );
  const faults = seen.flatMap(({ found, blobs }) => [
    ...found.unclear.map(({ subject: what, message }) => ({ subject: what, message })),
    ...[...blobs.values()].flatMap(({ fault }) => fault ?? []),
  ]);
  return {
    listing: names === null ? 'known' : 'catalog',
    repositories: seen.length,
    manifests,
    blobs: book.blobs,
    bytes: book.blobs.reduce((sum, { size }) => sum + size, 0),
    unclear: [...unclear, ...faults],
  };
}

/** Repositories that Git knows, with the digests and tags that it asks for there. */
async function listNamed({ state, registries, signal }: HoldingsSubject): Promise<{
  readonly named: ReadonlyMap<string, ReadonlySet<string>>;
  readonly unclear: readonly UnclearAnswer[];
}> {
  const { manifest, catalogs } = state;
  const releases = await readReleases(manifest, registries, { cache: new Map(), signal });
  const { images } = listWanted({
    manifest,
    catalogs: nameCatalogs(catalogs),
    releases: releases.content,
  });
  const named = new Map<string, Set<string>>();
  function add(repository: string, reference: string | null): void {
    const known = named.get(repository) ?? new Set();
    if (reference !== null) known.add(reference);
    named.set(repository, known);
  }
  for (const { repository, digest, tag } of images) add(repository.production, digest ?? tag);
  for (const { entry } of catalogs) add(indexRepository(entry, manifest), entry.tag.production);
  const unclear = releases.faults.map(({ message }) => ({ subject: 'releases', message }));
  return { named, unclear };
}

interface ManifestBlobs {
  readonly list: readonly SizedBlob[];
  readonly fault: UnclearAnswer | null;
}

async function readBlobs(
  repository: string,
  { manifests }: StagedRepository,
  registry: RegistryPort,
): Promise<ReadonlyMap<Digest, ManifestBlobs>> {
  const read = await Promise.all(
    manifests.map(async ({ digest }): Promise<readonly [Digest, ManifestBlobs]> => {
      try {
        const value = parseManifestBody(await registry.getManifest(repository, digest));
        const list = listManifestBlobs(value).map((blob) => ({
          digest: blob.digest,
          size: blob.size,
        }));
        return [digest, { list, fault: null }];
      } catch (error) {
        if (!isToolError(error)) throw error;
        const subject = `${registry.host}/${repository}@${digest}`;
        return [digest, { list: [], fault: { subject, message: error.message } }];
      }
    }),
  );
  return new Map(read);
}

interface BlobBook {
  readonly blobs: SizedBlob[];
  placeOf(blob: SizedBlob): number;
}

function openBlobBook(): BlobBook {
  const places = new Map<Digest, number>();
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
