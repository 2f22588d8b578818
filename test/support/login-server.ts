import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https, { type ServerOptions } from 'node:https';
import { digestOf } from '../../src/base/digest.ts';
import { listenLocally } from './listen-locally.ts';

/** What arrived, and what it sent along to log in. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | null;
  readonly userAgent: string;
  readonly body: string;
}

export interface LoginServer {
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** In order, pings left out. */
  readonly requests: readonly SeenRequest[];
  forget(): void;
  stop(): Promise<void>;
}

export interface LoginRules {
  /** Plain HTTP where there is none. */
  readonly tls?: ServerOptions;
  /** `WWW-Authenticate` of the answer to `/v2/`; none: it needs no login. */
  readonly challenges: (host: string) => readonly string[];
  /** For what is no ping; null answers with the manifest. */
  readonly answer?: (request: SeenRequest) => {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  } | null;
}

const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: `sha256:${'a'.repeat(64)}`,
    size: 2,
  },
  layers: [],
});

/** A registry that has every image and lets everybody in, and keeps what they sent to log in. */
export async function startLoginServer(rules: LoginRules): Promise<LoginServer> {
  const requests: SeenRequest[] = [];
  function listen(request: IncomingMessage, response: ServerResponse): void {
    answer(request, response).catch(() => response.destroy());
  }
  const server = rules.tls ? https.createServer(rules.tls, listen) : http.createServer(listen);
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/v2/') {
      const challenges = rules.challenges(request.headers.host ?? '');
      if (challenges.length > 0) response.setHeader('www-authenticate', challenges);
      response.writeHead(challenges.length > 0 ? 401 : 200).end();
      return;
    }
    const seen = await readRequest(request);
    requests.push(seen);
    const { status, headers, body } = rules.answer?.(seen) ?? FOUND;
    response.writeHead(status, headers).end(body);
  }
  const port = await listenLocally(server);
  return {
    host: `127.0.0.1:${port}`,
    requests,
    forget: () => requests.splice(0),
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const FOUND = {
  status: 200,
  headers: {
    'content-type': 'application/vnd.oci.image.manifest.v1+json',
    'docker-content-digest': digestOf(MANIFEST),
  },
  body: MANIFEST,
};

async function readRequest(request: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    authorization: request.headers.authorization ?? null,
    userAgent: request.headers['user-agent'] ?? '',
    body: Buffer.concat(chunks).toString(),
  };
}
