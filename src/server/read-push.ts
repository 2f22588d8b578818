import type { IncomingHttpHeaders } from 'node:http';

/** What a verified request tells of. */
export type HookEvent =
  | {
      readonly kind: 'push' /** Full name of the ref; null where the sender names none. */;
      readonly ref: string | null;
    }
  | { readonly kind: 'ping' }
  | { readonly kind: 'other'; readonly name: string }
  | { readonly kind: 'malformed' };

const EVENT_HEADERS = ['x-forgejo-event', 'x-gitea-event', 'x-github-event', 'x-gitlab-event'];
const PUSHES = new Set(['push', 'Push Hook', 'Tag Push Hook', 'System Hook']);

const SYSTEM_PUSHES = new Set(['push', 'tag_push']);

/**
 * Reads what a forge tells, JSON or a form with a field `payload`. A sender that names no event is taken
 * at its word: what it sends is a push, of the `ref` in its JSON or of any.
 */
export function readPush(headers: IncomingHttpHeaders, body: Buffer): HookEvent {
  const event = EVENT_HEADERS.map((name) => headers[name]).find((value) => value !== undefined);
  if (event === 'ping') return { kind: 'ping' };
  if (typeof event === 'string' && !PUSHES.has(event)) return { kind: 'other', name: event };
  const { ref, name } = parsePayload(headers, body);
  if (event === undefined) return { kind: 'push', ref };
  // GitLab's system hooks tell of everything by one header.
  if (event === 'System Hook' && !SYSTEM_PUSHES.has(name)) return { kind: 'other', name };
  return ref === null ? { kind: 'malformed' } : { kind: 'push', ref };
}

interface Payload {
  readonly ref: string | null;
  /** Empty for none. */
  readonly name: string;
}

const NO_PAYLOAD: Payload = { ref: null, name: '' };

function parsePayload(headers: IncomingHttpHeaders, body: Buffer): Payload {
  const text = body.toString('utf8');
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');
  try {
    const value: unknown = JSON.parse(
      isForm ? (new URLSearchParams(text).get('payload') ?? '') : text,
    );
    if (typeof value !== 'object' || value === null) return NO_PAYLOAD;
    return {
      ref: 'ref' in value && typeof value.ref === 'string' ? value.ref : null,
      name: 'event_name' in value && typeof value.event_name === 'string' ? value.event_name : '',
    };
  } catch {
    return NO_PAYLOAD;
  }
}

/** Says whether a pushed ref is the one that is followed; `HEAD` of a local clone may be any. */
export function isOurRef(pushed: string | null, followed: string): boolean {
  if (pushed === null || followed === 'HEAD') return true;
  return [followed, `refs/heads/${followed}`, `refs/tags/${followed}`].includes(pushed);
}
