import type { Catalog } from '../catalog/types.ts';
import { listCatalogWanted } from '../images/list-wanted.ts';
import type { CatalogEntry, KnownMissing, MirrorManifest } from '../manifest/types.ts';
import type { RegistryPort } from '../registry/port.ts';

export interface KnownMissingContext {
  readonly entry: CatalogEntry;
  readonly manifest: MirrorManifest;
  readonly production: RegistryPort;
  /** UTC date, `YYYY-MM-DD`. */
  readonly today: string;
  readonly signal: AbortSignal;
}

import { unclearError } from './unclear-error.ts';

/**
 * Lists the images that a catalog names and production clearly lacks. An unknown answer is no
 * absence: it throws, since a list with holes would hide them for good.
 */
export async function findKnownMissing(
  catalog: Catalog,
  context: KnownMissingContext,
): Promise<readonly KnownMissing[]> {
  const { entry, manifest, production } = context;
  const images = listCatalogWanted(entry.name, catalog, manifest);
  const answers = await Promise.all(
    images.map((image) =>
      production.headManifest(
        image.repository.production,
        image.digest ?? image.tag ?? '',
        context.signal,
      ),
    ),
  );
  return images.flatMap((image, i) => {
    const answer = answers[i];
    if (answer?.state === 'unknown')
      throw unclearError(answer, {
        message: `Whether production holds ${image.upstream} is unknown: ${answer.message} The catalog was written; what production lacks was not listed.`,
        hint: `${answer.hint ?? 'Mend the connection'} Then remove the catalog's folder and run init again.`,
      });
    if (answer?.state !== 'absent') return [];
    const bundles = image.neededBy.map((need) => need.item);
    return [
      {
        image: image.upstream,
        bundles,
        reason: 'missing in production when init looked',
        since: context.today,
      },
    ];
  });
}
