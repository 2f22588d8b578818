import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { resetSocket } from './reset-socket.ts';

export interface CutProxy {
  readonly host: string;
  /** Bytes that came from the clients since the last call of `cutAfter` or `heal`. */
  readonly countBytes: () => number;
  /** Lets so many further bytes of all clients through, then breaks every connection and takes no other. */
  cutAfter(bytes: number): void;
  /** Lets everything through. */
  heal(): void;
  stop(): Promise<void>;
}

/** A TCP proxy on 127.0.0.1 that breaks off in the middle of what clients send, at a byte that is chosen. */
export async function startCutProxy(target: string): Promise<CutProxy> {
  const [targetHost = '', targetPort] = target.split(':');
  const sockets = new Set<Socket>();
  let left = Number.POSITIVE_INFINITY;
  let passed = 0;
  function breakAll(): void {
    for (const socket of sockets) resetSocket(socket);
  }
  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket));
  }
  const server = createServer((client) => {
    keep(client);
    if (left <= 0) {
      resetSocket(client);
      return;
    }
    const upstream = connect(Number(targetPort), targetHost);
    keep(upstream);
    upstream.pipe(client);
    upstream.once('close', () => client.destroy());
    client.once('close', () => upstream.destroy());
    client.on('data', (chunk: Buffer) => {
      const part = chunk.subarray(0, Math.min(chunk.length, Math.max(0, left)));
      passed += part.length;
      left -= part.length;
      // What was let through must arrive, so that the target has the very part that was chosen.
      if (left > 0) upstream.write(part);
      else upstream.write(part, breakAll);
    });
  });
  function allow(bytes: number): void {
    left = bytes;
    passed = 0;
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    host: `127.0.0.1:${address.port}`,
    countBytes: () => passed,
    cutAfter: allow,
    heal: () => allow(Number.POSITIVE_INFINITY),
    async stop() {
      server.close();
      breakAll();
      await once(server, 'close');
    },
  };
}
