import { ToolError } from '../base/tool-error.ts';
import type { Catalog } from '../catalog/types.ts';
import { listWanted } from '../images/list-wanted.ts';
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

/**
 * Lists the images that a catalog names and production clearly lacks. An unknown answer is no
 * absence: it throws, since a list with holes would hide them for good.
 */
export async function findKnownMissing(
  catalog: Catalog,
  context: KnownMissingContext,
): Promise<readonly KnownMissing[]> {
  const { entry, manifest, production } = context;
  const { images } = listWanted({
    manifest: { ...manifest, images: [], releases: [] },
    catalogs: new Map([[entry.name, catalog]]),
    releases: [],
  });
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
    if (answer?.state === 'unknown') throw unclear(image.upstream, answer);
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

function unclear(
  image: string,
  answer: {
    readonly message: string;
    readonly hint: string | null;
    readonly code: ToolError['code'];
  },
): ToolError {
  return new ToolError(
    answer.code,
    `Whether production holds ${image} is unknown: ${answer.message} The catalog was written; what production lacks was not listed.`,
    {
      hint: `${answer.hint ?? 'Mend the connection'} Then remove the catalog's folder and run init again.`,
      disposition: 'retry',
    },
  );
}
