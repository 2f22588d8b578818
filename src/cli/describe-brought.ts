import type { MergeResult } from '../catalog/merge-types.ts';
import type { Catalog } from '../catalog/types.ts';
import { isDelivery } from '../manifest/delivery-record.ts';
import type { BroughtBundles, DeliveryRecord, MirrorManifest } from '../manifest/types.ts';

interface Taken {
  /** What was merged of the source. */
  readonly delivery: Catalog;
  readonly result: Pick<MergeResult, 'catalog' | 'gaps'>;
}

/** What a record says of the bundles that a delivery brought; nothing of what production serves. */
export function describeBrought(
  taken: Taken,
  record: Pick<DeliveryRecord, 'command' | 'role'>,
): Pick<DeliveryRecord, 'brought'> {
  return isDelivery(record) ? { brought: listBrought(taken) } : {};
}

function listBrought({ delivery, result }: Taken): readonly BroughtBundles[] {
  const left = new Set(result.gaps.map((gap) => gap.package));
  return [...delivery.packages.values()].flatMap(({ name, bundles }) => {
    const taken = new Set(result.catalog.packages.get(name)?.bundles.map((it) => it.name));
    const brought = bundles.map((bundle) => bundle.name).filter((it) => taken.has(it));
    return left.has(name) || brought.length === 0 ? [] : [{ package: name, bundles: brought }];
  });
}

/** Whether a record says what was brought, as far as anybody asks: only relocation does, and an older record does not say it. */
export function saysBrought(
  earlier: DeliveryRecord | undefined,
  record: DeliveryRecord,
  { strategy }: Pick<MirrorManifest, 'strategy'>,
): boolean {
  return strategy === 'append' || earlier?.brought !== undefined || record.brought === undefined;
}
