import type { Presence } from '../base/presence.ts';
import type { Catalog } from '../catalog/types.ts';
import { findKnown } from '../images/find-known.ts';
import { listCatalogWanted } from '../images/list-wanted.ts';
import type { WantedImage } from '../images/types.ts';
import type {
  CatalogEntry,
  KnownMissing,
  ListedMissing,
  MirrorManifest,
  PerRole,
} from '../manifest/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { unclearError } from './unclear-error.ts';

export interface KnownMissingContext {
  readonly entry: CatalogEntry;
  readonly manifest: MirrorManifest;
  /** What the list of the catalog has already. */
  readonly listed: readonly ListedMissing[];
  readonly registries: PerRole<RegistryPort>;
  /** UTC date, `YYYY-MM-DD`. */
  readonly today: string;
  readonly signal: AbortSignal;
}

export interface MissingImages {
  readonly missing: readonly KnownMissing[];
  /** Upstream names of images of which production gave no clear answer, or staging none of what production lacks. */
  readonly unknown: readonly { readonly upstream: string; readonly message: string }[];
}

/**
 * Lists the images that a catalog names and production clearly lacks while staging does not have them, or that it cannot
 * have, save those that its list has already. An unknown answer is no absence: such images are listed apart. Throws where no
 * answer was clear.
 */
export async function findKnownMissing(
  catalog: Catalog,
  context: KnownMissingContext,
): Promise<MissingImages> {
  const { entry, manifest, registries, listed, today } = context;
  const named = listCatalogWanted(entry.name, catalog, manifest);
  const known = findKnown(listed, named, { manifest, today });
  const images = named.images.filter(({ upstream }) => !known.has(upstream));
  const unreadable = named.unreadable.filter(({ upstream }) => !known.has(upstream));
  const answers = await Promise.all(
    images.map(async (image) => ({
      image,
      presence: await registries.production.headManifest(
        image.repository.production,
        image.digest ?? image.tag ?? '',
        context.signal,
      ),
    })),
  );
  assertSomeClear(answers);
  const gone = answers.filter(({ presence }) => presence.state === 'absent');
  const waiting = await askStaging(gone, context);
  const absent = waiting.filter(({ presence }) => presence.state === 'absent');
  return {
    missing: [
      ...absent.map(({ image }) =>
        describe(image, 'missing in production when init looked', today),
      ),
      ...unreadable.map((image) => describe(image, 'no registry takes this reference', today)),
    ],
    unknown: [...answers, ...waiting].flatMap(({ image: { upstream }, presence }) =>
      presence.state === 'unknown' ? [{ upstream, message: presence.message }] : [],
    ),
  };
}

interface Answer {
  readonly image: WantedImage;
  readonly presence: Presence;
}

/** What staging has is brought by a pass, so that it is no debt. */
function askStaging(
  gone: readonly Answer[],
  { registries, signal }: KnownMissingContext,
): Promise<readonly Answer[]> {
  return Promise.all(
    gone.map(async ({ image }) => {
      const { repository, digest, tag } = image;
      const reference = digest ?? tag ?? '';
      const presence = await registries.staging.headManifest(repository.staging, reference, signal);
      return { image, presence };
    }),
  );
}

function assertSomeClear(answers: readonly Answer[]): void {
  const [first] = answers;
  if (first === undefined || first.presence.state !== 'unknown') return;
  if (answers.some(({ presence }) => presence.state !== 'unknown')) return;
  const { image, presence } = first;
  throw unclearError(presence, {
    message: `Whether production holds ${image.upstream} is unknown: ${presence.message} The catalog was written; what production lacks was not listed.`,
    hint: `${presence.hint ?? 'Mend the connection'} Then remove the catalog's folder and run init again.`,
  });
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
