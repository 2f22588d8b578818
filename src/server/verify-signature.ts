import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** What a header says of the sender. `unsigned`: nothing that is understood; `wrong`: made without the secret. */
export type SignatureVerdict = 'right' | 'wrong' | 'unsigned';

export interface SignedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Scheme {
  readonly header: string;
  readonly verify: (signature: string, request: SignedRequest, context: Context) => boolean;
}

interface Context {
  readonly secret: string;
  readonly now: Date;
}

// Forges send several of these at once; the first in this order decides, and no other rescues a wrong one.
const SCHEMES: readonly Scheme[] = [
  { header: 'x-hub-signature-256', verify: verifyPrefixed },
  { header: 'x-forgejo-signature', verify: verifyHex },
  { header: 'x-gitea-signature', verify: verifyHex },
  { header: 'x-signature', verify: verifyPrefixed },
];
const GITLAB_SIGNED: Scheme = { header: 'webhook-signature', verify: verifyGitLab };
const GITLAB_TOKEN: Scheme = {
  header: 'x-gitlab-token',
  verify: (token, _, { secret }) => isSame(token, secret),
};
/** What GitLab's signing tokens begin with; the key follows in base64. */
const SIGNING_TOKEN = 'whsec_';
/** Seconds that a signed time may be away from ours, as Standard Webhooks has it. */
const TOLERANCE = 300;

/** The header by which a request would be judged; null where it has none. */
export function findScheme(headers: IncomingHttpHeaders, secret: string): string | null {
  return find(headers, secret)?.header ?? null;
}

/** Judges a request by its signature alone, in a time that does not tell how much of it is right. */
export function verifySignature(request: SignedRequest, context: Context): SignatureVerdict {
  const scheme = find(request.headers, context.secret);
  if (scheme === null) return 'unsigned';
  const signature = readHeader(request.headers, scheme.header);
  return signature !== null && scheme.verify(signature, request, context) ? 'right' : 'wrong';
}

function find(headers: IncomingHttpHeaders, secret: string): Scheme | null {
  // A GitLab hook may have both: its token is checked unless the secret is a signing token.
  const gitLab = secret.startsWith(SIGNING_TOKEN) ? [GITLAB_SIGNED, GITLAB_TOKEN] : [GITLAB_TOKEN];
  return [...SCHEMES, ...gitLab].find(({ header }) => headers[header] !== undefined) ?? null;
}

function readHeader(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
}

function verifyPrefixed(signature: string, { body }: SignedRequest, { secret }: Context): boolean {
  return isSame(signature.toLowerCase(), `sha256=${hexOf(body, secret)}`);
}

function verifyHex(signature: string, { body }: SignedRequest, { secret }: Context): boolean {
  return isSame(signature.toLowerCase(), hexOf(body, secret));
}

function verifyGitLab(
  signatures: string,
  { headers, body }: SignedRequest,
  { secret, now }: Context,
): boolean {
  const id = readHeader(headers, 'webhook-id');
  const time = readHeader(headers, 'webhook-timestamp');
  if (id === null || time === null) return false;
  const away = Math.abs(now.getTime() / 1000 - Number(time));
  if (!(away <= TOLERANCE)) return false;
  const key = Buffer.from(secret.slice(SIGNING_TOKEN.length), 'base64');
  const mac = createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64');
  // While a token is changed there are two signatures.
  return signatures.split(' ').some((signature) => isSame(signature, `v1,${mac}`));
}

function hexOf(body: Buffer, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

// Hashes are of equal length, which `timingSafeEqual` needs, and do not tell that of the secret.
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'));
}
