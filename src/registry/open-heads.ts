// Most requests of a pass are HEADs, a few thousand in a short process. Of what one costs undici, as of what it costs Node's
// client, more than half is code of theirs, which V8 has hardly compiled by then (bench/README.md), so a HEAD whose answer is a
// usual one is sent and read here. Connections are opened by undici, and all else is left to it.
import type { Socket } from 'node:net';
import { buildConnector } from 'undici';
import { waitOrAbort } from '../base/wait-or-abort.ts';
import { bareHostname } from './bare-hostname.ts';
import { createHeadLine, type HeadLine } from './head-line.ts';
import type { AgentConnection } from './open-agent.ts';
import type { HeadAnswer } from './parse-head-answer.ts';

export interface HeadQuestion {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** HEADs to one origin on kept connections. Who asks bounds how many there are at once. */
export interface Heads {
  /** Whether all answers so far were usual ones; from the first other one on, undici is asked at once. */
  isUsual(): boolean;
  /**
   * Null where the question or its answer is not a usual one, so that undici must be asked. Rejects where no answer came,
   * with errors of Node and undici, or with the signal's reason.
   */
  send(question: HeadQuestion, signal: AbortSignal | undefined): Promise<HeadAnswer | null>;
  close(): void;
}

interface State {
  readonly connection: AgentConnection;
  readonly open: () => Promise<Socket>;
  readonly lines: Set<HeadLine>;
  /** Those of them that wait for a question, the one that was used last at the end. */
  readonly idle: HeadLine[];
  isUsual: boolean;
  isClosed: boolean;
}

export function openHeads(origin: URL, connection: AgentConnection): Heads {
  const connect = buildConnector({ ...connection.tls, timeout: connection.timeoutMilliseconds });
  const state: State = {
    connection,
    open: () => openSocket(origin, connect),
    lines: new Set(),
    idle: [],
    isUsual: true,
    isClosed: false,
  };
  return {
    isUsual: () => state.isUsual,
    send: (question, signal) => send(renderHead(origin.host, question), state, signal),
    close() {
      state.isClosed = true;
      for (const line of state.lines) line.close();
    },
  };
}

async function send(
  text: string | null,
  state: State,
  signal: AbortSignal | undefined,
): Promise<HeadAnswer | null> {
  if (text === null) return null;
  signal?.throwIfAborted();
  const line = takeIdle(state) ?? (await openLine(state, signal));
  try {
    const answer = await line.ask(text, signal);
    state.isUsual &&= answer !== null;
    if (line.isOpen()) state.idle.push(line);
    return answer;
  } catch (error) {
    // The server may have closed them all: who asks again gets a new one.
    for (const other of state.idle.splice(0)) other.close();
    throw error;
  }
}

const PATH = /^\/[\x21-\x7e]*$/;
const VALUE = /^[\t\x20-\x7e]*$/;

/** Null for what undici should judge. */
function renderHead(host: string, { path, headers }: HeadQuestion): string | null {
  const entries = Object.entries(headers);
  if (!PATH.test(path) || !entries.every(([, value]) => VALUE.test(value))) return null;
  const lines = entries.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HEAD ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n${lines}\r\n`;
}

function takeIdle({ idle }: State): HeadLine | null {
  for (;;) {
    const line = idle.pop();
    if (line === undefined || line.isOpen()) return line ?? null;
    line.close();
  }
}

async function openLine(state: State, signal: AbortSignal | undefined): Promise<HeadLine> {
  const opening = state.open().then((socket) => addLine(socket, state));
  if (signal === undefined) return opening;
  try {
    return await waitOrAbort(opening, signal);
  } catch (error) {
    opening.then(
      (line) => line.close(),
      () => undefined,
    );
    throw error;
  }
}

function addLine(socket: Socket, state: State): HeadLine {
  const line = createHeadLine(socket, state.connection);
  state.lines.add(line);
  socket.once('close', () => state.lines.delete(line));
  if (state.isClosed) line.close();
  return line;
}

function openSocket(origin: URL, connect: buildConnector.connector): Promise<Socket> {
  const { protocol, host, port } = origin;
  const options = { protocol, hostname: bareHostname(origin), host, port };
  return new Promise((resolve, reject) => {
    connect(options, (error, socket) => (error === null ? resolve(socket) : reject(error)));
  });
}
