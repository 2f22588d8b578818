import { spawn } from 'node:child_process';
import { type Environment, keepForChildren } from '../base/child-environment.ts';
import { ToolError } from '../base/tool-error.ts';
import { type Credentials, toByteString } from './credentials.ts';
import { cutFirstValue, parseGoJson, readStrings } from './go-json.ts';

const TIMEOUT_MILLISECONDS = 30_000;
const NOT_FOUND = 'credentials not found in native keychain';

/**
 * Asks `docker-credential-<name>` for a host, as docker-credential-helpers does; null where it has none. The
 * secret travels by pipe, never in an argument. Throws `REGISTRY_BAD_AUTH_FILE`.
 */
export async function runCredentialHelper(
  name: string,
  host: string,
  environment: Environment,
): Promise<Credentials | null> {
  const program = `docker-credential-${name}`;
  const { code, output } = await run(program, host, environment);
  if (code !== 0 && output.trim() === NOT_FOUND) return null;
  if (code !== 0) throw failed(program, host, `it ended with ${code ?? 'a signal'}`);
  const answer = parseAnswer(output);
  if (answer === null)
    throw failed(program, host, 'its answer is not JSON with Username and Secret');
  const { user, secret } = answer;
  return user === '<token>'
    ? { user: '', password: '', identityToken: secret }
    : { user: toByteString(user), password: toByteString(secret), identityToken: '' };
}

function run(
  program: string,
  host: string,
  environment: Environment,
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], {
      env: keepForChildren(environment),
      stdio: ['pipe', 'pipe', 'ignore'],
      // Not `timeout`: its timer would hold the process where the program cannot be started.
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
      killSignal: 'SIGKILL',
    });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', (error) => {
      const isSlow = error.name === 'AbortError';
      const why = isSlow ? 'it took too long' : `it cannot be started (${error.message})`;
      reject(failed(program, host, why));
    });
    child.on('close', (code) => resolve({ code, output: Buffer.concat(output).toString() }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(host);
  });
}

function parseAnswer(output: string): { readonly user: string; readonly secret: string } | null {
  try {
    const value = parseGoJson(cutFirstValue(output));
    const answer = readStrings(value, ['Username', 'Secret', 'ServerURL']);
    return answer && { user: answer.Username ?? '', secret: answer.Secret ?? '' };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function failed(program: string, host: string, why: string): ToolError {
  return new ToolError(
    'REGISTRY_BAD_AUTH_FILE',
    `The credential helper ${program} gave nothing for ${host}: ${why}.`,
    {
      hint: `Try it by hand: echo ${host} | ${program} get`,
    },
  );
}
