import { baseUrl, sendRequest } from '../lib/send-request.ts';
import { headDigest } from './operator-hub.ts';

/** Every tag of a registry, `repository:tag` → digest. */
export type Snapshot = ReadonlyMap<string, string>;

export async function readSnapshot(host: string): Promise<Snapshot> {
  const { repositories } = await getJson<{ repositories: readonly string[] }>(
    host,
    '_catalog?n=999',
  );
  const snapshot = new Map<string, string>();
  for (const repository of repositories) {
    const { tags } = await getJson<{ tags: readonly string[] | null }>(
      host,
      `${repository}/tags/list`,
    );
    for (const tag of tags ?? []) {
      const digest = await headDigest(host, { repository, reference: tag });
      if (digest !== null) snapshot.set(`${repository}:${tag}`, digest);
    }
  }
  return snapshot;
}

/** Tags of `before` that are gone in `after` or point elsewhere there. */
export function listLost(before: Snapshot, after: Snapshot): readonly string[] {
  return [...before.keys()].filter((name) => after.get(name) !== before.get(name));
}

async function getJson<T>(host: string, path: string): Promise<T> {
  const { status, body } = await sendRequest(`${baseUrl(host)}/v2/${path}`, { method: 'GET' });
  if (status === 404) throw new Error(`${host} knows no ${path}`);
  const value: T = JSON.parse(body.toString());
  return value;
}
