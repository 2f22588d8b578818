import type { Socket } from 'node:net';

/**
 * Breaks a connection off with RST. One that is being ended takes no reset: libuv refuses it, and the handle
 * that Node then forgets keeps the process from ever ending (seen with Node 24.21). It is closed instead.
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
