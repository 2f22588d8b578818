import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CertificateOptions {
  /** Made when absent; gets `key.pem`, `cert.pem` and what openssl keeps beside them. */
  readonly folder: string;
  /** As in a certificate: `IP:127.0.0.1`, `DNS:registry.example.com`. */
  readonly name: string;
  /** Default `test`. */
  readonly commonName?: string;
  /** Was valid in 2020, and not since. */
  readonly expired?: boolean;
}

/** Makes a certificate that signs itself, for registries of tests. Needs `openssl`. */
export function makeCertificate(options: CertificateOptions): {
  readonly certFile: string;
  readonly keyFile: string;
} {
  const { folder, name, commonName = 'test', expired = false } = options;
  mkdirSync(join(folder, 'new'), { recursive: true });
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const [request, config] = [join(folder, 'request.pem'), join(folder, 'ca.cnf')];
  writeFileSync(config, renderConfig(folder, name));
  writeFileSync(join(folder, 'index.txt'), '');
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
  const subject = ['-subj', `/CN=${commonName}`];
  run(['req', '-new', ...key.split(' '), ...subject, '-keyout', keyFile, '-out', request]);
  const [start, end] = expired ? ['20200101', '20210101'] : ['20200101', '20490101'];
  const flags = ['-batch', '-selfsign', '-rand_serial', '-notext', '-config', config];
  const files = ['-keyfile', keyFile, '-in', request, '-out', certFile];
  const times = ['-startdate', `${start}000000Z`, '-enddate', `${end}000000Z`];
  run(['ca', ...flags, ...files, ...times]);
  return { certFile, keyFile };
}

function run(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore' });
}

function renderConfig(folder: string, name: string): string {
  return [
    '[ca]',
    'default_ca = own',
    '[own]',
    `database = ${folder}/index.txt`,
    `new_certs_dir = ${folder}/new`,
    `serial = ${folder}/serial`,
    'default_md = sha256',
    'policy = any',
    'x509_extensions = names',
    '[any]',
    'commonName = supplied',
    '[names]',
    `subjectAltName = ${name}`,
    '',
  ].join('\n');
}
