import type { Digest } from '../base/digest.ts';
import { formatCount } from '../base/text.ts';
import { isToolError } from '../base/tool-error.ts';
import { listBundleImages } from '../catalog/list-images.ts';
import { parseCatalog } from '../catalog/parse-catalog.ts';
import type { Catalog } from '../catalog/types.ts';
import { pointsAt, type RegistryNames } from '../cluster/find-pointers.ts';
import type { ImageProver } from '../images/prove-image.ts';
import { readIndexCatalog } from '../index/read-index.ts';
import type { Hindrance, Unclear } from '../plan/staging-types.ts';
import { findLoaded } from './find-loaded.ts';
import type { IndexObservation } from './observe-index.ts';
import { type PreparedPass } from './prepare-pass.ts';

export interface ServedFindings {
  readonly hindrances: readonly Hindrance[];
  readonly unclear: readonly Unclear[];
}

/** Proves the indexes that production serves, and looks for addresses of staging in them. */
export async function checkServedIndexes(
  prepared: PreparedPass,
  { prover, names }: { readonly prover: ImageProver; readonly names: RegistryNames },
): Promise<ServedFindings> {
  const parts = await Promise.all(
    prepared.indexes.map(async (index) => {
      const served = pickServed(index);
      if (served === null) return { hindrances: [], unclear: [] };
      const proved = await proveServed(index, served, { prepared, prover });
      const named = await findNamed(index, served, { prepared, names });
      return {
        hindrances: [...proved.hindrances, ...named.hindrances],
        unclear: [...proved.unclear, ...named.unclear],
      };
    }),
  );
  return {
    hindrances: parts.flatMap(({ hindrances }) => hindrances),
    unclear: parts.flatMap(({ unclear }) => unclear),
  };
}

interface ServedIndex {
  readonly digest: Digest;
  /** olmirror built it of Git's catalog. */
  readonly isGits: boolean;
}

// Where no tag moves, the index has a tag of its own, and what the moving one holds stays for ever.
function pickServed({ wanted, observed }: IndexObservation): ServedIndex | null {
  const { moving, expectedImmutable, expectedImmutableId, servedId, servedByRecipe } = observed;
  const isPublished =
    expectedImmutable.state === 'present' && expectedImmutableId === wanted.imageId;
  if (!wanted.moves && isPublished) return { digest: expectedImmutable.digest, isGits: true };
  if (moving.state !== 'present') return null;
  return { digest: moving.digest, isGits: servedId === wanted.imageId && !servedByRecipe };
}

async function proveServed(
  { wanted }: IndexObservation,
  { digest }: ServedIndex,
  { prepared, prover }: { readonly prepared: PreparedPass; readonly prover: ImageProver },
): Promise<ServedFindings> {
  const subject = formatPlace(wanted, digest, prepared);
  const proof = await prover.prove(wanted.repository, digest);
  switch (proof.state) {
    case 'whole':
      return { hindrances: [], unclear: [] };
    case 'unknown':
      return { hindrances: [], unclear: [toUnclear(subject, proof)] };
    case 'damaged':
      return {
        hindrances: [
          {
            kind: 'served-index-damaged',
            subject,
            message: `Production serves the index of ${wanted.catalog}, but not all of it is there: ${[...proof.missing, ...proof.wrong].map((part) => part.digest).join(', ')}.`,
            next: `Serve an earlier index (\`olmirror index list ${wanted.catalog}\`, \`olmirror index rollback\`), or delete the damaged one in production and run \`olmirror apply\`.`,
          },
        ],
        unclear: [],
      };
  }
}

// An index may name any address that stood in what somebody else built (promise 3).
async function findNamed(
  { wanted }: IndexObservation,
  served: ServedIndex,
  { prepared, names }: { readonly prepared: PreparedPass; readonly names: RegistryNames },
): Promise<ServedFindings> {
  const subject = formatPlace(wanted, served.digest, prepared);
  try {
    const catalog = await readServed(wanted, served, prepared);
    const found = listBundleImages(catalog).flatMap(({ bundle, image, relatedImages }) =>
      [image, ...relatedImages]
        .filter((reference) => pointsAt(reference, names))
        .map((reference) => `${reference} (${bundle})`),
    );
    const [first] = found;
    if (first === undefined) return { hindrances: [], unclear: [] };
    const message = `The index of ${wanted.catalog} in production names staging for ${formatCount(found.length, 'image')}, such as ${first}.`;
    const next = served.isGits
      ? `Git holds upstream addresses: correct these in the catalog of ${wanted.catalog}, commit and run \`olmirror apply\`.`
      : 'Run `olmirror apply --rebuild`: olmirror builds the index with upstream addresses, or those of production (`references: rewrite`).';
    return {
      hindrances: [{ kind: 'index-names-staging', subject, message, next }],
      unclear: [],
    };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return { hindrances: [], unclear: [toUnclear(subject, error)] };
  }
}

async function readServed(
  wanted: IndexObservation['wanted'],
  { digest, isGits }: ServedIndex,
  { state, registries }: PreparedPass,
): Promise<Catalog> {
  if (isGits) return findLoaded(state, wanted).catalog;
  const { files } = await readIndexCatalog(registries.production, wanted.repository, digest);
  return parseCatalog(files).catalog;
}

function formatPlace(
  { repository }: IndexObservation['wanted'],
  digest: Digest,
  { state }: PreparedPass,
): string {
  return `${state.manifest.registries.production.host}/${repository}@${digest}`;
}

function toUnclear(
  subject: string,
  { message, hint }: { readonly message: string; readonly hint?: string | null | undefined },
): Unclear {
  const next = hint ?? 'Repeat the check once production answers for it.';
  return { kind: 'production', subject, message, next };
}
