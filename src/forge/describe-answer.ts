import { codeOf, describeCode, isTimeoutCode, isTlsCode } from '../base/connection-fault.ts';
import { shorten } from '../base/text.ts';
import { isToolError, messageOf, ToolError, type ToolErrorOptions } from '../base/tool-error.ts';
import type { ForgeLogin } from './read-token.ts';
import type { ForgeAccess, ForgeRepository } from './review-port.ts';

export interface AnswerFacts {
  readonly status: number;
  readonly headers: {
    readonly location: string | undefined;
    readonly limitRemaining: string | undefined;
  };
  readonly isHtml: boolean;
  readonly json?: unknown;
  readonly retryAfterSeconds: number | null;
}

interface Options {
  readonly repository: ForgeRepository;
  readonly access: ForgeAccess;
  readonly api: string;
}

export interface AnswerPlace {
  readonly options: Options;
  readonly login: ForgeLogin;
  readonly what: string;
}

// What a token must be allowed to do, in each forge's own words.
const SCOPES: Readonly<Record<ForgeRepository['kind'], string>> = {
  gitea: 'write:repository and write:issue',
  github: 'write access to contents, pull requests and commit statuses',
  gitlab: 'the scope api and the role Developer',
};

/** A `ToolError` for an answer that is not what was asked for. */
export function describeAnswer(facts: AnswerFacts, place: AnswerPlace): ToolError {
  const { status } = facts;
  if (isBusy(facts)) return busy(facts, place);
  if (status === 401 || status === 403) return unauthorized(facts, place);
  if (status >= 300 && status < 400) return redirected(facts, place);
  if (status === 404 || status === 410) return notFound(facts, place);
  if (status >= 200 && status < 300)
    return describeMalformed(place.options, place.what, facts.isHtml ? 'a web page' : 'no JSON');
  return new ToolError(
    'FORGE_REFUSED',
    `${hostOf(place.options)} refused ${place.what} (${status})${formatWords(facts, place)}.`,
    { hint: 'Do what it says, then run again; nothing of this was written there.' },
  );
}

/** For answers of something that is no such forge. `found`: `a web page`. */
export function describeMalformed(
  { api, repository }: Options,
  what: string,
  found: string,
): ToolError {
  return new ToolError(
    'FORGE_NOT_FOUND',
    `${new URL(api).host} answered to ${what} with ${found}, which the API of ${NAMES[repository.kind]} never does.`,
    {
      hint: `Check --forge and --url, a path prefix included (the API was looked for at ${api}); a login page or a proxy may stand before it.`,
    },
  );
}

const NAMES: Readonly<Record<ForgeRepository['kind'], string>> = {
  gitea: 'Gitea',
  github: 'GitHub',
  gitlab: 'GitLab',
};

// GitHub refuses too many requests by 403.
function isBusy({ status, headers, retryAfterSeconds }: AnswerFacts): boolean {
  if (status === 429 || status === 408 || status >= 500) return true;
  return status === 403 && (retryAfterSeconds !== null || headers.limitRemaining === '0');
}

function busy(facts: AnswerFacts, place: AnswerPlace): ToolError {
  const { status, retryAfterSeconds } = facts;
  const host = hostOf(place.options);
  if (status >= 500 || status === 408)
    return new ToolError(
      'FORGE_BUSY',
      `${host} failed with ${status} at ${place.what}${formatWords(facts, place)}.`,
      { hint: `Look into the log of ${host}, then run again.`, ...again('retry', facts) },
    );
  const until = retryAfterSeconds === null ? 'later' : `in ${retryAfterSeconds} s`;
  return new ToolError('FORGE_BUSY', `${host} refuses more requests for now (${status}).`, {
    hint: `Run again ${until}, or raise the rate limit of ${host}.`,
    ...again('wait', facts),
  });
}

function again(
  disposition: 'retry' | 'wait',
  { retryAfterSeconds }: AnswerFacts,
): ToolErrorOptions {
  return { disposition, ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }) };
}

function unauthorized(facts: AnswerFacts, place: AnswerPlace): ToolError {
  const { options, login, what } = place;
  const refused = facts.status === 401;
  const words = formatWords(facts, place);
  return new ToolError(
    'FORGE_UNAUTHORIZED',
    refused
      ? `${hostOf(options)} does not know the token of ${login.source} (401)${words}.`
      : `${hostOf(options)} does not let the token of ${login.source} near ${what} (403)${words}.`,
    {
      hint: `Give a token of a user who may write to ${options.repository.path}, with ${SCOPES[options.repository.kind]}.`,
    },
  );
}

function notFound(facts: AnswerFacts, place: AnswerPlace): ToolError {
  const { options, what } = place;
  if (facts.isHtml) return describeMalformed(options, what, 'a web page (404)');
  return new ToolError(
    'FORGE_NOT_FOUND',
    `${hostOf(options)} does not have ${what} of ${options.repository.path}, or does not show it to this token (404).`,
    { hint: 'Check --url, --repository and --pull, and that the user of the token sees them.' },
  );
}

function redirected({ status, headers }: AnswerFacts, { options, what }: AnswerPlace): ToolError {
  const { location = '' } = headers;
  const target = URL.canParse(location, options.api) ? new URL(location, options.api) : null;
  const where = target === null ? 'elsewhere' : `to ${target.origin}${target.pathname}`;
  return new ToolError(
    'FORGE_NOT_FOUND',
    `${hostOf(options)} sends on ${where} for ${what} (${status}), which is not followed with a token.`,
    { hint: 'Name the address that is meant by --url, and the repository by --repository.' },
  );
}

/** A `ToolError` for a request that got no answer. */
export function describeFailure(error: unknown, options: Options, login: ForgeLogin): ToolError {
  const host = hostOf(options);
  // Of the connection that was set up for it, which knows more.
  if (isToolError(error))
    return new ToolError('FORGE_UNREACHABLE', error.message, {
      cause: error,
      disposition: error.disposition,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  const code = codeOf(error);
  const timedOut =
    isTimeoutCode(code) || (error instanceof Error && /^(Abort|Timeout)Error$/.test(error.name));
  if (isTlsCode(code))
    return new ToolError(
      'FORGE_UNREACHABLE',
      `${host} cannot be trusted: ${hide(messageOf(error), login)}.`,
      { hint: `Name the certificate authority of ${host} by --ca-file.`, cause: error },
    );
  const why = timedOut ? 'no answer came in time' : hide(describeCode(code, error), login);
  return new ToolError('FORGE_UNREACHABLE', `${host} cannot be reached: ${why}.`, {
    hint: `Check --url, and HTTPS_PROXY and NO_PROXY where there is a proxy: curl -i ${options.api}`,
    cause: error,
    disposition: 'retry',
  });
}

function hostOf({ api }: Options): string {
  return new URL(api).host;
}

/** The forge's own words, without the token, should it repeat that. */
function formatWords({ json }: AnswerFacts, { login }: AnswerPlace): string {
  const words = [...new Set(collectWords(json))].join('; ').replace(/\s+/g, ' ').trim();
  return words === '' ? '' : `: ${shorten(hide(words, login)).replace(/[.\s]+$/, '')}`;
}

function hide(text: string, { token }: ForgeLogin): string {
  return text.replaceAll(token, '[redacted]');
}

const WORD_FIELDS = new Set(['message', 'error', 'errors', 'error_description']);

/** Texts under the names that forges use; GitLab nests them by field. */
function collectWords(json: unknown, depth = 0): readonly string[] {
  if (typeof json === 'string') return [json];
  if (typeof json !== 'object' || json === null || depth > 3) return [];
  if (Array.isArray(json)) return json.flatMap((entry) => collectWords(entry, depth + 1));
  return Object.entries(json).flatMap(([name, value]) => {
    if (depth === 0 && !WORD_FIELDS.has(name)) return [];
    const words = collectWords(value, depth + 1);
    return depth === 0 || WORD_FIELDS.has(name) ? words : words.map((word) => `${name} ${word}`);
  });
}
