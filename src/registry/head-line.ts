import type { Socket } from 'node:net';
import { errors } from 'undici';
import { type HeadAnswer, parseHeadAnswer } from './parse-head-answer.ts';

/** One connection, for one HEAD at a time. */
export interface HeadLine {
  /**
   * Null for an answer that `parseHeadAnswer` does not read, or that more than its headers came with. Rejects with an
   * error of the connection, or with the signal's reason; the connection is closed then.
   */
  readonly ask: (text: string, signal: AbortSignal | undefined) => Promise<HeadAnswer | null>;
  /** Whether it may be asked again. */
  readonly isOpen: () => boolean;
  readonly close: () => void;
}

export interface LineLimits {
  /** From a question to the end of its answer. */
  readonly timeoutMilliseconds: number;
  /** For how long a connection may wait for the next question, unless the server says less. */
  readonly keepAliveMilliseconds: number;
}

interface Asked {
  readonly resolve: (answer: HeadAnswer | null) => void;
  readonly reject: (error: unknown) => void;
}

interface State {
  readonly socket: Socket;
  /** Ends a question that gets no answer, and a connection that nobody uses any more. */
  readonly timer: NodeJS.Timeout;
  readonly limits: LineLimits;
  asked: Asked | null;
  /** The one that is listened to, as long as questions come with it: mostly that of a whole pass. */
  signal: AbortSignal | undefined;
  readonly onAbort: () => void;
  received: string;
  /** On the clock of `performance.now`. */
  keptUntil: number;
}

/** Sends HEADs over a connection. It does not keep the process alive while it waits for the next question. */
export function createHeadLine(socket: Socket, limits: LineLimits): HeadLine {
  function onTimeout(): void {
    end(state, new errors.HeadersTimeoutError());
  }
  function onAbort(): void {
    if (state.asked !== null) end(state, state.signal?.reason);
  }
  const state: State = {
    socket,
    timer: setTimeout(onTimeout, limits.timeoutMilliseconds).unref(),
    limits,
    asked: null,
    signal: undefined,
    onAbort,
    received: '',
    keptUntil: Number.POSITIVE_INFINITY,
  };
  socket
    .on('data', (bytes: Buffer) => receive(state, bytes))
    .on('error', (error) => end(state, error))
    .on('end', () => end(state, new errors.SocketError('other side closed')))
    .on('close', () => end(state, new errors.SocketError('closed')));
  return {
    ask: (text, signal) => ask(state, text, signal),
    isOpen: () => !socket.destroyed && state.keptUntil > performance.now(),
    close: () => end(state, new errors.SocketError('closed')),
  };
}

function end(state: State, error: unknown): void {
  clearTimeout(state.timer);
  listenTo(state, undefined);
  state.socket.destroy();
  state.asked?.reject(error);
  state.asked = null;
}

function listenTo(state: State, signal: AbortSignal | undefined): void {
  if (state.signal === signal) return;
  state.signal?.removeEventListener('abort', state.onAbort);
  signal?.addEventListener('abort', state.onAbort);
  state.signal = signal;
}

function ask(
  state: State,
  text: string,
  signal: AbortSignal | undefined,
): Promise<HeadAnswer | null> {
  const { socket, timer } = state;
  if (socket.destroyed) return Promise.reject(new errors.SocketError('closed'));
  listenTo(state, signal);
  return new Promise((resolve, reject) => {
    state.asked = { resolve, reject };
    timer.refresh();
    socket.ref();
    socket.write(text, 'latin1');
  });
}

const MAX_HEADER_CHARACTERS = 64 * 1024;
const END = '\r\n\r\n';

function receive(state: State, bytes: Buffer): void {
  const { asked } = state;
  state.received += bytes.toString('latin1');
  const { received } = state;
  const length = received.indexOf(END);
  if (asked !== null && length < 0 && received.length <= MAX_HEADER_CHARACTERS) return;
  // A HEAD has no body: nobody asked for what stands behind its headers.
  const isWhole = length >= 0 && length + END.length === received.length;
  const answer = isWhole ? parseHeadAnswer(received.slice(0, length)) : null;
  state.asked = null;
  state.received = '';
  const kept = answer === null || asked === null ? 0 : readKept(answer, state.limits);
  if (kept > 0) {
    state.keptUntil = performance.now() + kept;
    state.socket.unref();
  } else end(state, null);
  asked?.resolve(answer);
}

/** For how many milliseconds the connection is worth keeping. */
function readKept({ headers }: HeadAnswer, { keepAliveMilliseconds }: LineLimits): number {
  if (/\bclose\b/i.test(String(headers.connection))) return 0;
  const hint = /timeout=(\d+)/.exec(String(headers['keep-alive']))?.[1];
  // A second less, as undici does, lest the server close it while a question is under way.
  const seconds = hint === undefined ? Number.POSITIVE_INFINITY : Number(hint) - 1;
  return Math.min(keepAliveMilliseconds, seconds * 1000);
}
