import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { messageOf, ToolError } from '../base/tool-error.ts';

export interface TlsQuery {
  /** As in references, with port. */
  readonly host: string;
  readonly insecure: boolean;
  readonly caFile: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string[];
  readonly cert?: string[];
  readonly key?: string[];
}

/**
 * What a TLS connection to the host trusts and shows: the system's and Node's roots, `caFile`, and
 * the first `certs.d/<host>` folder of the containers tools that exists. Throws `REGISTRY_TLS`
 * where a file named by the user cannot be read.
 */
export async function readTlsOptions(query: TlsQuery): Promise<TlsOptions> {
  const folder = await findCertificateFolder(query);
  const client = folder === null ? {} : await readClientPairs(folder);
  if (query.insecure) return { rejectUnauthorized: false, ...client };
  const extra = query.caFile === null ? [] : [await readPem(query.caFile, query.host)];
  const own =
    folder === null
      ? []
      : await readAll(
          folder.path,
          folder.names.filter((name) => name.endsWith('.crt')),
        );
  const roots = new Set([...getCACertificates('default'), ...getCACertificates('system')]);
  return { rejectUnauthorized: true, ca: [...roots, ...own, ...extra], ...client };
}

interface CertificateFolder {
  readonly path: string;
  readonly names: readonly string[];
}

async function findCertificateFolder(query: TlsQuery): Promise<CertificateFolder | null> {
  const home = query.environment['HOME'];
  const bases = ['/etc/containers/certs.d', '/etc/docker/certs.d'];
  if (home) bases.unshift(join(home, '.config/containers/certs.d'));
  for (const base of bases) {
    const path = join(base, query.host);
    try {
      return { path, names: (await readdir(path)).toSorted() };
    } catch {
      // The first folder that can be read counts, as in the containers tools.
    }
  }
  return null;
}

async function readClientPairs(
  folder: CertificateFolder,
): Promise<{ cert?: string[]; key?: string[] }> {
  const stems = folder.names
    .filter((name) => name.endsWith('.cert'))
    .map((name) => name.slice(0, -'.cert'.length));
  const alone = stems.find((stem) => !folder.names.includes(`${stem}.key`));
  if (alone !== undefined) {
    throw new ToolError(
      'REGISTRY_TLS',
      `${join(folder.path, `${alone}.cert`)} has no key beside it.`,
      { hint: `Add ${alone}.key or remove the certificate.` },
    );
  }
  if (stems.length === 0) return {};
  const cert = await readAll(
    folder.path,
    stems.map((stem) => `${stem}.cert`),
  );
  const key = await readAll(
    folder.path,
    stems.map((stem) => `${stem}.key`),
  );
  return { cert, key };
}

function readAll(folder: string, names: readonly string[]): Promise<string[]> {
  return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
}

async function readPem(path: string, host: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new ToolError(
      'REGISTRY_TLS',
      `The CA file ${path} for ${host} cannot be read: ${messageOf(error)}.`,
      {
        hint: 'Correct caFile of this registry in mirror.yaml.',
        cause: error,
      },
    );
  }
}
