import type { EmitEvent } from '../base/events.ts';
import { parseImageRef } from '../base/image-ref.ts';
import type { BaseImage } from '../images/list-bases.ts';
import { indexRepository, joinPath, mapRepository, restAfter } from '../images/map-path.ts';
import type { ImageProver } from '../images/prove-image.ts';
import { turnUpstream } from '../images/turn-upstream.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import { describeHindering, describeUnclear } from '../plan/describe-staged.ts';
import { createClaimFinder, listNamed } from '../plan/find-claim.ts';
import {
  type AskedImage,
  type JudgedManifest,
  judgeStaged,
  type StagedManifest,
} from '../plan/judge-staged.ts';
import type {
  Hindrance,
  StagedIndex,
  StagingCheck,
  StagingSums,
  Unclear,
  UnwantedManifest,
} from '../plan/staging-types.ts';
import { describeUnwanted } from './describe-unwanted.ts';
import { findInProduction, type Places } from './find-in-production.ts';
import { listStaging, type StagingListing } from './list-staging.ts';
import type { PreparedPass } from './prepare-pass.ts';
import type { StagedContent } from './read-staged-indexes.ts';

export interface StagedImagesContext {
  readonly contents: readonly StagedContent[];
  readonly indexes: readonly StagedIndex[];
  readonly bases: readonly BaseImage[];
  /** Digest → Pod that runs it. */
  readonly pods: ReadonlyMap<string, string>;
  readonly prover: ImageProver;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

export interface StagedImages {
  readonly counts: Pick<StagingCheck, 'listing' | 'repositories' | 'outside' | 'tags' | 'sums'>;
  readonly unwanted: readonly UnwantedManifest[];
  readonly hindrances: readonly Hindrance[];
  readonly unclear: readonly Unclear[];
}

/** Says of every manifest in staging whether production has it, or nobody asks for it. */
export async function checkStagedImages(
  prepared: PreparedPass,
  context: StagedImagesContext,
): Promise<StagedImages> {
  const { registries, plan, wanted } = prepared;
  const images: readonly AskedImage[] = [...wanted.images, ...context.bases];
  const listed = await list(images, prepared, context);
  const judged = await judgeAll(listed.manifests, { images, prepared, context });
  const leftovers = await describeUnwanted(
    judged.filter(({ standing }) => standing === 'unwanted'),
    registries.staging,
  );
  const final = judged.map((manifest) => withIndexes(manifest, leftovers.otherIndexes));
  const told = final.filter(({ foldedInto }) => foldedInto === null);
  const described = { host: registries.staging.host, plan };
  const { listing, repositories, outside, tags } = listed;
  return {
    counts: { listing, repositories, outside, tags, sums: sum(final) },
    unwanted: leftovers.unwanted,
    hindrances: [
      ...leftovers.hindrances,
      ...told
        .filter(({ standing }) => standing === 'hindering')
        .flatMap((manifest) => describeHindering(manifest, described) ?? []),
    ],
    unclear: [
      ...listed.unclear,
      ...leftovers.unclear,
      ...told
        .filter(({ standing }) => standing === 'unclear')
        .map((manifest) => describeUnclear(manifest, described)),
    ],
  };
}

function list(
  images: readonly AskedImage[],
  prepared: PreparedPass,
  { contents, emit, signal }: StagedImagesContext,
): Promise<StagingListing> {
  const { registries, state } = prepared;
  return listStaging({
    staging: registries.staging,
    pathPrefix: state.manifest.registries.staging.pathPrefix,
    named: nameAll(images, prepared, contents),
    emit,
    signal,
  });
}

interface Judging {
  readonly images: readonly AskedImage[];
  readonly prepared: PreparedPass;
  readonly context: StagedImagesContext;
}

async function judgeAll(
  manifests: readonly StagedManifest[],
  { images, prepared, context }: Judging,
): Promise<readonly JudgedManifest[]> {
  const { registries, plan, state } = prepared;
  const { contents, indexes, pods, prover, signal } = context;
  const seen = await findInProduction(manifests, {
    production: registries.production,
    prover,
    listPlaces: createPlaceLister(images, state.manifest),
    signal,
  });
  const pending = listPending(indexes);
  const findClaim = createClaimFinder({ images, contents, pending, records: state.records, pods });
  const settled = new Set(
    plan.settled.filter(({ kind }) => kind === 'in-sync').map(({ item }) => item),
  );
  return judgeStaged(seen, findClaim, ({ key }) => settled.has(key));
}

// What Git wants and what an index names lies there by digest, perhaps without a tag; index repositories have tags.
function nameAll(
  images: readonly AskedImage[],
  { state: { manifest } }: PreparedPass,
  contents: readonly StagedContent[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const named = new Map(listNamed([...images, ...contents.flatMap((content) => content.images)]));
  for (const entry of manifest.catalogs) {
    const repository = indexRepository(entry, manifest, 'staging');
    named.set(repository, new Set([...(named.get(repository) ?? []), entry.tag.staging]));
  }
  return named;
}

function listPending(indexes: readonly StagedIndex[]): ReadonlyMap<string, string> {
  return new Map(
    indexes.flatMap(({ state, digest, catalog }) =>
      digest !== null && (state === 'not-merged' || state === 'merged-not-committed')
        ? [[digest, catalog]]
        : [],
    ),
  );
}

function withIndexes(manifest: JudgedManifest, otherIndexes: ReadonlySet<string>): JudgedManifest {
  const top = manifest.foldedInto ?? manifest.digest;
  return manifest.standing === 'unwanted' && otherIndexes.has(`${manifest.repository}@${top}`)
    ? { ...manifest, standing: 'hindering' }
    : manifest;
}

function sum(manifests: readonly JudgedManifest[]): StagingSums {
  function count(standing: JudgedManifest['standing']): number {
    return manifests.filter((manifest) => manifest.standing === standing).length;
  }
  return {
    manifests: manifests.length,
    inProduction: count('in-production'),
    takenIn: count('taken-in'),
    referrersLists: count('referrers-list'),
    unwanted: count('unwanted'),
    hindering: count('hindering'),
    unclear: count('unclear'),
  };
}

/**
 * Where production must hold what staging holds: what Git wants in each of its places; all else wherever production
 * would have it.
 */
function createPlaceLister(
  images: readonly AskedImage[],
  manifest: MirrorManifest,
): (staged: StagedManifest) => Places {
  const byDigest = Map.groupBy(images, ({ digest }) => digest ?? '');
  const byRepository = Map.groupBy(images, ({ repository }) => repository.staging);
  return ({ repository, digest }) => {
    const wanted = byDigest.get(digest) ?? [];
    const here = wanted.filter((image) => image.repository.staging === repository);
    const own = (here.length > 0 ? here : wanted).map((image) => image.repository.production);
    if (own.length > 0) return { repositories: [...new Set(own)], everywhere: true };
    const mates = (byRepository.get(repository) ?? []).map((it) => it.repository.production);
    const places = [...mates, ...turnPlaces(repository, manifest)];
    return { repositories: [...new Set(places)], everywhere: false };
  };
}

function turnPlaces(repository: string, manifest: MirrorManifest): readonly string[] {
  const { production, staging } = manifest.registries;
  const turned = turnUpstream(`${staging.host}/${repository}`, manifest);
  const upstream = {
    foreign: [],
    turned: turned.kind === 'turned' ? [turned.reference] : [],
    ambiguous: turned.kind === 'ambiguous' ? turned.candidates : [],
  }[turned.kind];
  const same = joinPath(production.pathPrefix, restAfter(repository, staging.pathPrefix));
  return [
    ...upstream.map((text) => mapRepository(parseImageRef(text), 'production', manifest)),
    same,
  ];
}
