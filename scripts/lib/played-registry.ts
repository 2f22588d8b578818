// A registry that has every image anybody asks for, in front of a real one that holds what is below olm/.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { OCI_MANIFEST } from '../../src/base/oci.ts';

export interface PlayedRegistry {
  readonly host: string;
  /** HEADs and GETs of images that were answered without the real one. */
  readonly countPlayed: () => number;
  stop(): void;
}

/** Listens on a free port; `real` is the host of the registry behind. */
export async function playRegistry(real: string): Promise<PlayedRegistry> {
  let played = 0;
  const server = createServer((asked, response) => {
    const [, repository = '', reference = ''] =
      /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(asked.url ?? '') ?? [];
    if (repository === '' || repository.startsWith('olm/')) {
      forward(real, asked, response);
      return;
    }
    played += 1;
    const digest = reference.startsWith('sha256:')
      ? reference
      : `sha256:${createHash('sha256').update(reference).digest('hex')}`;
    response.writeHead(200, { 'content-type': OCI_MANIFEST, 'docker-content-digest': digest });
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    host: `127.0.0.1:${address.port}`,
    countPlayed: () => played,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function forward(real: string, asked: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = asked;
  const [hostname, port] = real.split(':');
  const onward = request({ hostname, port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  asked.pipe(onward);
}
