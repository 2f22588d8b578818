import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, ToolError } from '../base/tool-error.ts';
import { runCredentialHelper } from './credential-helper.ts';
import { type Credentials, isEmptyLogin } from './credentials.ts';
import { type AuthEntry, type AuthFile, parseAuthFile } from './parse-auth-file.ts';

export interface AuthSearch {
  /** Ends the search when given; may be absent on disk. */
  readonly authFile: string | null;
  /** REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, XDG_CONFIG_HOME, DOCKER_CONFIG and HOME are read; helpers see all of it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Credentials for a repository as skopeo finds them (containers/image `pkg/docker/config`), or null for an
 * anonymous request. The first file that has any wins. In a file a helper for the host ends the search, then the
 * longest of the keys does, then another spelling of the host, even where nothing stands there: the next file
 * is asked then. An explicit file ends it all, as since skopeo 1.11. Throws `REGISTRY_BAD_AUTH_FILE`.
 */
export async function findCredentials(
  host: string,
  repository: string,
  search: AuthSearch,
): Promise<Credentials | null> {
  for (const place of await listAuthFiles(search)) {
    const file = await readAuthFile(place);
    const helper = file?.credHelpers.get(host);
    const found =
      helper === undefined
        ? file && lookUp(file, { host, repository, place })
        : await runCredentialHelper(helper, host, search.environment);
    if (found && !isEmptyLogin(found)) return found;
  }
  return null;
}

interface AuthPlace {
  readonly path: string;
  /** `.dockercfg`: the entries stand at the top, for hosts only. */
  readonly legacy: boolean;
}

async function listAuthFiles({ authFile, environment }: AuthSearch): Promise<readonly AuthPlace[]> {
  const explicit = authFile || environment['REGISTRY_AUTH_FILE'];
  if (explicit) return [{ path: explicit, legacy: false }];
  const { HOME: home, XDG_CONFIG_HOME: xdg, DOCKER_CONFIG: dockerConfig } = environment;
  const config = xdg || (home && join(home, '.config'));
  const docker = dockerConfig || (home && join(home, '.docker'));
  const runtime = await findRuntimeFolder(environment['XDG_RUNTIME_DIR']);
  return [
    ...(runtime ? [{ path: join(runtime, 'auth.json'), legacy: false }] : []),
    ...(config ? [{ path: join(config, 'containers/auth.json'), legacy: false }] : []),
    ...(docker ? [{ path: join(docker, 'config.json'), legacy: false }] : []),
    ...(home ? [{ path: join(home, '.dockercfg'), legacy: true }] : []),
  ];
}

async function findRuntimeFolder(runtime: string | undefined): Promise<string | null> {
  if (!runtime) return `/run/containers/${process.getuid?.() ?? 0}`;
  const missing = await stat(runtime).then(
    () => false,
    (error: unknown) => isAbsence(error),
  );
  return missing ? null : join(runtime, 'containers');
}

async function readAuthFile({ path, legacy }: AuthPlace): Promise<AuthFile | null> {
  const text = await readText(path);
  if (text === null) return null;
  const file = parseAuthFile(text, legacy);
  if (file === null) throw badFile(path, 'it is not JSON as auth files have it');
  return file;
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isAbsence(error)) return null;
    throw badFile(path, messageOf(error), error);
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

interface LookUp {
  readonly host: string;
  readonly repository: string;
  readonly place: AuthPlace;
}

function lookUp(file: AuthFile, { host, repository, place }: LookUp): Credentials | null {
  const names = [...file.auths.keys()];
  const key =
    listKeys(host, place.legacy ? '' : repository).find((name) => file.auths.has(name)) ??
    names.find((name) => normalizeKey(name, place.legacy) === normalizeHost(host));
  const entry = key === undefined ? undefined : file.auths.get(key);
  return key === undefined || entry === undefined ? null : decodeEntry(entry, key, place.path);
}

/** The longest first. */
function listKeys(host: string, repository: string): readonly string[] {
  const parts = [host, ...repository.split('/').filter(Boolean)];
  return parts.map((_, i) => parts.slice(0, parts.length - i).join('/'));
}

function normalizeKey(key: string, legacy: boolean): string {
  const stripped = key.replace(/^http:\/\//, '').replace(/^https:\/\//, '');
  const isUrl = stripped !== key;
  return normalizeHost((legacy || isUrl ? stripped.split('/', 1)[0] : stripped) ?? '');
}

function normalizeHost(host: string): string {
  return host === 'docker.io' || host === 'registry-1.docker.io' ? 'index.docker.io' : host;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function decodeEntry(entry: AuthEntry, key: string, path: string): Credentials | null {
  const encoded = entry.auth.replace(/[\r\n]/g, '');
  if (!BASE64.test(encoded)) throw badFile(path, `"auth" of its entry ${key} is not base64`);
  const text = Buffer.from(encoded, 'base64').toString('latin1');
  const colon = text.indexOf(':');
  // A mark that a credential helper has it, as Docker leaves them.
  if (colon < 0) return null;
  return {
    user: text.slice(0, colon),
    password: trimNulls(text.slice(colon + 1)),
    identityToken: entry.identityToken,
  };
}

function trimNulls(text: string): string {
  let [start, end] = [0, text.length];
  while (text[start] === '\0') start += 1;
  while (end > start && text[end - 1] === '\0') end -= 1;
  return text.slice(start, end);
}

function badFile(path: string, why: string, cause?: unknown): ToolError {
  return new ToolError('REGISTRY_BAD_AUTH_FILE', `The auth file ${path} cannot be used: ${why}.`, {
    hint: `Repair or remove it, then log in again: skopeo login --authfile ${path} <registry>`,
    cause,
  });
}
