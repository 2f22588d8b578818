// Builds the programs that the tests of Kubernetes run (a real API server, etcd, kustomize) from the Go module
// in test/go/kube: some minutes the first time, then they lie in the cache.
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import {
  findKubePrograms,
  KUBE_MODULE,
  KUBE_PROGRAMS,
  nameKubeFolder,
} from './lib/kube-programs.mjs';

if (findKubePrograms() === null) build();
console.log(nameKubeFolder());

function build() {
  const folder = nameKubeFolder();
  mkdirSync(folder, { recursive: true });
  for (const [name, path] of Object.entries(KUBE_PROGRAMS)) {
    console.log(`building ${name}`);
    // Renamed when it is whole: a build that was cut off leaves nothing that looks like a program.
    const half = join(folder, `${name}.half`);
    const { status, error } = spawnSync('go', ['build', '-trimpath', '-o', half, path], {
      cwd: KUBE_MODULE,
      stdio: 'inherit',
    });
    if (status !== 0) {
      console.error(`${name} could not be built${error ? `: ${error.message}` : ''}.`);
      process.exit(1);
    }
    renameSync(half, join(folder, name));
  }
}
