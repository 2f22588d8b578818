import { createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { listenLocally } from './listen-locally.ts';

/** A server that takes connections and never answers; returns its host with port. */
export async function startHangingServer(t: TestContext): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  const port = await listenLocally(server);
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `127.0.0.1:${port}`;
}
