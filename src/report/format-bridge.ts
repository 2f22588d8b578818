import { assertNever } from '../base/tool-error.ts';
import type { Bridge } from '../catalog/find-bridges.ts';

/** One way to get a version on that a channel cuts off, as a sentence. */
export function formatBridge(bridge: Bridge, channel: string): string {
  switch (bridge.kind) {
    case 'channel':
      return `Bridge: the channel ${bridge.channel} offers ${bridge.bundle}, from which ${channel} goes on.`;
    case 'other-head':
      return `Bridge: the channel ${bridge.channel} leads from it to its own head, ${bridge.bundle}.`;
    case 'bundle':
      return `Bridge: the bundle ${bridge.bundle}, which the catalog lacks, if it upgrades what is installed.`;
    case 'edge':
      return `Bridge: let ${bridge.bundle}, the next higher version, skip what is installed.`;
    default:
      return assertNever(bridge);
  }
}
