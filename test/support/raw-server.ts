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
}

/** A server without TLS that answers questions byte for byte as it is told, until the test ends. */
export async function startRawServer(
  t: Scope,
  answer: (question: RawQuestion) => void,
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
  const port = await listenLocally(server);
  t.after(() => {
    server.close();
    for (const socket of connections) socket.destroy();
  });
  const url = new URL(`http://127.0.0.1:${port}`);
  return { url, questions, connections };
}

const END = '\r\n\r\n';
const TLS_HANDSHAKE = 0x16;
