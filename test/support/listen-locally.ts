import { once } from 'node:events';
import type { Server } from 'node:net';

/** Listens on loopback alone, at a port that the system chooses; gives the port. */
export async function listenLocally(server: Server, address = '127.0.0.1'): Promise<number> {
  server.listen(0, address);
  await once(server, 'listening');
  const listening = server.address();
  if (listening === null || typeof listening === 'string') throw new Error('no port');
  return listening.port;
}
