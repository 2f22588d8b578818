import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, ToolError } from '../base/tool-error.ts';
import { runCredentialHelper } from './credential-helper.ts';
import type { Credentials } from './credentials.ts';

export interface AuthSearch {
  /** Ends the search when given; may be absent on disk. */
  readonly authFile: string | null;
  /** REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, XDG_CONFIG_HOME, DOCKER_CONFIG, HOME and PATH are read. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

interface AuthFile {
  readonly path: string;
  readonly auths: Readonly<Record<string, unknown>>;
  readonly credHelpers: Readonly<Record<string, unknown>>;
}

/**
 * Credentials for a repository as the containers tools find them (spec "registries" §3.1), or null
 * for an anonymous request. The first file that has any wins; inside a file a helper for the host
 * comes before `auths`, whose longest key wins. Throws `REGISTRY_BAD_AUTH_FILE`.
 */
export async function findCredentials(
  host: string,
  repository: string,
  search: AuthSearch,
): Promise<Credentials | null> {
  for (const place of listAuthFiles(search)) {
    const file = await readAuthFile(place);
    if (file === null) continue;
    const helper = file.credHelpers[host];
    if (typeof helper === 'string') {
      const found = await runCredentialHelper(helper, host, search.environment);
      if (found !== null) return found;
    }
    const found = lookUp(file, host, repository);
    if (found !== null) return found;
  }
  return null;
}

interface AuthPlace {
  readonly path: string;
  /** `.dockercfg`: the entries stand at the top. */
  readonly legacy: boolean;
}

function listAuthFiles({ authFile, environment }: AuthSearch): readonly AuthPlace[] {
  const explicit = authFile ?? environment['REGISTRY_AUTH_FILE'];
  if (explicit) return [{ path: explicit, legacy: false }];
  const home = environment['HOME'] ?? '/';
  const runtime = environment['XDG_RUNTIME_DIR'];
  const config = environment['XDG_CONFIG_HOME'] || join(home, '.config');
  const docker = environment['DOCKER_CONFIG'] || join(home, '.docker');
  const containers = runtime
    ? join(runtime, 'containers')
    : `/run/containers/${process.getuid?.() ?? 0}`;
  return [
    { path: join(containers, 'auth.json'), legacy: false },
    { path: join(config, 'containers/auth.json'), legacy: false },
    { path: join(docker, 'config.json'), legacy: false },
    { path: join(home, '.dockercfg'), legacy: true },
  ];
}

async function readAuthFile({ path, legacy }: AuthPlace): Promise<AuthFile | null> {
  const text = await readText(path);
  if (text === null || text.trim() === '') return null;
  const value = parseJson(text);
  if (!isRecord(value)) throw badFile(path, 'it is not a JSON object');
  const auths = legacy ? value : value['auths'];
  const credHelpers = legacy ? {} : value['credHelpers'];
  return {
    path,
    auths: isRecord(auths) ? auths : {},
    credHelpers: isRecord(credHelpers) ? credHelpers : {},
  };
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    // The search goes on past files of other users, as the containers tools do.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return null;
    throw badFile(path, messageOf(error), error);
  }
}

// The parser's own message is dropped: it quotes the text, which holds secrets.
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lookUp(file: AuthFile, host: string, repository: string): Credentials | null {
  const parts = [host, ...repository.split('/')];
  for (let length = parts.length; length > 0; length -= 1) {
    const key = parts.slice(0, length).join('/');
    const found = readEntry(file, key);
    if (found !== null) return found;
  }
  const normalized = Object.keys(file.auths).find((key) => normalizeKey(key) === host);
  return normalized === undefined ? null : readEntry(file, normalized);
}

function readEntry(file: AuthFile, key: string): Credentials | null {
  if (!Object.hasOwn(file.auths, key)) return null;
  const entry = file.auths[key];
  if (!isRecord(entry)) return null;
  if (typeof entry['identitytoken'] === 'string' && entry['identitytoken'] !== '') {
    throw new ToolError(
      'REGISTRY_BAD_AUTH_FILE',
      `The entry ${key} in ${file.path} is an identity token, which olmirror cannot use yet.`,
      {
        hint: `Log in with a user and a password or an access token: skopeo login --authfile ${file.path} ${key}`,
      },
    );
  }
  const auth = entry['auth'];
  if (typeof auth !== 'string' || auth === '') return null;
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) throw badFile(file.path, `its entry ${key} does not hold user:password`);
  return { user: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') };
}

function normalizeKey(key: string): string {
  return key.replace(/^https?:\/\//, '').split('/', 1)[0] ?? '';
}

function badFile(path: string, why: string, cause?: unknown): ToolError {
  return new ToolError('REGISTRY_BAD_AUTH_FILE', `The auth file ${path} cannot be used: ${why}.`, {
    hint: `Repair or remove it, then log in again: skopeo login --authfile ${path} <registry>`,
    cause,
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
