import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { messageOf, ToolError } from '../base/tool-error.ts';

/** Where to listen. Port 0: one that is free. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** Of 405. */
  readonly allow?: string;
}

export interface Exchange {
  readonly request: IncomingMessage;
  /** Tells a client that waits for it to send its body. */
  readonly askForBody: () => void;
}

export type Answer = (exchange: Exchange) => Promise<Reply>;

export interface HttpServerOptions {
  /** Must not throw: a client is then told no more than that. */
  readonly answer: Answer;
  /** Told of what was thrown. */
  readonly onFault: (error: unknown) => void;
}

export interface OpenHttpServer {
  /** As it listens, with the port that was chosen. */
  readonly address: ListenAddress;
  /** Ends open connections too. */
  close(): Promise<void>;
}

const HEADERS_TIME = 5_000;
const REQUEST_TIME = 10_000;
const IDLE_TIME = 15_000;
const CHECKED_EVERY = 1_000;
const MOST_CONNECTIONS = 256;
/** Time in which a client may read an answer that it got before it had sent everything. */
const LINGER_TIME = 500;

/**
 * Listens, and answers what comes. Who does not get on is cut off: a request must be whole within 10 seconds,
 * its head within 5, and a connection on which nothing moves ends after 15. Throws `SERVER_LISTEN`.
 */
export async function openHttpServer(
  where: ListenAddress,
  { answer, onFault }: HttpServerOptions,
): Promise<OpenHttpServer> {
  const server = createServer({
    headersTimeout: HEADERS_TIME,
    requestTimeout: REQUEST_TIME,
    keepAliveTimeout: HEADERS_TIME,
    connectionsCheckingInterval: CHECKED_EVERY,
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.setTimeout(IDLE_TIME);
  async function serve(exchange: Exchange, response: ServerResponse): Promise<void> {
    const { request } = exchange;
    const reply = await answerOrApologize(() => answer(exchange), onFault);
    if (response.destroyed) return;
    if (!request.complete) response.on('finish', () => linger(request));
    send(reply, request, response);
  }
  server.on('request', (request, response) => {
    void serve({ request, askForBody: () => undefined }, response);
  });
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    void serve({ request, askForBody: () => response.writeContinue() }, response);
  });
  await listen(server, where);
  return { address: readAddress(server, where), close: () => close(server) };
}

async function answerOrApologize(
  answer: () => Promise<Reply>,
  onFault: HttpServerOptions['onFault'],
): Promise<Reply> {
  try {
    return await answer();
  } catch (error) {
    onFault(error);
    return { status: 500, type: 'text/plain; charset=utf-8', body: 'internal error\n' };
  }
}

function send(
  { status, type, body, allow }: Reply,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(allow === undefined ? {} : { Allow: allow }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

// Closed at once, with bytes unread, the client's system would throw the answer away.
function linger(request: IncomingMessage): void {
  request.resume();
  setTimeout(() => request.socket.destroy(), LINGER_TIME).unref();
}

async function listen(server: Server, { host, port }: ListenAddress): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, resolve);
    });
  } catch (error) {
    throw new ToolError(
      'SERVER_LISTEN',
      `Nothing can listen on ${host}:${port}: ${messageOf(error)}.`,
      {
        cause: error,
        hint: 'Name another address with --listen, or end what listens there.',
      },
    );
  }
}

function readAddress(server: Server, { host, port }: ListenAddress): ListenAddress {
  const address = server.address();
  return { host, port: typeof address === 'object' && address !== null ? address.port : port };
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
