import { spawn } from 'node:child_process';
import { ToolError } from '../base/tool-error.ts';
import type { Credentials } from './credentials.ts';

const TIMEOUT_MILLISECONDS = 30_000;

/**
 * Asks `docker-credential-<name>` for a host; null where it has none. The secret travels by pipe,
 * never in an argument. Throws `REGISTRY_BAD_AUTH_FILE`.
 */
export async function runCredentialHelper(
  name: string,
  host: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Credentials | null> {
  const program = `docker-credential-${name}`;
  const { code, output } = await run(program, host, environment);
  if (code !== 0 && /credentials not found/i.test(output)) return null;
  if (code !== 0) throw failed(program, host, `it ended with ${code ?? 'a signal'}`);
  const answer = parseAnswer(output);
  if (answer === null)
    throw failed(program, host, 'its answer is not JSON with Username and Secret');
  if (answer.user === '<token>')
    throw failed(program, host, 'it gives an identity token, which olmirror cannot use yet');
  return answer;
}

function run(
  program: string,
  host: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], {
      env: { ...environment },
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: TIMEOUT_MILLISECONDS,
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (error) =>
      reject(failed(program, host, `it cannot be started (${error.message})`)),
    );
    child.on('close', (code) => resolve({ code, output }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(host);
  });
}

function parseAnswer(output: string): Credentials | null {
  try {
    const value: unknown = JSON.parse(output);
    if (typeof value !== 'object' || value === null) return null;
    const user = 'Username' in value ? value.Username : undefined;
    const password = 'Secret' in value ? value.Secret : undefined;
    return typeof user === 'string' && typeof password === 'string' ? { user, password } : null;
  } catch {
    return null;
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
