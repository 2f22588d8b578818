import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Says whether a program is on the PATH. */
export function hasTool(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .some((folder) => isExecutable(join(folder, name)));
}

/**
 * Makes sure that these Debian packages, named like their programs, are there. As root on a Debian
 * system the missing ones are installed, elsewhere the one command to run is printed; false means
 * that something is still missing.
 */
export function ensureTools(names) {
  const missing = names.filter((name) => !hasTool(name));
  if (missing.length === 0) return true;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.error(
      `Missing: ${missing.join(', ')}. Install it with the command below, then start again.`,
    );
    console.error(`  sudo ${command}`);
    return false;
  }
  console.log(`Installing what is missing: ${command}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const script = `apt-get update -qq && ${command}`;
  const result = spawnSync('sh', ['-c', script], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  if (result.status === 0 && missing.every(hasTool)) return true;
  console.error(`The installation of ${missing.join(', ')} failed.`);
  return false;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
