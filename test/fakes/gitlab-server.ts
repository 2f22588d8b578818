import type {
  CommitStatusSchema,
  MergeRequestNoteSchema,
  MergeRequestSchema,
} from '@gitbeaker/core';
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
  removeNote,
} from './forge-memory.ts';

/**
 * GitLab's API for one project in memory. Its answers have the types of @gitbeaker/core, every field that GitLab's have; no
 * server of GitLab's was asked.
 */
export function createGitlabServer(
  memory: ForgeMemory,
  { project, token }: Readonly<Record<'project' | 'token', string>>,
): (asked: Asked) => Answered {
  const root = `/projects/${encodeURIComponent(project)}`;
  return (asked) => {
    if (asked.headers.authorization !== `Bearer ${token}`)
      return { status: 401, body: { message: '401 Unauthorized' } };
    if (!asked.path.startsWith(`${root}/`)) return NOT_FOUND;
    return answer(memory, { asked, path: asked.path.slice(root.length), project });
  };
}

interface Place {
  readonly asked: Asked;
  readonly path: string;
  readonly project: string;
}

const NOT_FOUND: Answered = { status: 404, body: { message: '404 Not found' } };
const TIME = '2026-11-27T12:00:00.000Z';

function answer(memory: ForgeMemory, place: Place): Answered {
  const { asked, path } = place;
  if (path.startsWith('/statuses/') && asked.method === 'POST') return setStatus(memory, place);
  if (path === '/merge_requests')
    return asked.method === 'GET' ? listRequests(memory, place) : openRequest(memory, place);
  const [, number = '', rest = ''] = /^\/merge_requests\/(\d+)(.*)$/.exec(path) ?? [];
  const request = memory.requests.find((entry) => entry.number === Number(number));
  if (request === undefined) return NOT_FOUND;
  if (rest.startsWith('/notes')) return answerNotes(memory, request, { ...place, path: rest });
  if (rest !== '') return NOT_FOUND;
  return answerRequest(request, place);
}

function answerRequest(request: KeptRequest, place: Place): Answered {
  const { method, body } = place.asked;
  if (method !== 'PUT' && method !== 'GET')
    return { status: 405, body: { error: '405 Not Allowed' } };
  if (method === 'PUT') {
    const { title = request.title, description = request.body } = body;
    Object.assign(request, { title, body: description });
  }
  return { status: 200, body: showRequest(request, place) };
}

function answerNotes(memory: ForgeMemory, request: KeptRequest, place: Place): Answered {
  const { asked, path } = place;
  const { number } = request;
  if (asked.method === 'GET') {
    const own = memory.notes
      .filter((note) => note.number === number)
      .map((note) => showNote(note, place));
    const system = {
      ...showNote({ id: 9999, number, author: 2, body: 'changed the description' }, place),
      system: true,
    };
    return answerPage(asked, [system, ...own]);
  }
  const text = String(asked.body['body']);
  if (asked.method === 'POST') {
    const note = { id: nextId(memory.notes), number, author: AUTHOR.id, body: text };
    memory.notes.push(note);
    return { status: 201, body: showNote(note, place) };
  }
  const note = memory.notes.find(({ id }) => path === `/notes/${id}`);
  if (note !== undefined && asked.method === 'DELETE') return removeNote(memory, note.id);
  if (note === undefined || asked.method !== 'PUT') return NOT_FOUND;
  note.body = text;
  return { status: 200, body: showNote(note, place) };
}

function listRequests(memory: ForgeMemory, place: Place): Answered {
  const { query } = place.asked;
  const wanted = query.get('state') ?? 'all';
  const found = memory.requests
    .filter(({ state }) => wanted === 'all' || nameState(state) === wanted)
    .filter(({ head }) => query.get('source_branch') === head)
    .filter(({ base }) => query.get('target_branch') === base);
  const newest = query.get('sort') === 'asc' ? found : found.toReversed();
  return answerPage(
    place.asked,
    newest.map((request) => showRequest(request, place)),
  );
}

function openRequest(memory: ForgeMemory, place: Place): Answered {
  const { source_branch: head, target_branch: base, title, description } = place.asked.body;
  const revision = memory.branches.get(String(head));
  const other = memory.requests.find((entry) => entry.head === head && entry.state === 'open');
  if (revision === undefined || other !== undefined)
    return {
      status: 409,
      body: {
        message: [
          `Another open merge request already exists for this source branch: !${other?.number}`,
        ],
      },
    };
  const request = keepRequest(memory, { head, base, title, body: description, revision });
  return { status: 201, body: showRequest(request, place) };
}

const STATES = { pending: 'pending', success: 'success', failed: 'failure' } as const;

function setStatus(memory: ForgeMemory, { asked, path }: Place): Answered {
  const revision = path.slice('/statuses/'.length);
  if (!memory.revisions.has(revision))
    return { status: 404, body: { message: '404 Commit Not Found' } };
  const { name, state, description, target_url: target = null } = asked.body;
  if (state !== 'pending' && state !== 'success' && state !== 'failed')
    return { status: 400, body: { error: 'state does not have a valid value' } };
  const before = memory.statuses.findLast(
    (entry) => entry.revision === revision && entry.context === name,
  );
  if (state === 'pending' && before?.state === 'pending')
    return {
      status: 400,
      body: {
        message:
          'Cannot transition status via :enqueue from :pending (Reason(s): Status cannot transition via "enqueue")',
      },
    };
  const id = memory.statuses.length + 1;
  const targetUrl = readOptional(target);
  const kept = { context: String(name), description: String(description), targetUrl };
  memory.statuses.push({ id, revision, state: STATES[state], ...kept });
  const body: CommitStatusSchema = {
    id,
    sha: revision,
    ref: 'main',
    status: state,
    name: kept.context,
    description: kept.description,
    target_url: targetUrl ?? '',
    allow_failure: false,
    author: AUTHOR,
    created_at: TIME,
  };
  return { status: 201, body };
}

const AUTHOR: MergeRequestSchema['author'] = {
  id: 1,
  name: 'Robot',
  username: 'robot',
  state: 'active',
  avatar_url: '',
  web_url: '',
};

function nameState(state: KeptRequest['state']): string {
  return state === 'open' ? 'opened' : state;
}

function addressOf({ asked, project }: Place, number: number): string {
  return `${asked.api.replace(/\/api\/v4$/, '')}/${project}/-/merge_requests/${number}`;
}

function showNote({ id, number, author, body }: KeptNote, place: Place): MergeRequestNoteSchema {
  return {
    id,
    body,
    attachment: null,
    author: { ...AUTHOR, id: author },
    created_at: TIME,
    updated_at: TIME,
    system: false,
    noteable_id: number,
    noteable_type: 'MergeRequest',
    noteable_iid: number,
    project_id: place.project.length,
    resolvable: false,
  };
}

function showRequest(request: KeptRequest, place: Place): MergeRequestSchema {
  const { number, head, base, title, body, state, revision } = request;
  return {
    id: 1000 + number,
    iid: number,
    project_id: 7,
    title,
    description: body === '' ? null : body,
    state: nameState(state),
    created_at: TIME,
    updated_at: TIME,
    web_url: addressOf(place, number),
    merged_by: null,
    merged_at: state === 'merged' ? TIME : null,
    closed_by: null,
    closed_at: state === 'closed' ? TIME : null,
    target_branch: base,
    source_branch: head,
    user_notes_count: 0,
    upvotes: 0,
    downvotes: 0,
    author: AUTHOR,
    assignees: [],
    assignee: null,
    reviewers: [],
    source_project_id: 7,
    target_project_id: 7,
    labels: [],
    draft: false,
    work_in_progress: false,
    milestone: null,
    merge_when_pipeline_succeeds: false,
    merge_status: 'can_be_merged',
    detailed_merge_status: 'mergeable',
    sha: revision,
    merge_commit_sha: null,
    squash_commit_sha: null,
    discussion_locked: null,
    should_remove_source_branch: null,
    force_remove_source_branch: false,
    reference: `!${number}`,
    references: { short: `!${number}`, relative: `!${number}`, full: `${place.project}!${number}` },
    time_stats: {
      time_estimate: 0,
      total_time_spent: 0,
      human_time_estimate: null,
      human_total_time_spent: null,
    },
    squash: false,
    task_completion_status: { count: 0, completed_count: 0 },
    prepared_at: TIME,
    has_conflicts: false,
    blocking_discussions_resolved: true,
    approvals_before_merge: null,
  };
}
