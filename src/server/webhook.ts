import { isToolError } from '../base/tool-error.ts';
import type { Wake } from '../reconcile/watch-types.ts';
import type { Exchange, Reply } from './http-server.ts';
import { type BodyReader, createBodyReader } from './read-body.ts';
import { isOurRef, readPush } from './read-push.ts';
import { createSecretReader, type ReadSecret } from './secret-file.ts';
import { findScheme, verifySignature } from './verify-signature.ts';

/** How a request to `/hook` ended; a label of a metric. */
export const HOOK_RESULTS = [
  'accepted',
  'ping',
  'ignored',
  'malformed',
  'unsigned',
  'wrong-signature',
  'too-large',
  'busy',
  'cut-off',
  'no-secret',
] as const;
export type HookResult = (typeof HOOK_RESULTS)[number];

export interface WebhookOptions {
  readonly secretFile: string;
  /** Branch or tag that is followed. */
  readonly ref: string;
  readonly now: () => Date;
  /** Told how each request ended. */
  readonly count: (result: HookResult) => void;
  readonly warn: (message: string, hint: string | null) => void;
}

export interface Webhook {
  readonly answer: (exchange: Exchange, ring: (wake: Wake) => void) => Promise<Reply>;
  /** Reads the secret. Throws `SERVER_SECRET`. */
  readonly check: () => Promise<unknown>;
}

const BODY_LIMITS = { each: 1_000_000, together: 16_000_000 };
/** A wrong signature is worth a line in the log, a thousand are not worth a thousand. */
const WARNED_EVERY = 60_000;

interface Context extends WebhookOptions {
  readonly readSecret: ReadSecret;
  readonly readBody: BodyReader;
}

/** Lets a forge tell of a push. Nothing of a request is parsed before its signature was found right. */
export function createWebhook(options: WebhookOptions): Webhook {
  const readSecret = createSecretReader(options.secretFile);
  const context: Context = {
    ...options,
    warn: sparingly(options),
    readSecret,
    readBody: createBodyReader(BODY_LIMITS),
  };
  return {
    check: readSecret,
    async answer(exchange, ring) {
      const result = await receive(exchange, context);
      options.count(result);
      if (result === 'accepted') ring({ reason: 'webhook' });
      return reply(result);
    },
  };
}

async function receive(exchange: Exchange, context: Context): Promise<HookResult> {
  const { headers } = exchange.request;
  const secret = await readSecretOrWarn(context);
  if (secret === null) return 'no-secret';
  if (findScheme(headers, secret) === null) return 'unsigned';
  const body = await context.readBody(exchange);
  if (typeof body === 'string') return body;
  const verdict = verifySignature({ headers, body }, { secret, now: context.now() });
  if (verdict === 'unsigned') return 'unsigned';
  if (verdict === 'wrong') {
    context.warn(
      `A webhook from ${exchange.request.socket.remoteAddress ?? 'somewhere'} had a wrong signature; it was not read.`,
      'If it is your forge, give it the secret of --webhook-secret-file.',
    );
    return 'wrong-signature';
  }
  const event = readPush(headers, body);
  if (event.kind === 'push') return isOurRef(event.ref, context.ref) ? 'accepted' : 'ignored';
  return event.kind === 'other' ? 'ignored' : event.kind;
}

async function readSecretOrWarn({ readSecret, warn }: Context): Promise<string | null> {
  try {
    return await readSecret();
  } catch (error) {
    if (!isToolError(error)) throw error;
    warn(error.message, error.hint ?? null);
    return null;
  }
}

const ANSWERS: Readonly<Record<HookResult, readonly [number, string]>> = {
  accepted: [202, 'the commit is looked for now'],
  ping: [200, 'olmirror listens'],
  ignored: [202, 'not of the branch or tag that is followed, so nothing is done'],
  malformed: [400, 'the body is no push in JSON'],
  unsigned: [401, 'no signature that is understood'],
  'wrong-signature': [401, 'the signature is wrong'],
  'too-large': [413, `a body may have ${BODY_LIMITS.each} bytes`],
  busy: [503, 'too many requests at a time'],
  'cut-off': [408, 'the request did not arrive'],
  'no-secret': [503, 'the secret cannot be read'],
};

function reply(result: HookResult): Reply {
  const [status, message] = ANSWERS[result];
  return {
    status,
    type: 'application/json',
    body: `${JSON.stringify({ result, message })}\n`,
  };
}

function sparingly({ warn, now }: WebhookOptions): WebhookOptions['warn'] {
  let quietUntil = 0;
  return (message, hint) => {
    if (now().getTime() < quietUntil) return;
    quietUntil = now().getTime() + WARNED_EVERY;
    warn(message, hint);
  };
}
