import http from 'node:http';
import https from 'node:https';

export interface SentRequest {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One request with its whole answer. https is spoken without verification: for tests and the demo. */
export function sendRequest(url: string, request: SentRequest): Promise<Answer> {
  const length = String(request.body?.length ?? 0);
  const headers = { ...request.headers, 'content-length': length };
  const options = { method: request.method, headers, rejectUnauthorized: false };
  const sender = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const message = sender.request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        resolve({ status, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    message.on('error', reject);
    message.end(request.body);
  });
}

/** The base URL of a host as tests name it: `host:port`, or with a scheme in front. */
export function baseUrl(host: string): string {
  return host.includes('://') ? host : `http://${host}`;
}
