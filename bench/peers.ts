// Programs that a figure stands beside, built from their sources by Go once and kept between runs.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const PEERS = {
  crane: 'github.com/google/go-containerregistry/cmd/crane@v0.22.1',
  regsync: 'github.com/regclient/regclient/cmd/regsync@v0.11.7',
  registry: 'github.com/distribution/distribution/v3/cmd/registry@v3.1.2',
} as const;

export type PeerName = keyof typeof PEERS;

/** Path of a peer's program; null where there is no Go, or the module cannot be had. The registry takes minutes to build. */
export function findPeer(name: PeerName): string | null {
  const folder = join(
    process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
    'olmirror-bench',
    PEERS[name].split('@').at(-1) ?? '',
  );
  const program = join(folder, name);
  if (existsSync(program)) return program;
  console.error(`Building ${PEERS[name]} …`);
  try {
    execFileSync('go', ['install', PEERS[name]], {
      env: { ...process.env, GOBIN: folder },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return program;
  } catch (error) {
    console.error(`${name} is left out: ${error instanceof Error ? error.message : 'no reason'}`);
    return null;
  }
}

/** Has `startRegistry` start distribution v3 from now on, where it can be had, else Debian's; says which. */
export function chooseRegistry(): string {
  const program = findPeer('registry');
  if (program === null) return 'docker-registry of Debian';
  process.env['REGISTRY_BIN'] = program;
  return 'distribution v3';
}
