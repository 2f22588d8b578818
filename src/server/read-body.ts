import type { IncomingMessage } from 'node:http';
import type { Exchange } from './http-server.ts';

/** A body; or why there is none: `too-large`, `busy` (too much is being read already), `cut-off` (it ended early). */
export type BodyResult = Buffer | 'too-large' | 'busy' | 'cut-off';

export type BodyReader = (exchange: Exchange) => Promise<BodyResult>;

export interface BodyLimits {
  /** Bytes of one body. */
  readonly each: number;
  /** Bytes of all that are read at a time, which bounds what a crowd of slow clients can hold. */
  readonly together: number;
}

export function createBodyReader({ each, together }: BodyLimits): BodyReader {
  let held = 0;
  function hold(bytes: number): boolean {
    if (held + bytes > together) return false;
    held += bytes;
    return true;
  }
  return async ({ request, askForBody }) => {
    if (Number(request.headers['content-length'] ?? 0) > each) return 'too-large';
    askForBody();
    let size = 0;
    const result = await collect(request, (bytes) => {
      if (size + bytes > each) return 'too-large';
      if (!hold(bytes)) return 'busy';
      size += bytes;
      return null;
    });
    held -= size;
    return result;
  };
}

function collect(
  request: IncomingMessage,
  admit: (bytes: number) => 'too-large' | 'busy' | null,
): Promise<BodyResult> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    function stop(result: BodyResult): void {
      request.off('data', take);
      request.pause();
      resolve(result);
    }
    function take(chunk: Buffer): void {
      const refusal = admit(chunk.length);
      if (refusal === null) chunks.push(chunk);
      else stop(refusal);
    }
    request.on('data', take);
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', () => stop('cut-off'));
    request.once('close', () => stop('cut-off'));
  });
}
