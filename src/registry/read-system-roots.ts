import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** As in Go's `crypto/x509`. */
const FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
const FOLDERS = ['/etc/ssl/certs', '/etc/pki/tls/certs'];
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificate authorities that Go's tools trust on this machine, each once, in PEM: the first bundle that can be
 * read, and what lies in the folders; SSL_CERT_FILE and SSL_CERT_DIR stand in for these places. Node's own list is not
 * among them: skopeo does not know it.
 */
export async function readSystemRoots(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: folders } = environment;
  const bundle = await readFirst(file ? [file] : FILES);
  const others = await Promise.all((folders ? folders.split(':') : FOLDERS).map(readFolder));
  return [...new Set([bundle, ...others.flat()].flatMap((text) => text.match(CERTIFICATE) ?? []))];
}

async function readFirst(files: readonly string[]): Promise<string> {
  for (const file of files) {
    const text = await readFile(file, 'latin1').catch(() => null);
    if (text !== null) return text;
  }
  return '';
}

async function readFolder(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      // A second name, by its hash, for a file of the same folder.
      if (entry.isSymbolicLink() && !(await readlink(path)).includes('/')) return '';
      return readFile(path, 'latin1').catch(() => '');
    }),
  );
}
