import type { Catalog } from '../catalog/types.ts';
import { findKnown } from '../images/find-known.ts';
import { listCatalogWanted } from '../images/list-wanted.ts';
import type { WantedImage } from '../images/types.ts';
import type {
  CatalogEntry,
  KnownMissing,
  ListedMissing,
  MirrorManifest,
} from '../manifest/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { unclearError } from './unclear-error.ts';

export interface KnownMissingContext {
  readonly entry: CatalogEntry;
  readonly manifest: MirrorManifest;
  /** What the list of the catalog has already. */
  readonly listed: readonly ListedMissing[];
  readonly production: RegistryPort;
  /** UTC date, `YYYY-MM-DD`. */
  readonly today: string;
  readonly signal: AbortSignal;
}

/**
 * Lists the images that a catalog names and production clearly lacks, or cannot have, save those that its list has
 * already. An unknown answer is no absence: it throws, since a list with holes would hide them for good.
 */
export async function findKnownMissing(
  catalog: Catalog,
  context: KnownMissingContext,
): Promise<readonly KnownMissing[]> {
  const { entry, manifest, production, listed, today } = context;
  const named = listCatalogWanted(entry.name, catalog, manifest);
  const known = findKnown(listed, named, { manifest, today });
  const images = named.images.filter(({ upstream }) => !known.has(upstream));
  const unreadable = named.unreadable.filter(({ upstream }) => !known.has(upstream));
  const answers = await Promise.all(
    images.map((image) =>
      production.headManifest(
        image.repository.production,
        image.digest ?? image.tag ?? '',
        context.signal,
      ),
    ),
  );
  const absent = images.filter((image, i) => {
    const answer = answers[i];
    if (answer?.state === 'unknown')
      throw unclearError(answer, {
        message: `Whether production holds ${image.upstream} is unknown: ${answer.message} The catalog was written; what production lacks was not listed.`,
        hint: `${answer.hint ?? 'Mend the connection'} Then remove the catalog's folder and run init again.`,
      });
    return answer?.state === 'absent';
  });
  return [
    ...absent.map((image) => describe(image, 'missing in production when init looked', today)),
    ...unreadable.map((image) => describe(image, 'no registry takes this reference', today)),
  ];
}

function describe(
  { upstream, neededBy }: Pick<WantedImage, 'upstream' | 'neededBy'>,
  reason: string,
  since: string,
): KnownMissing {
  return {
    image: upstream,
    bundles: neededBy.map((need) => need.item),
    reason,
    since,
    until: null,
  };
}
