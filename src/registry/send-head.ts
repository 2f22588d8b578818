import type { Dispatcher } from 'undici';
import type { HeadAnswer } from './parse-head-answer.ts';

export interface HeadOptions extends Omit<Dispatcher.DispatchOptions, 'method' | 'headers'> {
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Sends one HEAD. `request` of undici makes a stream for the body of each answer, which a HEAD does not have: with
 * it a HEAD costs a fifth more. Rejects as `request` does, or with the signal's reason.
 */
export function sendHead(
  agent: Dispatcher,
  options: HeadOptions,
  signal: AbortSignal | undefined,
): Promise<HeadAnswer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | null = null;
    let answer: HeadAnswer = { statusCode: 0, headers: {} };
    function stop(): void {
      controller?.abort(reasonOf(signal));
      reject(signal?.reason);
    }
    if (signal?.aborted === true) {
      stop();
      return;
    }
    signal?.addEventListener('abort', stop, { once: true });
    agent.dispatch(
      { ...options, method: 'HEAD' },
      {
        onRequestStart(started) {
          controller = started;
          if (signal?.aborted === true) started.abort(reasonOf(signal));
        },
        onResponseStart(_, statusCode, headers) {
          answer = { statusCode, headers };
        },
        onResponseEnd() {
          signal?.removeEventListener('abort', stop);
          resolve(answer);
        },
        onResponseError(_, error) {
          signal?.removeEventListener('abort', stop);
          reject(error);
        },
      },
    );
  });
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('aborted');
}
