import type { ForgePort, PullRequest } from '../forge/review-port.ts';
import { placeDelivery, readDeliveryKeys } from '../report/render-delivery-request.ts';

/** The requests of a branch as they stand before anything is done. */
export interface KnownRequests {
  readonly open: PullRequest | null;
  /** Deliveries that a person closed without merging them; none where a request is open. */
  readonly refused: readonly string[];
  /** The request that was closed so. */
  readonly closed: PullRequest | null;
}

export interface SettledRequest {
  readonly number: number;
  readonly url: string;
  readonly done: 'opened' | 'updated' | 'unchanged' | 'closed';
}

type Branches = Pick<PullRequest, 'head' | 'base'>;

export async function readRequests(
  forge: ForgePort,
  branches: Branches,
  signal: AbortSignal,
): Promise<KnownRequests> {
  const open = await forge.findPullRequest(branches, signal);
  const last = open === null ? await forge.findEndedPullRequest(branches, signal) : null;
  const closed = last?.state === 'closed' ? last : null;
  return { open, closed, refused: closed === null ? [] : readDeliveryKeys(closed.body) };
}

/** Whether a person said no to all of these deliveries. */
export function isRefused({ closed, refused }: KnownRequests, keys: readonly string[]): boolean {
  return closed !== null && keys.every((key) => refused.includes(key));
}

/** Opens the request of a branch, or makes the open one say what the branch now brings. */
export async function settleRequest(
  forge: ForgePort,
  wanted: Branches & { readonly title: string; readonly part: string },
  { open, signal }: Pick<KnownRequests, 'open'> & { readonly signal: AbortSignal },
): Promise<SettledRequest> {
  const { head, base, title, part } = wanted;
  if (open === null) {
    const opened = await forge.openPullRequest({ head, base, title, body: part }, signal);
    return { number: opened.number, url: opened.url, done: 'opened' };
  }
  const { number, url } = open;
  const body = placeDelivery(open.body, part);
  if (isSameText(body, open.body)) return { number, url, done: 'unchanged' };
  // A title that a person gave stays while the deliveries are the same.
  const isNew = readDeliveryKeys(open.body).join(' ') !== readDeliveryKeys(part).join(' ');
  await forge.updatePullRequest(number, { title: isNew ? title : open.title, body }, signal);
  return { number, url, done: 'updated' };
}

// Forges change line ends, and spaces at the end.
function isSameText(a: string, b: string): boolean {
  return a.replaceAll('\r\n', '\n').trim() === b.replaceAll('\r\n', '\n').trim();
}
