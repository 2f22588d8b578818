import type { ForgeRepository } from './review-port.ts';

/** What a CI's environment says of the run; null for what it does not say. */
export interface CiFacts {
  readonly kind: ForgeRepository['kind'] | null;
  /** Address of the forge, without a slash at its end. */
  readonly url: string | null;
  readonly repository: string | null;
  /** Number of the pull request, where the run is of one. */
  readonly pull: number | null;
  /** Commit ids of what it is merged into, and of its newest commit when the run began. */
  readonly base: string | null;
  readonly head: string | null;
  /** Page of the run. */
  readonly runUrl: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

const NOWHERE: CiFacts = {
  kind: null,
  url: null,
  repository: null,
  pull: null,
  base: null,
  head: null,
  runUrl: null,
};

/** Where the file lies that tells GitHub's, Gitea's and Forgejo's Actions of the event; null for no such CI. */
export function findEventFile(environment: Environment): string | null {
  return isActions(environment) ? (environment['GITHUB_EVENT_PATH'] ?? null) : null;
}

/** `event`: what stands in that file, parsed; undefined for none. */
export function findCi(environment: Environment, event: unknown): CiFacts {
  if (isActions(environment)) return findActions(environment, event);
  return isSet(environment['GITLAB_CI']) ? findGitLab(environment) : NOWHERE;
}

function isActions(environment: Environment): boolean {
  return ['GITEA_ACTIONS', 'FORGEJO_ACTIONS', 'GITHUB_ACTIONS'].some((name) =>
    isSet(environment[name]),
  );
}

export function isGiteaActions(environment: Environment): boolean {
  return isSet(environment['GITEA_ACTIONS']) || isSet(environment['FORGEJO_ACTIONS']);
}

function isSet(value: string | undefined): boolean {
  return value === 'true' || value === '1';
}

function findActions(environment: Environment, event: unknown): CiFacts {
  const url = trim(environment['GITHUB_SERVER_URL']);
  const repository = trim(environment['GITHUB_REPOSITORY']);
  const request = pick(event, 'pull_request');
  const inRef = /^refs\/pull\/(\d+)\//.exec(environment['GITHUB_REF'] ?? '')?.[1];
  const number = pick(request, 'number') ?? (inRef === undefined ? null : Number(inRef));
  return {
    kind: isGiteaActions(environment) ? 'gitea' : 'github',
    url,
    repository,
    pull: typeof number === 'number' ? number : null,
    base: readText(pick(pick(request, 'base'), 'sha')),
    // GITHUB_SHA of a pull request is a merge that GitHub made up, to which no status belongs.
    head:
      readText(pick(pick(request, 'head'), 'sha')) ??
      (inRef === undefined ? trim(environment['GITHUB_SHA']) : null),
    runUrl: formatRunUrl(url, repository, trim(environment['GITHUB_RUN_ID'])),
  };
}

function formatRunUrl(...parts: readonly (string | null)[]): string | null {
  const [url, repository, run] = parts;
  return parts.includes(null) ? null : `${url}/${repository}/actions/runs/${run}`;
}

function findGitLab(environment: Environment): CiFacts {
  const pull = trim(environment['CI_MERGE_REQUEST_IID']);
  const project = pull === null ? 'CI_PROJECT_PATH' : 'CI_MERGE_REQUEST_PROJECT_PATH';
  return {
    kind: 'gitlab',
    url:
      trim(environment['CI_API_V4_URL'])?.replace(/\/api\/v4$/, '') ??
      trim(environment['CI_SERVER_URL']),
    repository: trim(environment[project]) ?? trim(environment['CI_PROJECT_PATH']),
    pull: pull === null ? null : Number(pull),
    base: trim(environment['CI_MERGE_REQUEST_DIFF_BASE_SHA']),
    // Set where CI_COMMIT_SHA is the merge of a merged-results pipeline.
    head:
      trim(environment['CI_MERGE_REQUEST_SOURCE_BRANCH_SHA']) ?? trim(environment['CI_COMMIT_SHA']),
    runUrl: trim(environment['CI_JOB_URL']),
  };
}

function trim(value: string | undefined): string | null {
  const text = (value ?? '').trim().replace(/\/+$/, '');
  return text === '' ? null : text;
}

function pick(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

function readText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
