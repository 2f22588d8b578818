import { lookup } from 'node:dns/promises';

/** Addresses of a `host[:port]` as this machine resolves it, none where it does not. */
export async function resolveHost(host: string): Promise<readonly string[]> {
  const { hostname } = new URL(`http://${host}`);
  try {
    const found = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true });
    return found.map(({ address }) => address);
  } catch {
    return [];
  }
}
