import { isToolError } from '../base/tool-error.ts';
import { shortenStatus } from './commit-status.ts';
import { describeMalformed } from './describe-answer.ts';
import { type ForgeDeps, type ForgeHttp, openForgeHttp } from './forge-http.ts';
import {
  findMarked,
  joinMarker,
  type KeptComment,
  type OwnUser,
  writeMarked,
} from './marked-comment.ts';
import { type Fields, readFields, readList } from './read-fields.ts';
import type {
  CommitState,
  ForgeAccess,
  ForgePort,
  ForgeRepository,
  PullRequest,
} from './review-port.ts';

interface GitLab {
  readonly http: ForgeHttp;
  /** `/projects/group%2Fsub%2Fstate`. */
  readonly root: string;
  readonly read: (body: unknown, what: string) => Fields;
  readonly readAll: (body: unknown, what: string) => readonly unknown[];
  readonly self: OwnUser;
}

// GitLab knows no error beside failure.
const STATES: Readonly<Record<CommitState, string>> = {
  pending: 'pending',
  success: 'success',
  failure: 'failed',
  error: 'failed',
};

/** Merge requests, notes and statuses of GitLab, groups within groups included. */
export function openGitlabForge(
  repository: ForgeRepository,
  access: ForgeAccess,
  deps: ForgeDeps,
): ForgePort {
  const options = {
    ...deps,
    repository,
    access,
    api: `${repository.url}/api/v4`,
    // Personal, project, group and OAuth tokens alike.
    headers: (token: string) => ({ authorization: `Bearer ${token}` }),
  };
  const gitlab: GitLab = {
    http: openForgeHttp(options),
    root: `/projects/${encodeURIComponent(repository.path)}`,
    read: (body, what) => readFields(body, (found) => describeMalformed(options, what, found)),
    readAll: (body, what) => readList(body, (found) => describeMalformed(options, what, found)),
    self: { id: null },
  };
  return {
    ...createNotes(gitlab),
    ...createMergeRequests(gitlab),
    setStatus: (status, signal) => setStatus(gitlab, status, signal),
    close: () => gitlab.http.close(),
  };
}

async function setStatus(
  { http, root, read, self }: GitLab,
  ...[status, signal]: Parameters<ForgePort['setStatus']>
): Promise<void> {
  const { revision, context, state, description, targetUrl } = status;
  const what = `the status of commit ${revision}`;
  try {
    const answer = await http.ask({
      method: 'POST',
      path: `${root}/statuses/${encodeURIComponent(revision)}`,
      body: {
        name: context,
        state: STATES[state],
        description: shortenStatus(description),
        ...(targetUrl === null ? {} : { target_url: targetUrl }),
      },
      what,
      repeatable: true,
      signal,
    });
    self.id = read(answer.body, what).numberOrNone('author.id');
  } catch (error) {
    // What is pending already cannot become pending: that is what was wanted.
    const isThere =
      isToolError(error, 'FORGE_REFUSED') && /cannot transition status/i.test(error.message);
    if (!isThere || state !== 'pending') throw error;
  }
}

type Notes = Pick<ForgePort, 'readComment' | 'writeComment'>;

function createNotes({ http, root, read, self }: GitLab): Notes {
  async function readUrl(number: number, signal: AbortSignal): Promise<string> {
    const what = `merge request ${number}`;
    const path = `${root}/merge_requests/${number}`;
    const { body } = await http.ask({ method: 'GET', path, what, signal });
    return read(body, what).text('web_url');
  }
  async function listNotes(number: number, signal: AbortSignal): Promise<KeptComment[]> {
    const what = `the notes of merge request ${number}`;
    const url = await readUrl(number, signal);
    const path = `${root}/merge_requests/${number}/notes?sort=asc&order_by=created_at&per_page=100`;
    const entries = await http.list({ path, what, signal });
    return entries
      .map((entry) => read(entry, what))
      .filter((fields) => !fields.flag('system'))
      .map((fields) => {
        const id = fields.number('id');
        const author = fields.numberOrNone('author.id');
        return { id, author, url: `${url}#note_${id}`, body: fields.text('body') };
      });
  }
  return {
    async readComment(number, marker, signal) {
      const [found] = findMarked(await listNotes(number, signal), marker, self);
      return found === undefined ? null : { url: found.url, body: found.body };
    },
    async writeComment(number, comment, signal) {
      const what = `the note on merge request ${number}`;
      const all = await listNotes(number, signal);
      const page = await readUrl(number, signal);
      async function send(method: 'POST' | 'PUT', id: string): Promise<string> {
        const path = `${root}/merge_requests/${number}/notes${id}`;
        const body = { body: joinMarker(comment) };
        const answer = await http.ask({ method, path, body, what, signal });
        return `${page}#note_${read(answer.body, what).number('id')}`;
      }
      const write = {
        update: (id: number) => send('PUT', `/${id}`),
        create: () => send('POST', ''),
        async remove(id: number) {
          const path = `${root}/merge_requests/${number}/notes/${id}`;
          await http.ask({ method: 'DELETE', path, what, signal });
        },
      };
      return writeMarked(findMarked(all, comment.marker, self), write, self);
    },
  };
}

type MergeRequests = Omit<ForgePort, keyof Notes | 'setStatus' | 'close'>;

function createMergeRequests({ http, root, read, readAll }: GitLab): MergeRequests {
  function parse(body: unknown, what: string): PullRequest {
    return parseRequest(read(body, what));
  }
  async function ask(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    rest: { readonly what: string; readonly body?: unknown; readonly signal: AbortSignal },
  ): Promise<PullRequest> {
    const answer = await http.ask({ method, path: `${root}/merge_requests${path}`, ...rest });
    return parse(answer.body, rest.what);
  }
  async function listOwn(
    query: Readonly<Record<string, string>>,
    branches: Pick<PullRequest, 'head' | 'base'>,
    signal: AbortSignal,
  ): Promise<readonly PullRequest[]> {
    const what = 'the list of merge requests';
    const asked = { ...query, source_branch: branches.head, target_branch: branches.base };
    const words = new URLSearchParams({
      ...asked,
      order_by: 'created_at',
      sort: 'desc',
      per_page: '50',
    });
    const path = `${root}/merge_requests?${words.toString()}`;
    const { body } = await http.ask({ method: 'GET', path, what, signal });
    return readAll(body, what)
      .filter((entry) => isOwn(read(entry, what)))
      .map((entry) => parse(entry, what));
  }
  return {
    readPullRequest: (number, signal) =>
      ask('GET', `/${number}`, { what: `merge request ${number}`, signal }),
    async findPullRequest(branches, signal) {
      return (await listOwn({ state: 'opened' }, branches, signal))[0] ?? null;
    },
    async findEndedPullRequest(branches, signal) {
      const all = await listOwn({ state: 'all' }, branches, signal);
      return all.find(({ state }) => state !== 'open') ?? null;
    },
    openPullRequest: ({ head, base, title, body }, signal) =>
      ask('POST', '', {
        body: { source_branch: head, target_branch: base, title, description: body },
        what: `a merge request from ${head} into ${base}`,
        signal,
      }),
    updatePullRequest: (number, { title, body }, signal) =>
      ask('PUT', `/${number}`, {
        body: { title, description: body },
        what: `merge request ${number}`,
        signal,
      }),
  };
}

function parseRequest(fields: Fields): PullRequest {
  const state = fields.text('state');
  return {
    number: fields.number('iid'),
    url: fields.text('web_url'),
    // `locked` is a request that is being merged.
    state: state === 'merged' || state === 'closed' ? state : 'open',
    head: fields.text('source_branch'),
    // A request without a change has none.
    headRevision: fields.textOrNone('sha'),
    base: fields.text('target_branch'),
    title: fields.text('title'),
    body: fields.textOrNone('description'),
  };
}

// A branch of the same name in somebody's fork is another branch; a fork that was deleted has no number.
function isOwn(fields: Fields): boolean {
  return fields.numberOrNone('source_project_id') === fields.number('target_project_id');
}
