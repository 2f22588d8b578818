import { capitalize, formatCount } from '../base/text.ts';
import { readBundleImages } from '../catalog/list-images.ts';
import type { Catalog } from '../catalog/types.ts';
import { contentKey } from '../images/normalize-addresses.ts';
import type { WantedImage } from '../images/types.ts';
import { sourceRole } from '../manifest/serving-role.ts';
import type { Check, Observed, Wanted } from './types.ts';

/** What the index of a catalog serves. */
export interface ServedContent {
  readonly content: Catalog;
  /** olmirror published it, so everything that it names was there. */
  readonly published: boolean;
}

export interface LossInput {
  /** By catalog. */
  readonly served?: ReadonlyMap<string, ServedContent>;
  readonly wanted: Pick<Wanted, 'images'>;
  readonly observed: Pick<Observed, 'images'>;
  /** Upstream references. */
  readonly knownMissing: ReadonlyMap<string, unknown>;
}

const SHOWN = 5;

/**
 * Names the images that the serving registry lacks though the index that it serves names them: what is new
 * with a commit is none of them, nor what was known to be missing. One check a catalog.
 */
export function findLosses(input: LossInput): readonly Check[] {
  const absent = input.wanted.images.filter(
    ({ key, upstream }) =>
      input.observed.images.get(key)?.serving.state === 'absent' &&
      !input.knownMissing.has(upstream),
  );
  if (absent.length === 0) return [];
  return [...(input.served ?? [])].flatMap(([catalog, served]) => {
    const lost = absent.filter((image) => isServed(image, catalog, served.content));
    return lost.length === 0 ? [] : [lossCheck(catalog, lost, served.published)];
  });
}

// By bundle: the same bundle may name another image in Git than it does where it is served.
function isServed(image: WantedImage, catalog: string, served: Catalog): boolean {
  const key = image.digest ?? contentKey(image.upstream);
  return image.neededBy.some((need) => {
    if (need.catalog !== catalog || need.package === null) return false;
    const bundles = served.packages.get(need.package)?.bundles ?? [];
    return bundles.some((bundle) => bundle.name === need.item && names(bundle, key));
  });
}

function names(bundle: Parameters<typeof readBundleImages>[0], key: string): boolean {
  const { image, relatedImages } = readBundleImages(bundle);
  return [image, ...relatedImages].some((reference) => contentKey(reference) === key);
}

function lossCheck(catalog: string, lost: readonly WantedImage[], published: boolean): Check {
  const serving = lost[0]?.serving ?? 'production';
  const shown = lost.slice(0, SHOWN).map(({ upstream }) => upstream);
  const more = lost.length > SHOWN ? `, and ${lost.length - SHOWN} more` : '';
  return {
    kind: 'loss',
    severity: 'warning',
    message: `${capitalize(serving)} ${published ? 'lost' : 'lost, or never had,'} ${formatCount(lost.length, 'image')} that its index of ${catalog} names: ${shown.join(', ')}${more}. Clusters that need them cannot pull them.`,
    hint: `What ${sourceRole(serving)} still holds is copied again. Find out what deletes there: a clean-up task, or a person.`,
    catalog,
    item: null,
    neededBy: [],
  };
}
