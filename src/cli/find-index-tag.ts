import type { GitPort } from '../git/port.ts';
import { findActivePin } from '../manifest/active-pin.ts';
import { dayOf } from '../manifest/day.ts';
import { letsTagsMove } from '../manifest/defaults.ts';
import { servingRole } from '../manifest/serving-role.ts';
import { formatImmutableTag } from '../plan/item.ts';
import type { LoadedCatalog, LoadedState } from '../reconcile/load-state.ts';
import type { CommandContext } from './context.ts';
import { readServedTag } from './served-tag.ts';
import { systemClock } from './system-clock.ts';
import type { Wiring } from './wire.ts';

/**
 * The tag by which clusters are served an index: the catalog's own where the serving registry lets tags move, else that of a pin,
 * that which `cluster/` names, or the one that the catalog gives.
 */
export async function findServedIndexTag(
  loaded: LoadedCatalog,
  { manifest, snapshot }: LoadedState,
  {
    git,
    context,
    wiring,
  }: { readonly git: GitPort; readonly context: CommandContext; readonly wiring: Wiring },
): Promise<string> {
  const { entry } = loaded;
  const serving = manifest.registries[servingRole(manifest)];
  if (letsTagsMove(serving)) return entry.tag.production;
  const pin = findActivePin(entry.pin, dayOf(systemClock.now()));
  const named = pin?.tag ?? (await readServedTag(entry, manifest, git));
  if (named !== null) return named;
  const { createIndexBuilder } = await import('../reconcile/build-index.ts');
  const { createLayerBuilder } = await import('./build-layers.ts');
  const builder = createIndexBuilder({
    registry: wiring.openRegistry(serving),
    readSource: () => git.readRemoteUrl(),
    work: { buildGroups: createLayerBuilder(context.signal) },
  });
  const { imageId } = await builder.summarize(loaded, { manifest, snapshot });
  return formatImmutableTag(entry.tag.production, imageId);
}
