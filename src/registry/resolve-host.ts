import { lookup } from 'node:dns/promises';
import { bareHostname } from './bare-hostname.ts';

/** Addresses of a `host[:port]` as this machine resolves it, none where it does not. */
export async function resolveHost(host: string): Promise<readonly string[]> {
  const hostname = bareHostname(new URL(`http://${host}`));
  try {
    const found = await lookup(hostname, { all: true });
    return found.map(({ address }) => address);
  } catch {
    return [];
  }
}
