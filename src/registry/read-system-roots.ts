import { type Dirent, readdirSync, readFileSync, readlinkSync } from 'node:fs';
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
export function readSystemRoots(
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: folders } = environment;
  const bundle = (file ? [file] : FILES).map(readText).find((text) => text !== null) ?? '';
  const others = (folders ? folders.split(':') : FOLDERS).flatMap(readFolder);
  return [...new Set([bundle, ...others].flatMap((text) => text.match(CERTIFICATE) ?? []))];
}

// Not async: a hundred small files take four times as long then.
function readFolder(folder: string): readonly string[] {
  return listFolder(folder).map((entry) => {
    const path = join(folder, entry.name);
    // A second name, by its hash, for a file of the same folder.
    if (entry.isSymbolicLink() && !readlinkSync(path).includes('/')) return '';
    return readText(path) ?? '';
  });
}

function listFolder(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return null;
  }
}
