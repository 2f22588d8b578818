// Builds the programs that some tests run (a real API server with etcd and kustomize, promtool, a real Gitea) from the
// Go modules in test/go, all or those that are named: some minutes the first time, then they lie in the cache.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildPrograms, GITEA, PROGRAM_SETS } from './lib/go-programs.mjs';

const names = process.argv.slice(2);
for (const name of names.length > 0 ? names : Object.keys(PROGRAM_SETS)) {
  const set = PROGRAM_SETS[name];
  if (set === undefined) {
    console.error(
      `There are no programs called ${name}; there are ${Object.keys(PROGRAM_SETS).join(', ')}.`,
    );
    process.exit(1);
  }
  const folder = buildPrograms(set);
  if (set === GITEA && !existsSync(join(folder, 'static'))) copyStatic(folder);
  console.log(folder);
}

// What Gitea reads beside its program. Its front end is not in the module: the API, webhooks and pull requests need none.
function copyStatic(folder) {
  const listing = spawnSync('go', ['list', '-m', '-f', '{{.Dir}}', 'code.gitea.io/gitea'], {
    cwd: GITEA.module,
    encoding: 'utf8',
  });
  const half = join(folder, 'static.half');
  rmSync(half, { recursive: true, force: true });
  for (const name of ['options', 'templates', 'public'])
    cpSync(join(listing.stdout.trim(), name), join(half, name), { recursive: true });
  renameSync(half, join(folder, 'static'));
}
