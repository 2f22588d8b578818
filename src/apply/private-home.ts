import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Environment } from '../base/child-environment.ts';

const REGISTRIES_CONF = 'registries.conf';
const AUTH_FILE = 'auth.json';

/**
 * Makes a home for skopeo runs and returns the variables that name it. Its registries.conf is empty,
 * and the only one that counts. Until containers/image 5.36 skopeo reads the machine's drop-ins besides a
 * file that is named by argument, but not besides one in the home; newer ones (seen in 5.42) read drop-ins
 * besides both, but not besides one that CONTAINERS_REGISTRIES_CONF names.
 *
 * Of the user's home it shows all save the settings of the containers tools, since credential helpers keep theirs
 * anywhere; the default auth files only where `looksUp`, and those also that are not there yet: somebody may log in
 * during a pass.
 */
export async function makePrivateHome(
  folder: string,
  environment: Environment,
  looksUp: boolean,
): Promise<Record<string, string>> {
  const { HOME: home, XDG_CONFIG_HOME: config } = environment;
  const ownHome = join(folder, 'home');
  const ownConfig = join(ownHome, '.config');
  await makeConfigFolder(ownConfig, home ? join(home, '.config') : null, looksUp);
  const hidden = looksUp ? ['.config'] : ['.config', ...DOCKER_NAMES];
  if (home) await linkEntries(home, ownHome, { always: looksUp ? DOCKER_NAMES : [], hidden });
  const otherConfig = join(folder, 'config');
  if (config) await makeConfigFolder(otherConfig, config, looksUp);
  const empty = join(folder, 'empty');
  if (!looksUp) await mkdir(empty);
  return {
    HOME: ownHome,
    ...(config && { XDG_CONFIG_HOME: otherConfig }),
    ...(!looksUp && { XDG_RUNTIME_DIR: empty, DOCKER_CONFIG: empty }),
    CONTAINERS_REGISTRIES_CONF: join(ownConfig, 'containers', REGISTRIES_CONF),
  };
}

const DOCKER_NAMES = ['.docker', '.dockercfg'];

async function makeConfigFolder(
  folder: string,
  real: string | null,
  looksUp: boolean,
): Promise<void> {
  const containers = join(folder, 'containers');
  await mkdir(containers, { recursive: true });
  await writeFile(join(containers, REGISTRIES_CONF), '');
  if (real === null) return;
  await linkEntries(real, folder, { always: [], hidden: ['containers'] });
  if (looksUp) await symlink(resolve(real, 'containers', AUTH_FILE), join(containers, AUTH_FILE));
}

async function linkEntries(
  from: string,
  to: string,
  { always, hidden }: { readonly always: readonly string[]; readonly hidden: readonly string[] },
): Promise<void> {
  // A folder that cannot be read has nothing that skopeo could read either.
  const found = await readdir(from).catch(() => []);
  const names = new Set([...always, ...found.filter((name) => !hidden.includes(name))]);
  await Promise.all([...names].map((name) => symlink(resolve(from, name), join(to, name))));
}
