import type { ObservedRelease } from '../manifest/observed-cluster.ts';

/** The releases that a cluster runs: of an update under way both ends, since nodes still run the one before it. Each version once. */
export function listRunning({
  version,
  image,
  history,
}: ObservedRelease): readonly { readonly version: string; readonly image: string | null }[] {
  const last = history.findIndex(({ state }) => state === 'Completed');
  const running = last === -1 ? history : history.slice(0, last + 1);
  const found = new Map<string, string | null>();
  for (const entry of [{ version, image }, ...running])
    found.set(entry.version, found.get(entry.version) ?? entry.image);
  return [...found].map(([known, payload]) => ({ version: known, image: payload }));
}

/** As release tags name it, where the cluster does not say. */
export const DEFAULT_ARCHITECTURE = 'x86_64';
