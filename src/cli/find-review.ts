import { readFile } from 'node:fs/promises';
import { ToolError } from '../base/tool-error.ts';
import { type CiFacts, findCi, findEventFile } from '../forge/find-ci.ts';
import { parseForgeRemote } from '../forge/parse-remote.ts';
import type { ForgeRepository } from '../forge/review-port.ts';
import type { GitPort } from '../git/port.ts';

/** What the command line says of the forge; null for what it leaves to the environment. */
export interface ForgeChoice {
  readonly forge: ForgeRepository['kind'] | null;
  readonly url: string | null;
  readonly repository: string | null;
}

export interface FoundForge {
  readonly repository: ForgeRepository;
  readonly ci: CiFacts;
}

/** The repository at its forge: as the options say, else the CI, else the address of origin. Throws `CLI_USAGE`. */
export async function findForge(
  choice: ForgeChoice,
  git: Pick<GitPort, 'readRemoteUrl'>,
): Promise<FoundForge> {
  const ci = findCi(process.env, await readEvent());
  const remote = await git.readRemoteUrl();
  const origin = remote === null ? null : parseForgeRemote(remote);
  const url = choice.url ?? ci.url ?? origin?.url ?? null;
  const path = choice.repository ?? ci.repository ?? origin?.repository ?? null;
  if (url === null || path === null)
    throw usage(
      'It is not known at which forge this repository lies.',
      'Name it: --url https://git.example.com --repository owner/name --forge gitea',
    );
  return {
    repository: {
      kind: readKind(choice, ci, { url, origin }),
      url: readUrl(url),
      path: readPath(path),
    },
    ci,
  };
}

function readKind(
  choice: ForgeChoice,
  ci: CiFacts,
  { url, origin }: { readonly url: string; readonly origin: ReturnType<typeof parseForgeRemote> },
): ForgeRepository['kind'] {
  // Another address than the environment's says nothing about its kind; its name may.
  const known =
    choice.url === null ? (ci.kind ?? origin?.kind) : parseForgeRemote(`${url}/a/b`)?.kind;
  const kind = choice.forge ?? known ?? ci.kind;
  if (kind !== null && kind !== undefined) return kind;
  throw usage(
    `It is not known of what kind the forge at ${url} is.`,
    'Name it: --forge gitea (Forgejo too), --forge github or --forge gitlab',
  );
}

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain =
    url?.search === '' && url.hash === '' && url.username === '' && url.password === '';
  if (url !== null && isPlain && /^https?:$/.test(url.protocol))
    return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  throw usage(
    'The address of the forge is no http or https URL without user, query and fragment.',
    'Write it as https://git.example.com, with its path prefix if it has one; a token goes into --token-file.',
  );
}

function readPath(text: string): string {
  const path = text.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  if (/^[\w.-]+(?:\/[\w.-]+)+$/.test(path) && !/(?:^|\/)\.{1,2}(?:\/|$)/.test(path)) return path;
  throw usage(`"${text}" is no repository of a forge.`, 'Write it as owner/name.');
}

async function readEvent(): Promise<unknown> {
  const file = findEventFile(process.env);
  if (file === null) return undefined;
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    // The variables of the CI tell the most of it too.
    return undefined;
  }
}

function usage(message: string, hint: string): ToolError {
  return new ToolError('CLI_USAGE', message, { hint });
}
