import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { CommitState } from '../../src/forge/review-port.ts';
import type { ForgeSubject, ReadStatus } from '../contracts/forge.ts';

export interface KeptRequest {
  readonly number: number;
  readonly head: string;
  readonly base: string;
  title: string;
  body: string;
  state: 'open' | 'closed' | 'merged';
  /** Of its branch, as it was last. */
  revision: string;
}

export interface KeptNote {
  readonly id: number;
  readonly number: number;
  /** Id of a user; the robot's is 1. */
  readonly author: number;
  body: string;
}

export interface KeptStatus extends ReadStatus {
  readonly id: number;
  readonly revision: string;
}

/** What a forge keeps of one repository. */
export interface ForgeMemory {
  readonly branches: Map<string, string>;
  readonly requests: KeptRequest[];
  readonly notes: KeptNote[];
  readonly statuses: KeptStatus[];
  readonly revisions: Set<string>;
}

/** A request as a server got it. */
export interface Asked {
  readonly method: string;
  /** Below the API. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Readonly<Record<string, unknown>>;
  /** Address of the API, for links. */
  readonly api: string;
}

export interface Answered {
  readonly status: number;
  readonly body: unknown;
  readonly link?: string;
}

export function createForgeMemory(): ForgeMemory {
  return { branches: new Map(), requests: [], notes: [], statuses: [], revisions: new Set() };
}

/** Keeps a request that was opened; the branch is there. */
export function keepRequest(
  memory: ForgeMemory,
  opened: Pick<KeptRequest, 'revision'> &
    Readonly<Record<'head' | 'base' | 'title' | 'body', unknown>>,
): KeptRequest {
  const request: KeptRequest = {
    number: memory.requests.length + 1,
    head: String(opened.head),
    base: String(opened.base),
    title: String(opened.title),
    body: String(opened.body),
    state: 'open',
    revision: opened.revision,
  };
  memory.requests.push(request);
  return request;
}

/** A server that answers below `prefix`, and 404 with a page elsewhere, as a web server before a forge does. */
export async function startForgeServer(
  prefix: string,
  answer: (asked: Asked) => Answered,
): Promise<{ readonly origin: string; readonly close: () => void }> {
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { host = '' } = request.headers;
    const url = new URL(request.url ?? '/', `http://${host}`);
    if (!url.pathname.startsWith(`${prefix}/`)) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<html></html>');
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const answered = answer({
      method: request.method ?? 'GET',
      path: url.pathname.slice(prefix.length),
      query: url.searchParams,
      headers: request.headers,
      body: text === '' ? {} : JSON.parse(text),
      api: `${url.origin}${prefix}`,
    });
    response.writeHead(answered.status, {
      'content-type': 'application/json; charset=utf-8',
      ...(answered.link === undefined ? {} : { link: answered.link }),
    });
    response.end(answered.body === null ? '' : JSON.stringify(answered.body));
  }
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** One page of a list, with the link to the next. */
export function answerPage(asked: Asked, all: readonly unknown[]): Answered {
  const size = Math.min(100, Number(asked.query.get('per_page') ?? '30'));
  const page = Number(asked.query.get('page') ?? '1');
  const next = new URLSearchParams(asked.query);
  next.set('page', String(page + 1));
  const body = all.slice((page - 1) * size, page * size);
  const link = `<${asked.api}${asked.path}?${next.toString()}>; rel="next"`;
  return { status: 200, body, ...(all.length > page * size ? { link } : {}) };
}

type Hands = Omit<ForgeSubject, 'url' | 'token' | 'open' | 'pageSize' | 'errorState'>;

/** What people and CI do at the forge. */
export function createHands(memory: ForgeMemory): Hands {
  let count = 0;
  function find(number: number): KeptRequest {
    const found = memory.requests.find((request) => request.number === number);
    if (found === undefined) throw new Error(`no request ${number}`);
    return found;
  }
  async function end(number: number, state: 'closed' | 'merged'): Promise<void> {
    find(number).state = state;
  }
  return {
    async push(branch) {
      count += 1;
      const revision = createHash('sha1').update(`${branch} ${count}`).digest('hex');
      memory.branches.set(branch, revision);
      memory.revisions.add(revision);
      for (const request of memory.requests)
        if (request.head === branch && request.state === 'open') request.revision = revision;
      return revision;
    },
    readComments: async (number) =>
      memory.notes.filter((note) => note.number === number).map(({ body }) => body),
    async addComment(number, body) {
      memory.notes.push({ id: nextId(memory.notes), number, author: 2, body });
    },
    async readStatuses(revision) {
      const own = memory.statuses.filter((status) => status.revision === revision);
      const newest = new Map(own.map((status) => [status.context, status]));
      return [...newest.values()].map(({ context, state, description, targetUrl }) => ({
        context,
        state,
        description,
        targetUrl,
      }));
    },
    merge: (number) => end(number, 'merged'),
    close: (number) => end(number, 'closed'),
    async deleteBranch(branch) {
      memory.branches.delete(branch);
    },
  };
}

/** Above all that are there: ids are not used again. */
export function nextId(entries: readonly { readonly id: number }[]): number {
  return Math.max(0, ...entries.map(({ id }) => id)) + 1;
}

export function removeNote(memory: ForgeMemory, id: number): Answered {
  const at = memory.notes.findIndex((note) => note.id === id);
  memory.notes.splice(at, 1);
  return { status: 204, body: null };
}

export function readState(text: unknown): CommitState {
  if (text === 'pending' || text === 'success' || text === 'failure' || text === 'error')
    return text;
  throw new Error(`no state: ${String(text)}`);
}

/** The text of a field that may be left out. */
export function readOptional(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
