import { execa } from 'execa';
import { ToolError } from '../base/tool-error.ts';

/** An opm that runs. */
export interface OpmProcess {
  /** Resolves with why it ended, when it ends; never rejects. */
  readonly ended: Promise<ToolError>;
  /** Resolves when it and what it started are gone. */
  stop(): Promise<void>;
}

export interface OpmOptions {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Characters of what it says that are kept. */
const KEPT = 8_000;

/** Runs opm in an environment of its own until it ends, is stopped, or this process exits. */
export function runOpm(
  program: string,
  args: readonly string[],
  { folder, environment, signal }: OpmOptions,
): OpmProcess {
  let said = '';
  const child = execa(program, args, {
    cwd: folder,
    env: environment,
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    buffer: false,
    reject: false,
    cancelSignal: signal,
    // It holds nothing that is needed afterwards, and what is called opm may be a script that starts it.
    killSignal: 'SIGKILL',
    killDescendants: true,
  });
  child.all.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-KEPT);
  });
  const ended = waitForEnd();
  return {
    ended,
    async stop() {
      child.kill();
      await ended;
    },
  };

  async function waitForEnd(): Promise<ToolError> {
    const { exitCode, signal: killedBy, originalMessage, cause } = await child;
    if (exitCode === undefined && killedBy === undefined)
      return new ToolError('SERVE_NO_OPM', `${program} cannot be run: ${originalMessage ?? ''}.`, {
        cause,
        hint: 'Name the program opm with --opm, or put it on the PATH.',
      });
    const how = killedBy === undefined ? `exit code ${exitCode}` : `signal ${killedBy}`;
    return new ToolError('SERVE_ENDED', `opm ended with ${how}: ${findReason(said)}`);
  }
}

/** What a program said last of why it ends: the message of its log that is fatal, else its last line. */
function findReason(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  const fatal =
    lines.findLast((line) => /level=(?:fatal|error)|^Error: /.test(line)) ?? lines.at(-1);
  if (fatal === undefined) return 'it said nothing';
  const quoted = /\bmsg="((?:[^"\\]|\\.)*)"/.exec(fatal)?.[1];
  return quoted === undefined
    ? fatal.replace(/^Error: /, '').trim()
    : quoted.replaceAll(/\\n/g, ' ').replaceAll(/\\(["\\])/g, '$1');
}
