import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The Go module that names the programs and their versions. */
export const KUBE_MODULE = fileURLToPath(new URL('../../test/go/kube/', import.meta.url));

/** Each program, and its package in Go. */
export const KUBE_PROGRAMS = {
  etcd: 'go.etcd.io/etcd/server/v3',
  kustomize: 'sigs.k8s.io/kustomize/kustomize/v5',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
};

/** Where the programs of exactly these versions are kept, whether they are there or not. */
export function nameKubeFolder() {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(KUBE_MODULE, file)));
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return join(cache, 'olmirror-ci', `kube-${hash.digest('hex').slice(0, 12)}`);
}

/** The folder with all of them, or null. */
export function findKubePrograms() {
  const folder = nameKubeFolder();
  const isThere = Object.keys(KUBE_PROGRAMS).every((name) => existsSync(join(folder, name)));
  return isThere ? folder : null;
}
