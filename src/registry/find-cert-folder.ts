import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, ToolError } from '../base/tool-error.ts';
import type { CertFolder } from './port.ts';

/**
 * The first `certs.d/<host>` of the containers tools that exists (containers/image `dockerCertDir`); they are not
 * merged. One that may not be read counts as empty. Throws `REGISTRY_TLS` where it is no folder.
 */
export async function findCertFolder(
  host: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<CertFolder | null> {
  const home = environment['HOME'];
  const bases = [
    ...(home ? [join(home, '.config/containers/certs.d')] : []),
    '/etc/containers/certs.d',
    '/etc/docker/certs.d',
  ];
  for (const base of bases) {
    const path = join(base, host);
    if (await exists(path)) return { path, names: await listNames(path) };
  }
  return null;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    return pass(error, path, false);
  }
}

async function listNames(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).toSorted();
  } catch (error) {
    return pass(error, path, []);
  }
}

/** The value for what is absent or locked. */
function pass<T>(error: unknown, path: string, value: T): T {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOENT' || code === 'EACCES') return value;
  throw new ToolError(
    'REGISTRY_TLS',
    `The certificates in ${path} cannot be read: ${messageOf(error)}.`,
    {
      hint: `Make ${path} a folder with ca.crt, or remove it.`,
      cause: error,
    },
  );
}
