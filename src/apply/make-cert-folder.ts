import { copyFile, mkdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { CertFolder } from '../registry/port.ts';

const OWN_NAME = '.olmirror-ca-file.crt';

/**
 * Makes a folder of certificates for one side of a skopeo run, which looks at no other then: what `certs.d` has for
 * the host, and the CA file of the manifest. Returns null where there is neither.
 */
export async function makeCertFolder(
  folder: string,
  known: CertFolder | null,
  caFile: string | null,
): Promise<string | null> {
  if (known === null && caFile === null) return null;
  await mkdir(folder);
  const { path, names } = known ?? { path: '', names: [] };
  await Promise.all(names.map((name) => symlink(resolve(path, name), join(folder, name))));
  if (caFile !== null) await copyFile(caFile, join(folder, OWN_NAME));
  return folder;
}
