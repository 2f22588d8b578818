// Makes the base of the container out of Debian packages, builds the image on it, and runs it: against two
// real registries, with a read-only root, without capabilities and as a user that it does not know.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deliver } from '../test/support/deliver.ts';
import { createSite, readServed, type Site } from '../test/support/site.ts';
import { waitFor } from '../test/support/wait-for.ts';
import { podmanStorage } from './lib/podman-storage.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CONTAINER = join(ROOT, 'deploy/container');
const BASE = 'localhost/olmirror-base:latest';
const IMAGE = 'localhost/olmirror:check';
const LARGEST_MB = 300;
/** A number of OpenShift's kind, in no passwd file. */
const USER = '1000680000:0';
const UNWANTED = 'gcc cc make ld npm npx apt-get dpkg pip python3 perl curl wget';

const folder = mkdtempSync(join(tmpdir(), 'olm-c-'));
const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
const STORAGE = podmanStorage(folder);
try {
  buildImage();
  checkImage();
  const site = await createSite({ after: (end) => void ends.push(end) });
  await checkApply(site);
  await checkWatch(site);
  console.log('The container applies, watches and ends when it is told to.');
} finally {
  for (const end of ends.toReversed()) await end();
}

function buildImage(): void {
  const base = join(folder, 'base.tar');
  console.log(run('bash', [join(CONTAINER, 'make-base.sh'), base]).trimEnd());
  run('podman', [...STORAGE, 'import', base, BASE]);
  run('bash', [join(CONTAINER, 'build.sh'), IMAGE, BASE], {
    PODMAN_OPTIONS: STORAGE.join(' '),
  });
}

function checkImage(): void {
  const inspect = [...STORAGE, 'image', 'inspect', '--format={{.Size}} {{.User}}', IMAGE];
  const [size = '', user] = run('podman', inspect).trim().split(' ');
  const megabytes = Math.round(Number(size) / 1e6);
  console.log(`${IMAGE}: ${megabytes} MB`);
  assert.ok(megabytes > 50 && megabytes < LARGEST_MB, `${megabytes} MB`);
  assert.equal(user, '1001:0');
  assert.match(runInside([], '--version'), /^\d+\.\d+\.\d+/);
  const shell = ['--entrypoint', '/usr/bin/sh'];
  const looked = `for name in ${UNWANTED}; do command -v $name; done; :`;
  assert.equal(runInside(shell, '-c', looked), '');
  const tools = 'skopeo --version && git --version && ssh -V 2>&1';
  console.log(runInside(shell, '-c', tools).trimEnd());
}

async function checkApply(site: Site): Promise<void> {
  await site.writeManifest({ stateBackup: 'on' });
  await deliver(site);
  for (const command of ['init', 'merge']) {
    assert.equal((await site.olmirror([command])).code, 0);
    await site.commit(command);
  }
  // The repository cannot be written to: nothing that a pass does needs that.
  const state = ['--volume', `${site.state}:/state:ro`];
  console.log(runInside(state, 'doctor').trimEnd());
  console.log(runInside(state, 'apply').trimEnd());
  const production = site.open(site.production);
  assert.ok((await readServed(production)).includes('a.v1.1.0'));
  assert.equal((await production.listTags('olm/olmirror-state')).length, 1);
}

async function checkWatch(site: Site): Promise<void> {
  const state = ['--volume', `${site.state}:/state:ro`];
  const [program, ...args] = wrap(state, ['watch', '--interval', '1h']);
  const watching = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  ends.push(() => void watching.kill('SIGKILL'));
  let log = '';
  watching.stdout.setEncoding('utf8').on('data', (text: string) => (log += text));
  const ended = waitForEnd(watching);
  await waitFor('the first pass', () => Promise.resolve(log.includes('sleeps')));
  watching.kill('SIGTERM');
  assert.equal(await ended, 0, log);
  assert.match(log, /stopped/);
}

async function waitForEnd(child: ChildProcess): Promise<unknown> {
  const [code] = await once(child, 'close');
  return code;
}

function runInside(options: readonly string[], ...args: readonly string[]): string {
  const [program, ...rest] = wrap(options, args);
  return run(program, rest);
}

// crun refuses a machine that has both kinds of cgroups mounted, as many build machines do: podman gets a
// view of the machine without the second kind, and sets no limits.
function wrap(options: readonly string[], args: readonly string[]): readonly [string, ...string[]] {
  const limits = ['--ulimit=nofile=1024:1024', '--ulimit=nproc=1024:1024', '--cgroups=disabled'];
  const places = ['--network=host', '--tmpfs=/var/lib/olmirror:mode=1777'];
  const least = ['--read-only', '--cap-drop=all', '--security-opt=no-new-privileges'];
  const podman = ['podman', ...STORAGE, 'run', '--rm', `--user=${USER}`];
  const command = [...podman, ...least, ...places, ...limits, ...options, IMAGE, ...args];
  if (process.getuid?.() !== 0) return ['env', ...command];
  const view = 'umount -l /sys/fs/cgroup/unified 2>/dev/null; exec "$@"';
  return ['unshare', '-m', '--propagation=private', 'sh', '-c', view, 'sh', ...command];
}

function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): string {
  const result = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 1e8,
  });
  if (result.status === 0) return result.stdout;
  throw new Error(`${program} ${args.join(' ')}: ${result.stdout}${result.stderr}`);
}
