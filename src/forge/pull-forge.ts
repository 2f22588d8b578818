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
import type { ForgeAccess, ForgePort, ForgeRepository, PullRequest } from './review-port.ts';

type Branches = Pick<PullRequest, 'head' | 'base'>;

/** In what Gitea and GitHub differ, whose API Gitea took over. */
export interface PullDialect {
  /** Address of the API. */
  readonly api: string;
  readonly headers: (token: string) => Readonly<Record<string, string>>;
  /** Query of the list of comments. */
  readonly comments: string;
  /** Query of the list of open pull requests; it may list those of other branches too. */
  readonly open: (branches: Branches) => string;
  /** Query of one page of the pull requests that ended, newest first. */
  readonly ended: (branches: Branches) => string;
  /** The branch of a request that ended, which may have been deleted since. */
  readonly headOf: (fields: Fields) => string;
}

interface PullForge {
  readonly http: ForgeHttp;
  readonly dialect: PullDialect;
  /** `/repos/ops/state`. */
  readonly root: string;
  /** Fields of an answer; `what` as in a request. */
  readonly read: (body: unknown, what: string) => Fields;
  readonly readAll: (body: unknown, what: string) => readonly unknown[];
  readonly self: OwnUser;
}

/** Pull requests, comments and statuses of a forge that speaks GitHub's API, or Gitea's. */
export function openPullForge(
  repository: ForgeRepository,
  access: ForgeAccess,
  { dialect, ...deps }: ForgeDeps & { readonly dialect: PullDialect },
): ForgePort {
  const { api, headers } = dialect;
  const options = { ...deps, repository, access, api, headers };
  const forge: PullForge = {
    http: openForgeHttp(options),
    dialect,
    root: `/repos/${repository.path.split('/').map(encodeURIComponent).join('/')}`,
    read: (body, what) => readFields(body, (found) => describeMalformed(options, what, found)),
    readAll: (body, what) => readList(body, (found) => describeMalformed(options, what, found)),
    self: { id: null },
  };
  return {
    ...createComments(forge),
    ...createPullRequests(forge),
    async setStatus({ revision, context, state, description, targetUrl }, signal) {
      const what = `the status of commit ${revision}`;
      const answer = await forge.http.ask({
        method: 'POST',
        path: `${forge.root}/statuses/${encodeURIComponent(revision)}`,
        body: {
          context,
          state,
          description: shortenStatus(description),
          ...(targetUrl === null ? {} : { target_url: targetUrl }),
        },
        what,
        // The newest of a context counts.
        repeatable: true,
        signal,
      });
      forge.self.id = forge.read(answer.body, what).numberOrNone('creator.id');
    },
    close: () => forge.http.close(),
  };
}

type Comments = Pick<ForgePort, 'readComment' | 'writeComment'>;

function createComments({ http, root, read, dialect, self }: PullForge): Comments {
  async function listComments(number: number, signal: AbortSignal): Promise<KeptComment[]> {
    const what = `the comments of pull request ${number}`;
    // Asked first: of the comments of what is not there Gitea says 500.
    const request = { what: `pull request ${number}`, path: `${root}/pulls/${number}`, signal };
    await http.ask({ ...request, method: 'GET' });
    const path = `${root}/issues/${number}/comments${dialect.comments}`;
    const entries = await http.list({ path, what, signal });
    return entries.map((entry) => {
      const fields = read(entry, what);
      const [id, author] = [fields.number('id'), fields.numberOrNone('user.id')];
      return { id, author, url: fields.text('html_url'), body: fields.text('body') };
    });
  }
  return {
    async readComment(number, marker, signal) {
      const [found] = findMarked(await listComments(number, signal), marker, self);
      return found === undefined ? null : { url: found.url, body: found.body };
    },
    async writeComment(number, comment, signal) {
      const body = { body: joinMarker(comment) };
      const what = `the comment on pull request ${number}`;
      async function send(method: 'POST' | 'PATCH', path: string): Promise<string> {
        const answer = await http.ask({ method, path: `${root}${path}`, body, what, signal });
        return read(answer.body, what).text('html_url');
      }
      const marked = findMarked(await listComments(number, signal), comment.marker, self);
      const write = {
        update: (id: number) => send('PATCH', `/issues/comments/${id}`),
        create: () => send('POST', `/issues/${number}/comments`),
        async remove(id: number) {
          const path = `${root}/issues/comments/${id}`;
          await http.ask({ method: 'DELETE', path, what, signal });
        },
      };
      return writeMarked(marked, write, self);
    },
  };
}

type PullRequests = Omit<ForgePort, keyof Comments | 'setStatus' | 'close'>;

function createPullRequests(forge: PullForge): PullRequests {
  const { http, root, read, readAll, dialect } = forge;
  function parse(body: unknown, what: string): PullRequest {
    return parsePull(read(body, what));
  }
  return {
    async readPullRequest(number, signal) {
      const what = `pull request ${number}`;
      const answer = await http.ask({
        method: 'GET',
        path: `${root}/pulls/${number}`,
        what,
        signal,
      });
      return parse(answer.body, what);
    },
    async findPullRequest({ head, base }, signal) {
      const what = 'the list of pull requests';
      const path = `${root}/pulls?${dialect.open({ head, base })}`;
      const entries = await http.list({ path, what, signal });
      const own = entries.filter((entry) => isOwn(read(entry, what)));
      const all = own.map((entry) => parse(entry, what));
      return all.find((entry) => entry.head === head && entry.base === base) ?? null;
    },
    async findEndedPullRequest({ head, base }, signal) {
      const what = 'the list of closed pull requests';
      const path = `${root}/pulls?${dialect.ended({ head, base })}`;
      const { body } = await http.ask({ method: 'GET', path, what, signal });
      const ended = readAll(body, what)
        .filter((entry) => isOwn(read(entry, what)))
        .map((entry) => ({ ...parse(entry, what), head: dialect.headOf(read(entry, what)) }))
        .filter((entry) => entry.head === head && entry.base === base);
      return ended.toSorted((a, b) => b.number - a.number)[0] ?? null;
    },
    async openPullRequest({ head, base, title, body }, signal) {
      const what = `a pull request from ${head} into ${base}`;
      const answer = await http.ask({
        method: 'POST',
        path: `${root}/pulls`,
        body: { head, base, title, body },
        what,
        maybeTooEarly: true,
        signal,
      });
      return parse(answer.body, what);
    },
    async updatePullRequest(number, { title, body }, signal) {
      const what = `pull request ${number}`;
      const answer = await http.ask({
        method: 'PATCH',
        path: `${root}/pulls/${number}`,
        body: { title, body },
        what,
        signal,
      });
      return parse(answer.body, what);
    },
  };
}

function parsePull(fields: Fields): PullRequest {
  const closed = fields.textOrNone('merged_at') === '' ? 'closed' : 'merged';
  return {
    number: fields.number('number'),
    url: fields.text('html_url'),
    state: fields.text('state') === 'open' ? 'open' : closed,
    head: fields.text('head.ref'),
    headRevision: fields.text('head.sha'),
    base: fields.text('base.ref'),
    title: fields.text('title'),
    body: fields.textOrNone('body'),
  };
}

// A branch of the same name in somebody's fork is another branch.
function isOwn(fields: Fields): boolean {
  return fields.textOrNone('head.repo.full_name') === fields.textOrNone('base.repo.full_name');
}
