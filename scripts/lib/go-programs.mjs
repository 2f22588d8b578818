import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the tests of Kubernetes run: a real API server, the etcd under it, and kustomize. */
export const KUBE = {
  name: 'kube',
  module: findModule('kube'),
  programs: {
    etcd: 'go.etcd.io/etcd/server/v3',
    kustomize: 'sigs.k8s.io/kustomize/kustomize/v5',
    'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  },
  flags: [],
  environment: {},
};

/** What the tests of forges run: a real Gitea. */
export const GITEA = {
  name: 'gitea',
  module: findModule('gitea'),
  programs: { gitea: 'code.gitea.io/gitea' },
  flags: ['-tags', 'sqlite sqlite_unlock_notify'],
  // SQLite needs a C compiler.
  environment: { CGO_ENABLED: '1' },
};

/** What the tests of metrics and alerts run. */
export const PROMTOOL = {
  name: 'promtool',
  module: findModule('promtool'),
  programs: { promtool: 'github.com/prometheus/prometheus/cmd/promtool' },
  // Without the clients of a dozen clouds, which find what to scrape.
  flags: ['-tags', 'remove_all_sd'],
  environment: {},
};

export const PROGRAM_SETS = { kube: KUBE, promtool: PROMTOOL, gitea: GITEA };

/** Where the programs of exactly these versions are kept, whether they are there or not. */
function nameProgramFolder({ name, module, flags }) {
  const hash = createHash('sha256').update(flags.join(' '));
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(module, file)));
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return join(cache, 'olmirror-ci', `${name}-${hash.digest('hex').slice(0, 12)}`);
}

/** The folder with all of them, or null. */
export function findPrograms(set) {
  const folder = nameProgramFolder(set);
  const isThere = Object.keys(set.programs).every((name) => existsSync(join(folder, name)));
  return isThere ? folder : null;
}

/** Builds them unless they are there; ends the process where one cannot be built. */
export function buildPrograms(set) {
  const folder = nameProgramFolder(set);
  if (findPrograms(set) !== null) return folder;
  mkdirSync(folder, { recursive: true });
  for (const [name, path] of Object.entries(set.programs)) {
    console.log(`building ${name}`);
    // Renamed when it is whole: a build that was cut off leaves nothing that looks like a program.
    const half = join(folder, `${name}.half`);
    const { status, error } = spawnSync(
      'go',
      ['build', '-trimpath', ...set.flags, '-o', half, path],
      { cwd: set.module, env: { ...process.env, ...set.environment }, stdio: 'inherit' },
    );
    if (status !== 0) {
      console.error(`${name} could not be built${error ? `: ${error.message}` : ''}.`);
      process.exit(1);
    }
    renameSync(half, join(folder, name));
  }
  return folder;
}

function findModule(name) {
  return fileURLToPath(new URL(`../../test/go/${name}/`, import.meta.url));
}
