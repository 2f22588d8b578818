import type { ReleaseGraph } from '../manifest/release-graph.ts';
import type { CarriedGraph } from './media-release-types.ts';

/** A graph of updates as JSON; `unpackGraph` turns it back. */
export function packGraph({ channels, edges, blocked }: ReleaseGraph): CarriedGraph {
  return {
    channels: [...channels].map(([name, versions]) => ({ name, versions: [...versions] })),
    edges,
    blocked: blocked.map((edge) => ({ ...edge, from: edge.from.source })),
  };
}

export function unpackGraph({ channels, edges, blocked }: CarriedGraph): ReleaseGraph {
  return {
    channels: new Map(channels.map(({ name, versions }) => [name, new Set(versions)])),
    edges,
    blocked: blocked.map((edge) => ({ ...edge, from: new RegExp(edge.from) })),
  };
}
