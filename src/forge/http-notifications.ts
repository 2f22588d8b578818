import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Clock } from '../base/clock.ts';
import { isToolError, messageOf, ToolError } from '../base/tool-error.ts';
import type { NotificationPort, NotificationTarget } from './port.ts';

export interface HttpNotificationOptions {
  readonly clock: Clock;
  /** Of one attempt. */
  readonly timeoutMilliseconds: number;
  /** Before the second attempt; doubles with each. */
  readonly delayMilliseconds: number;
}

const ATTEMPTS = 3;

/** Sends by HTTP POST. Redirects are not followed: a document with a signature goes where it was addressed. */
export function createHttpNotifications(options: HttpNotificationOptions): NotificationPort {
  return {
    async send(target, body, signal) {
      const message = await buildMessage(target, body);
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await post(message, options, signal);
        } catch (error) {
          signal.throwIfAborted();
          const mayPass = isToolError(error) && error.disposition === 'retry';
          if (!mayPass || attempt === ATTEMPTS) throw error;
        }
        await options.clock.sleep(options.delayMilliseconds * 2 ** (attempt - 1), signal);
      }
    },
  };
}

interface Message {
  readonly name: string;
  readonly url: URL;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ca: Buffer | null;
}

async function buildMessage(target: NotificationTarget, body: string): Promise<Message> {
  const { name, url, urlFile, secretFile, caFile, path } = target;
  const address = url ?? (urlFile === null ? '' : await readText(target, urlFile));
  const secret = secretFile === null ? null : await readText(target, secretFile);
  return {
    name,
    url: parseAddress(name, `${path === '' ? address : address.replace(/\/+$/, '')}${path}`),
    body,
    headers: {
      'Content-Type': 'application/json',
      'Content-Length': `${Buffer.byteLength(body)}`,
      'User-Agent': 'olmirror',
      ...(secret === null
        ? {}
        : { 'X-Signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }),
    },
    ca: caFile === null ? null : await readFileOf(target, caFile),
  };
}

async function readText(target: NotificationTarget, file: string): Promise<string> {
  return (await readFileOf(target, file)).toString('utf8').trim();
}

async function readFileOf({ name }: NotificationTarget, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new ToolError(
      'FORGE_NOTIFICATION',
      `The file ${file} of the notifier ${name} cannot be read: ${messageOf(error)}.`,
      { cause: error, hint: 'Put it where olmirror runs; paths are relative to the manifest.' },
    );
  }
}

function parseAddress(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
  // What stands in the file may be a secret, so it is not repeated.
  throw new ToolError('FORGE_NOTIFICATION', `The notifier ${name} has no http or https URL.`, {
    hint: 'Write one into its url or urlFile.',
  });
}

function post(
  message: Message,
  { timeoutMilliseconds }: HttpNotificationOptions,
  signal: AbortSignal,
): Promise<void> {
  const { url, headers, body, ca } = message;
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sending = request(url, {
      method: 'POST',
      headers,
      ...(ca === null ? {} : { ca }),
      // One clock over all of it: a receiver that dribbles is as bad as one that hangs.
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMilliseconds)]),
    });
    sending.on('error', (error) => reject(unreachable(message, error)));
    sending.on('response', (response) => {
      const { statusCode = 0 } = response;
      response.destroy();
      if (statusCode >= 200 && statusCode < 300) resolve();
      else reject(refused(message, statusCode));
    });
    sending.end(body);
  });
}

function unreachable({ name, url }: Message, error: Error): ToolError {
  const why = error.name === 'AbortError' ? 'no answer came in time' : error.message;
  return new ToolError('FORGE_NOTIFICATION', `${url.host} could not be told (${name}): ${why}.`, {
    cause: error,
    disposition: 'retry',
    hint: 'It is told again at the next pass.',
  });
}

function refused({ name, url }: Message, status: number): ToolError {
  const isBusy = status >= 500 || status === 429 || status === 408;
  return new ToolError('FORGE_NOTIFICATION', `${url.host} answered ${status} (${name}).`, {
    disposition: isBusy ? 'retry' : 'stall',
    hint: isBusy
      ? 'It is told again at the next pass.'
      : 'Check kind and URL of the notifier; redirects are not followed.',
  });
}
