import { join } from 'node:path';
import { readOpenApi } from '../support/openapi.ts';
import {
  type Answered,
  type Asked,
  answerPage,
  type ForgeMemory,
  type KeptNote,
  type KeptRequest,
  keepRequest,
  nextId,
  readOptional,
  readState,
  removeNote,
} from './forge-memory.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/forges');

/** GitHub's API for one repository in memory; each request and answer must be as GitHub's own OpenAPI document has it. */
export function createGithubServer(
  memory: ForgeMemory,
  { document, repository, token }: Readonly<Record<'document' | 'repository' | 'token', string>>,
): (asked: Asked) => Answered {
  const api = readOpenApi(join(FIXTURES, `github-${document}.json`));
  const [owner = '', name = ''] = repository.split('/');
  const root = `/repos/${repository}`;
  return (asked) => {
    if (asked.headers.authorization !== `Bearer ${token}`)
      return { status: 401, body: { message: 'Bad credentials' } };
    if (!asked.path.startsWith(`${root}/`)) return { status: 404, body: { message: 'Not Found' } };
    api.checkRequest(asked.method, asked.path, asked);
    const answered = answer(memory, { asked, path: asked.path.slice(root.length), owner, name });
    const { status, body } = answered;
    if (status >= 400 || status === 204) return answered;
    return {
      ...answered,
      body: api.makeAnswer(asked.method, asked.path, { status, fields: body }),
    };
  };
}

interface Place {
  readonly asked: Asked;
  readonly path: string;
  readonly owner: string;
  readonly name: string;
}

const NOT_FOUND: Answered = { status: 404, body: { message: 'Not Found' } };

function answer(memory: ForgeMemory, place: Place): Answered {
  const { asked, path } = place;
  const [, number = ''] = /^\/(?:pulls|issues)\/(\d+)/.exec(path) ?? [];
  const request = memory.requests.find((entry) => entry.number === Number(number));
  if (path === '/pulls')
    return asked.method === 'GET' ? listPulls(memory, place) : openPull(memory, place);
  if (path.startsWith('/statuses/')) return setStatus(memory, place);
  const [, comment = null] = /^\/issues\/comments\/(\d+)$/.exec(path) ?? [];
  if (comment !== null) return changeNote(memory, Number(comment), place);
  if (request === undefined) return NOT_FOUND;
  if (path.endsWith('/comments')) return answerComments(memory, request, place);
  if (asked.method === 'PATCH') Object.assign(request, asked.body);
  return { status: 200, body: showPull(request, place) };
}

function changeNote(memory: ForgeMemory, wanted: number, place: Place): Answered {
  const note = memory.notes.find(({ id }) => id === wanted);
  if (note === undefined) return NOT_FOUND;
  if (place.asked.method === 'DELETE') return removeNote(memory, wanted);
  note.body = String(place.asked.body['body']);
  return { status: 200, body: showNote(note, place) };
}

function answerComments(memory: ForgeMemory, { number }: KeptRequest, place: Place): Answered {
  const { asked } = place;
  if (asked.method === 'GET') {
    const own = memory.notes.filter((note) => note.number === number);
    return answerPage(
      asked,
      own.map((note) => showNote(note, place)),
    );
  }
  const body = String(asked.body['body']);
  const note = { id: nextId(memory.notes), number, author: 1, body };
  memory.notes.push(note);
  return { status: 201, body: showNote(note, place) };
}

function listPulls(memory: ForgeMemory, place: Place): Answered {
  const { query } = place.asked;
  const found = memory.requests
    .filter(({ state }) => (query.get('state') === 'open') === (state === 'open'))
    .filter(({ head }) => query.get('head') === `${place.owner}:${head}`)
    .filter(({ base }) => query.get('base') === base);
  const newest = query.get('direction') === 'asc' ? found : found.toReversed();
  return answerPage(
    place.asked,
    newest.map((request) => showPull(request, place)),
  );
}

function openPull(memory: ForgeMemory, place: Place): Answered {
  const { head, base, title, body } = place.asked.body;
  const revision = memory.branches.get(String(head));
  const isThere = memory.requests.some((entry) => entry.head === head && entry.state === 'open');
  if (revision === undefined || isThere) {
    const message = `A pull request already exists for ${place.owner}:${String(head)}.`;
    const errors = [{ resource: 'PullRequest', code: 'custom', message }];
    return { status: 422, body: { message: 'Validation Failed', errors } };
  }
  const request = keepRequest(memory, { head, base, title, body, revision });
  return { status: 201, body: showPull(request, place) };
}

function setStatus(memory: ForgeMemory, { asked, path }: Place): Answered {
  const revision = path.slice('/statuses/'.length);
  if (!memory.revisions.has(revision))
    return { status: 422, body: { message: `No commit found for SHA: ${revision}` } };
  const { context, state, description, target_url: target = null } = asked.body;
  const status = {
    id: memory.statuses.length + 1,
    revision,
    context: String(context),
    state: readState(state),
    description: String(description),
    targetUrl: readOptional(target),
  };
  memory.statuses.push(status);
  const creator = showUser(1);
  return { status: 201, body: { context, state, description, target_url: target, creator } };
}

function showPull(request: KeptRequest, { asked, owner, name }: Place): unknown {
  const { number, head, base, title, body, state, revision } = request;
  const repo = { full_name: `${owner}/${name}` };
  const time = '2026-11-27T12:00:00Z';
  return {
    number,
    html_url: `${asked.api.replace(/\/api\/v3$/, '')}/${owner}/${name}/pull/${number}`,
    state: state === 'open' ? 'open' : 'closed',
    title,
    body: body === '' ? null : body,
    merged_at: state === 'merged' ? time : null,
    closed_at: state === 'open' ? null : time,
    head: { label: `${owner}:${head}`, ref: head, sha: revision, repo },
    base: { label: `${owner}:${base}`, ref: base, sha: revision, repo },
  };
}

function showNote({ id, number, author, body }: KeptNote, { asked, owner, name }: Place): unknown {
  const page = `${asked.api.replace(/\/api\/v3$/, '')}/${owner}/${name}/pull/${number}`;
  return { id, html_url: `${page}#issuecomment-${id}`, user: showUser(author), body };
}

function showUser(id: number): unknown {
  const texts =
    'login node_id avatar_url gravatar_id url html_url followers_url following_url gists_url starred_url subscriptions_url organizations_url repos_url events_url received_events_url type';
  const fields = texts.split(' ').map((name) => [name, 'text']);
  return { ...Object.fromEntries(fields), id, site_admin: false };
}
