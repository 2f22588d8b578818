import { findKnown } from '../images/find-known.ts';
import { listCatalogWanted, type WantedList } from '../images/list-wanted.ts';
import { turnAddresses } from '../images/normalize-addresses.ts';
import type { WantedImage } from '../images/types.ts';
import { isImagePattern } from '../manifest/image-pattern.ts';
import type { ListedMissing } from '../manifest/types.ts';
import type { Loss } from '../plan/settle-image.ts';
import type { Observed } from '../plan/types.ts';
import type { LoadedState } from './load-state.ts';
import type { IndexObservation } from './observe-index.ts';
import type { MissingThen, ReadMissingThen } from './read-missing-then.ts';

export interface LossContext {
  readonly state: LoadedState;
  readonly wanted: Pick<WantedList, 'images' | 'keysByCatalog'>;
  readonly images: Observed['images'];
  readonly indexes: readonly IndexObservation[];
  readonly readMissingThen: ReadMissingThen;
  readonly signal: AbortSignal;
}

// Of what was listed then nothing had ended, as far as a loss is to be proved by it.
const BEFORE_ALL_ENDS = '0000-00-00';

/**
 * Images that a pattern of known-missing.yaml fits, though the serving registry had them: the index that is served names them,
 * and when that came neither an item nor a pattern let them be missing, so that each was seen there (promise 3).
 */
export async function findHiddenLosses(
  known: ReadonlyMap<string, ListedMissing>,
  context: LossContext,
): Promise<ReadonlyMap<string, Loss>> {
  const candidates = context.wanted.images.flatMap((image) => {
    const item = known.get(image.upstream);
    const isOwed = item !== undefined && isImagePattern(item.image) && isAbsent(image, context);
    return isOwed ? [{ image, item }] : [];
  });
  const losses = new Map<string, Loss>();
  if (candidates.length === 0) return losses;
  for (const index of context.indexes) {
    const then = await readThen(index, context);
    if (then === null) continue;
    const keys = listServedKeys(index, context);
    for (const { image, item } of candidates)
      if (keys.has(image.key) && !wasListed(image, then, context))
        losses.set(image.upstream, { place: item.place, revision: then.revision });
  }
  return losses;
}

function isAbsent(image: WantedImage, { images }: LossContext): boolean {
  return images.get(image.key)?.serving.state === 'absent';
}

async function readThen(
  { servedFrom, served }: IndexObservation,
  { state, readMissingThen, signal }: LossContext,
): Promise<MissingThen | null> {
  if (servedFrom === null || served === null) return null;
  return readMissingThen(servedFrom, { ...state, signal });
}

function listServedKeys(
  { wanted, served }: IndexObservation,
  { state, wanted: all }: LossContext,
): ReadonlySet<string> {
  const loaded = state.catalogs.find(({ entry }) => entry.name === wanted.catalog);
  if (served === null || loaded === undefined) return new Set();
  const { catalog } = loaded;
  if (served === catalog) return new Set(all.keysByCatalog.get(wanted.catalog));
  const turned = turnAddresses(served, state.manifest, catalog).catalog;
  const { images } = listCatalogWanted(wanted.catalog, turned, state.manifest);
  return new Set(images.map(({ key }) => key));
}

function wasListed(image: WantedImage, { listed }: MissingThen, { state }: LossContext): boolean {
  const context = { manifest: state.manifest, today: BEFORE_ALL_ENDS };
  return findKnown(listed, { images: [image], unreadable: [] }, context).size > 0;
}
