import { type KindInUse, nameKind } from '../cluster/kinds-in-use.ts';
import type { ClusterObject } from '../cluster/read-objects.ts';
import type { ObjectReader } from '../kube/port.ts';
import type { UnseenKind } from '../manifest/observed-cluster.ts';

export interface LiveCluster {
  readonly objects: readonly ClusterObject[];
  /** Kinds of which something may have been overlooked. */
  readonly unseen: readonly UnseenKind[];
}

/**
 * Looks at each of these kinds in a running cluster, one after the other. What could not be looked at is named;
 * throws `KUBE_…` where the cluster itself gives no answer.
 */
export async function readLiveCluster(
  reader: ObjectReader,
  kinds: readonly KindInUse[],
  signal: AbortSignal,
): Promise<LiveCluster> {
  const objects: ClusterObject[] = [];
  const unseen: UnseenKind[] = [];
  for (const { needed, ...asked } of kinds) {
    const reading = await reader.readKind(asked, signal);
    if (reading.outcome === 'read')
      objects.push(...reading.objects.map((object) => ({ ...object, file: reader.server })));
    else if (needed || reading.outcome !== 'missing')
      unseen.push({
        kind: nameKind(asked),
        why: reading.outcome,
        message: reading.message,
      });
  }
  return { objects, unseen };
}
