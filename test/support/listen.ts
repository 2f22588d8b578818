import type { Server } from 'node:http';
import { listenLocally } from './listen-locally.ts';
import type { Scope } from './site.ts';

/** Lets a server listen on a port of 127.0.0.1 that the system chooses, until the test ends; the port. */
export async function listen(t: Scope, server: Server): Promise<number> {
  const port = await listenLocally(server);
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return port;
}
