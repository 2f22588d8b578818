import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { TestContext } from 'node:test';
import { listenLocally } from './listen-locally.ts';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver of notifications, which answers as it is told to. */
export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** A status; or `hang`, to take requests and never answer. */
  answer: number | 'hang';
}

export async function startReceiver(t: TestContext): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, body });
      if (receiver.answer !== 'hang') response.writeHead(receiver.answer).end('{}');
    });
  });
  const port = await listenLocally(server);
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const receiver: Receiver = { url: `http://127.0.0.1:${port}`, received, answer: 200 };
  return receiver;
}
