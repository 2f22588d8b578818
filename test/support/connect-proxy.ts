import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https, { type ServerOptions } from 'node:https';
import { connect, type Socket } from 'node:net';
import { listenLocally } from './listen-locally.ts';

export interface ConnectProxy {
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** `CONNECT host:port` and `GET http://…`, with the login in clear where there is one. */
  readonly seen: readonly string[];
  forget(): void;
  stop(): Promise<void>;
}

export interface ConnectProxyOptions {
  /** `host:port` that every request is passed on to, wherever it wants to go. */
  readonly target: string;
  /** Refuses all with this status. */
  readonly refuses?: number;
  /** Never answers. */
  readonly hangs?: boolean;
  /** Speaks TLS itself. */
  readonly tls?: ServerOptions;
}

/** An HTTP proxy that resolves no names. */
export async function startConnectProxy(options: ConnectProxyOptions): Promise<ConnectProxy> {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  function pass(request: IncomingMessage, response: ServerResponse): void {
    seen.push(format(request));
    if (options.hangs) return;
    if (options.refuses !== undefined) {
      response.writeHead(options.refuses).end('<html>no</html>');
      return;
    }
    const { pathname, search } = new URL(request.url ?? '');
    const { method = 'GET', headers } = request;
    const onward = http.request(`http://${options.target}${pathname}${search}`, {
      method,
      headers,
    });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }
  const server = options.tls ? https.createServer(options.tls, pass) : http.createServer(pass);
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    seen.push(format(request));
    if (options.hangs) return;
    if (options.refuses !== undefined) {
      socket.end(`HTTP/1.1 ${options.refuses} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const [host = '', port = ''] = options.target.split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    sockets.add(onward);
    for (const end of [onward, socket]) {
      end.on('error', () => {
        onward.destroy();
        socket.destroy();
      });
    }
  });
  const port = await listenLocally(server);
  return {
    host: `127.0.0.1:${port}`,
    seen,
    forget: () => seen.splice(0),
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

function format({ method, url, headers }: IncomingMessage): string {
  const login = /^Basic (.*)$/.exec(headers['proxy-authorization'] ?? '')?.[1];
  const shown = login === undefined ? '' : ` ${Buffer.from(login, 'base64').toString()}`;
  return `${method} ${url}${shown}`;
}
