import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../base/child-environment.ts';
import { makeRunFolder, removeRunFolder } from './run-folder.ts';

/** Where the runs of one build keep what they need, all of it private. */
export interface PodmanPlaces {
  readonly storage: string;
  /** Short-lived state. */
  readonly run: string;
  readonly state: string;
  readonly environment: Readonly<Record<string, string>>;
}

const RUN_PREFIX = 'olmirror-podman-';
const RUN_LINK = 'run';
/** podman refuses a run folder of more than 50 characters. */
const LONGEST_RUN = 50;

/** Makes the folders and settings of a build in its workspace. */
export async function preparePlaces(
  workspace: string,
  environment: Environment,
): Promise<PodmanPlaces> {
  const [home, temporary, storage, state] = ['home', 'tmp', 'storage', 'state'].map((name) =>
    join(workspace, name),
  );
  if (home === undefined || temporary === undefined || storage === undefined || state === undefined)
    throw new Error('Four folders have four names.');
  const containers = join(home, '.config', 'containers');
  for (const folder of [containers, temporary, state]) await mkdir(folder, { recursive: true });
  const run = await makeShortFolder(workspace);
  const settings = {
    'storage.conf': renderStorage(storage, run),
    'containers.conf': CONTAINERS_CONF,
    'registries.conf': 'unqualified-search-registries = []\n',
    'policy.json': JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }),
  };
  for (const [name, text] of Object.entries(settings))
    await writeFile(join(containers, name), text);
  return {
    storage,
    run,
    state,
    environment: {
      PATH: environment['PATH'] ?? '',
      HOME: home,
      TMPDIR: temporary,
      XDG_CONFIG_HOME: join(home, '.config'),
      XDG_DATA_HOME: join(home, 'data'),
      XDG_RUNTIME_DIR: run,
      CONTAINERS_STORAGE_CONF: join(containers, 'storage.conf'),
      CONTAINERS_CONF: join(containers, 'containers.conf'),
      CONTAINERS_REGISTRIES_CONF: join(containers, 'registries.conf'),
      LC_ALL: 'C',
    },
  };
}

// Locks in shared memory would be those of the user's podman.
const CONTAINERS_CONF = `[engine]
lock_type = "file"
events_logger = "none"
cgroup_manager = "cgroupfs"
`;

function renderStorage(storage: string, run: string): string {
  return `[storage]
driver = "vfs"
graphroot = ${JSON.stringify(storage)}
runroot = ${JSON.stringify(run)}
`;
}

/** Before the command of every run: the same as the settings, which some versions of podman only half obey. */
export function listGlobalArguments({ storage, run, state }: PodmanPlaces): readonly string[] {
  return [
    `--root=${storage}`,
    `--runroot=${run}`,
    `--tmpdir=${state}`,
    // Slow and large, and the only one that needs nothing of the kernel.
    '--storage-driver=vfs',
  ];
}

// Its length is limited, so it lies elsewhere.
function makeShortFolder(workspace: string): Promise<string> {
  const long = `${tmpdir()}/${RUN_PREFIX}XXXXXX`.length >= LONGEST_RUN;
  return makeRunFolder(join(workspace, RUN_LINK), join(long ? '/tmp' : tmpdir(), RUN_PREFIX));
}

/** Removes what of a workspace lies elsewhere; does nothing where there is nothing. */
export function removeShortFolder(workspace: string): Promise<void> {
  return removeRunFolder(join(workspace, RUN_LINK), RUN_PREFIX);
}
