import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { messageOf, ToolError } from '../base/tool-error.ts';
import { findCertFolder } from './find-cert-folder.ts';
import type { CertFolder } from './port.ts';
import { readSystemRoots } from './read-system-roots.ts';

export interface TlsQuery {
  /** As in references, with port. */
  readonly host: string;
  readonly insecure: boolean;
  readonly caFile: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  /** Made once: it takes longer to read the system's roots than to shake hands. */
  readonly secureContext: SecureContext;
}

/**
 * What a TLS connection to the host trusts and shows, as skopeo would: the system's roots, `caFile`, and the
 * `certs.d/<host>` folder of the containers tools. Throws `REGISTRY_TLS` where one of them is at fault.
 */
export async function readTlsOptions(query: TlsQuery): Promise<TlsOptions> {
  const folder = await findCertFolder(query.host, query.environment);
  const own = folder === null ? [] : await readAuthorities(folder);
  const pair = folder === null ? {} : await readClientPair(folder);
  const extra = query.caFile === null ? [] : [await readPem(query.caFile, query.host)];
  const roots = query.insecure ? [] : readSystemRoots(query.environment);
  try {
    const secureContext = createSecureContext({ ca: [...roots, ...own, ...extra], ...pair });
    return { rejectUnauthorized: !query.insecure, secureContext };
  } catch (error) {
    throw badFolder(
      `The client certificate in ${folder?.path} cannot be used: ${messageOf(error)}.`,
      'Put a certificate and its own key there, both in PEM: client.cert and client.key.',
      error,
    );
  }
}

async function readAuthorities({ path, names }: CertFolder): Promise<readonly string[]> {
  const files = names.filter((name) => name.endsWith('.crt'));
  return Promise.all(files.map((name) => readOne(join(path, name))));
}

/** The first by name: Node shows one, and Go prefers it too where the registry does not say whose it wants. */
async function readClientPair({
  path,
  names,
}: CertFolder): Promise<{ readonly cert?: string; readonly key?: string }> {
  const stems = { cert: listStems(names, '.cert'), key: listStems(names, '.key') };
  for (const [kind, other] of [
    ['cert', 'key'],
    ['key', 'cert'],
  ] as const) {
    const alone = stems[kind].find((stem) => !stems[other].includes(stem));
    if (alone === undefined) continue;
    throw badFolder(
      `${join(path, `${alone}.${kind}`)} has no ${alone}.${other} beside it.`,
      `Add ${alone}.${other}, or remove it. The certificate of an authority ends with .crt.`,
    );
  }
  const [stem] = stems.cert;
  if (stem === undefined) return {};
  return {
    cert: await readOne(join(path, `${stem}.cert`)),
    key: await readOne(join(path, `${stem}.key`)),
  };
}

function listStems(names: readonly string[], ending: string): readonly string[] {
  return names.filter((name) => name.endsWith(ending)).map((name) => name.slice(0, -ending.length));
}

async function readOne(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // A link that leads nowhere is passed over for an authority, and makes a pair unusable.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw badFolder(
      `The certificate file ${path} cannot be read: ${messageOf(error)}.`,
      `Make ${path} readable for olmirror, or remove it.`,
      error,
    );
  }
}

async function readPem(path: string, host: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw badFolder(
      `The CA file ${path} for ${host} cannot be read: ${messageOf(error)}.`,
      'Correct caFile of this registry in mirror.yaml.',
      error,
    );
  }
}

function badFolder(message: string, hint: string, cause?: unknown): ToolError {
  return new ToolError('REGISTRY_TLS', message, { hint, cause });
}
