import { createServer, type Socket } from 'node:net';
import { listenLocally } from './listen-locally.ts';
import type { Scope } from './site.ts';

/** A question without a body, at its connection. */
export interface RawQuestion {
  readonly text: string;
  readonly socket: Socket;
  /** Counted from 1. */
  readonly number: number;
}

export interface RawServer {
  readonly url: URL;
  readonly questions: readonly RawQuestion[];
  /** Those that were made so far. */
  readonly connections: readonly Socket[];
  stop(): Promise<void>;
}

/** A server without TLS that answers questions byte for byte as it is told, until the test ends. */
export async function startRawServer(
  t: Scope,
  answer: (question: RawQuestion) => void,
  address = '127.0.0.1',
): Promise<RawServer> {
  const questions: RawQuestion[] = [];
  const connections: Socket[] = [];
  const server = createServer((socket) => {
    connections.push(socket);
    let received = '';
    // Whoever asks may break off.
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      if (bytes[0] === TLS_HANDSHAKE) socket.destroy();
      received += bytes.toString('latin1');
      for (let end = received.indexOf(END); end >= 0; end = received.indexOf(END)) {
        const text = received.slice(0, end);
        received = received.slice(end + END.length);
        const question = { text, socket, number: questions.length + 1 };
        questions.push(question);
        answer(question);
      }
    });
  });
  const port = await listenLocally(server, address);
  async function stop(): Promise<void> {
    for (const socket of connections) socket.destroy();
    await new Promise((done) => server.close(done));
  }
  t.after(stop);
  const url = new URL(`http://${address.includes(':') ? `[${address}]` : address}:${port}`);
  return { url, questions, connections, stop };
}

const END = '\r\n\r\n';
const TLS_HANDSHAKE = 0x16;
