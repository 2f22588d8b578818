import { Readable } from 'node:stream';
import { GitPluginError, type SimpleGitOptions, simpleGit } from 'simple-git';
import { redactSecrets } from '../base/redact.ts';
import { messageOf, ToolError, type ToolErrorOptions } from '../base/tool-error.ts';
import { explainRemoteFault, SILENT } from './explain-remote-fault.ts';

/** Where git runs and with which environment. */
export interface GitPlace {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Talks to another machine: helpers that outlive a stopped git are not waited for. */
  readonly isRemote?: boolean;
}

/** Milliseconds without output after which git is stopped. */
const SILENCE = 120_000;
const HELPER_GRACE = 500;
// simple-git takes a git that was killed, which has no exit code and leaves no message, for one that said nothing.
const KILLED = new Error('it was killed before its end, for want of memory perhaps');

// simple-git guards against arguments and settings taken from strangers. Here the arguments are
// ours and the environment is that of the person who runs olmirror, so nothing in it is refused.
const UNSAFE: NonNullable<SimpleGitOptions['unsafe']> = {
  allowUnsafeAlias: true,
  allowUnsafeAskPass: true,
  allowUnsafeConfigEnvCount: true,
  allowUnsafeConfigPaths: true,
  allowUnsafeCredentialHelper: true,
  allowUnsafeExec: true,
  allowUnsafeFsMonitor: true,
  allowUnsafeGitProxy: true,
  allowUnsafeGpgProgram: true,
  allowUnsafeHooksPath: true,
  allowUnsafeInclude: true,
  allowUnsafeProtocolOverride: true,
  allowUnsafeSshCommand: true,
  allowUnsafeTemplateDir: true,
  allowUnsafeUrlRewrite: true,
};

/**
 * Runs git and returns what it wrote. An exit code other than 0 without a message counts as an
 * empty answer, as git means it; a git that was killed never does. Throws `GIT_MISSING`, `GIT_FAILED` (with git's own message, without
 * secrets), or the signal's reason when it aborts.
 */
export async function runGit(
  place: GitPlace,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  options.signal?.throwIfAborted();
  const settings: Partial<SimpleGitOptions> = {
    baseDir: place.folder,
    allowEnvironment: Object.keys(place.environment),
    unsafe: UNSAFE,
    completion: { onClose: true, onExit: options.isRemote === true ? HELPER_GRACE : false },
    timeout: { block: SILENCE },
    errors: (error, { exitCode }) => error ?? (Number.isInteger(exitCode) ? undefined : KILLED),
    ...(options.signal === undefined ? {} : { abort: options.signal }),
  };
  const ended = new AbortController();
  try {
    return await simpleGit(settings)
      .env({ ...place.environment })
      .outputHandler((_command, stdout, stderr) =>
        options.signal?.addEventListener('abort', () => closeAll([stdout, stderr]), {
          signal: ended.signal,
        }),
      )
      .raw([...args]);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw buildGitError(error, args, { place, isRemote: options.isRemote === true });
  } finally {
    ended.abort();
  }
}

// A helper that outlives git holds the streams, and they would hold this process.
function closeAll(streams: readonly NodeJS.ReadableStream[]): void {
  for (const stream of streams) if (stream instanceof Readable) stream.destroy();
}

/** As `runGit`, but null where git fails with a message: a no without one is empty here too. */
export async function tryGit(place: GitPlace, args: readonly string[]): Promise<string | null> {
  try {
    return await runGit(place, args);
  } catch (error) {
    if (error instanceof ToolError && error.code === 'GIT_FAILED') return null;
    throw error;
  }
}

/** Without the line break that git ends its answers with; others stay, they may belong to a path. */
export function trimEnd(answer: string): string {
  return answer.endsWith('\n') ? answer.slice(0, -1) : answer;
}

function gitMissing(cause: Error): ToolError {
  return new ToolError('GIT_MISSING', 'The program git was not found.', {
    hint: 'Install git (2.31 or later) and see that it is in PATH.',
    cause,
  });
}

function buildGitError(
  error: unknown,
  args: readonly string[],
  { place, isRemote }: { readonly place: GitPlace; readonly isRemote: boolean },
): ToolError {
  const text = redactSecrets(messageOf(error)).trim();
  // The error of simple-git names all arguments, an address with its password among them.
  const cause = new Error(text);
  if (/\bspawn git ENOENT\b/.test(text)) return gitMissing(cause);
  const command = args.find((arg) => !arg.startsWith('-')) ?? '';
  const isHanging = error instanceof GitPluginError && error.plugin === 'timeout';
  const why = isHanging ? 'it gave no sign of life for too long' : firstLine(text);
  const fault = isRemote ? explainRemoteFault(isHanging ? SILENT : text) : null;
  return new ToolError(
    fault?.code ?? 'GIT_FAILED',
    `git ${command} failed in ${place.folder}: ${why}.`,
    { ...(fault === null ? describeFix(text) : { hint: fault.hint, disposition: 'retry' }), cause },
  );
}

function describeFix(text: string): ToolErrorOptions {
  if (text.includes('safe.directory'))
    return {
      hint: 'The folder belongs to another user. If you trust it: git config --global --add safe.directory FOLDER',
    };
  return { hint: 'Run the same git command by hand to see more.', disposition: 'retry' };
}

function firstLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  const line = lines.find((candidate) => /^(?:fatal|error): /.test(candidate)) ?? lines[0] ?? '';
  return line.replace(/^(?:fatal|error): /, '').replace(/\.$/, '');
}
