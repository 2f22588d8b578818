// Starts the units of `deploy/systemd` as they are under a real systemd, the first process of a container that has the
// programs of this machine: the service reads its secrets, says that it is ready, publishes and ends; what runs at night publishes
// the next delivery. Against two real registries and a Git server that asks for a login. Needs root, podman and a build.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deliverOne } from '../test/support/deliver.ts';
import { startGitServer } from '../test/support/git-server.ts';
import { runAndCommit } from '../test/support/proxied-site.ts';
import {
  type CliResult,
  collect,
  createSite,
  pushIndex,
  pushOperator,
  readServed,
  type Site,
} from '../test/support/site.ts';
import { waitFor } from '../test/support/wait-for.ts';
import { podmanStorage } from './lib/podman-storage.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const UNITS = join(ROOT, 'deploy/systemd');
const NAME = 'olmirror-systemd';
const LOGIN = 'robot:secret-token';
const WATCH = 'olmirror-watch.service';
const FOLDERS =
  'dev etc/olmirror etc/systemd/system opt/olmirror/bin proc root run sys tmp usr var/lib var/log var/tmp';
const FILES: Readonly<Record<string, string>> = {
  'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
  'etc/machine-id': '',
  // The user of the units is one of systemd's own.
  'etc/nsswitch.conf': 'passwd: files systemd\ngroup: files systemd\n',
  'etc/os-release': 'ID=debian\n',
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n',
};

if (process.getuid?.() !== 0) {
  console.log('Not tried: only root may start a systemd.');
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), 'olm-s-'));
const root = join(folder, 'fs');
const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
const scope = { after: (end: () => unknown): void => void ends.push(end) };
const STORAGE = podmanStorage(folder);
try {
  const site = await createSite(scope);
  await deliverOne(site);
  await runAndCommit(site, ['merge']);
  const remote = await serveRepository(site);
  layOutMachine();
  installUnits(remote);
  await startSystemd();
  await checkService(site);
  await checkNight(site, remote);
  console.log('The service becomes ready, publishes, is begun again and ends; so does a night.');
} finally {
  for (const end of ends.toReversed()) await end();
}

async function serveRepository(site: Site): Promise<string> {
  const bare = join(folder, 'git/state.git');
  await site.git('clone', '-q', '--bare', site.state, bare);
  await site.git('remote', 'add', 'origin', bare);
  const server = await startGitServer(scope, join(folder, 'git'));
  server.letIn(LOGIN);
  return `${server.url}state.git`;
}

/** A machine as systemd wants it, with olmirror where the units look for it. */
function layOutMachine(): void {
  for (const path of FOLDERS.split(' ')) mkdirSync(join(root, path), { recursive: true });
  for (const name of ['bin', 'lib', 'lib64', 'sbin'])
    if (existsSync(join('/usr', name))) symlinkSync(`usr/${name}`, join(root, name));
  for (const [path, text] of Object.entries(FILES)) writeFileSync(join(root, path), text);
  copyFileSync(process.execPath, join(root, 'opt/olmirror/bin/node'));
  for (const name of ['dist', 'package.json', 'schemas'])
    cpSync(join(ROOT, name), join(root, 'opt/olmirror', name), { recursive: true });
}

/** As docs/en/bastion.md says. */
function installUnits(remote: string): void {
  const settings = join(root, 'etc/olmirror');
  for (const name of readdirSync(UNITS)) {
    const place = name.endsWith('.env') ? settings : join(root, 'etc/systemd/system');
    copyFileSync(join(UNITS, name), join(place, name));
  }
  const file = join(settings, 'olmirror.env');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/^OLMIRROR_REMOTE=.*$/m, `OLMIRROR_REMOTE=${remote}`));
  const login = new URL(remote).origin.replace('//', `//${LOGIN}@`);
  for (const [name, secret] of [
    ['auth.json', '{"auths": {}}'],
    ['git-credentials', `${login}\n`],
  ] as const) {
    writeFileSync(join(settings, name), secret);
    chmodSync(join(settings, name), 0o600);
  }
}

async function startSystemd(): Promise<void> {
  const log = join(folder, 'systemd.log');
  // What a unit is shut in by needs rights, and credentials reach it only where mounts are shared.
  const rights = [
    '--cap-add=all',
    '--security-opt=seccomp=unconfined',
    '--security-opt=unmask=all',
  ];
  const limits = ['--ulimit=nofile=8192:8192', '--ulimit=nproc=1024:1024'];
  const kind = ['--rm', `--name=${NAME}`, '--systemd=always', '--network=host'];
  const machine = ['--volume=/usr:/usr:ro', '--rootfs', root];
  const boot = 'mount --make-rshared / && exec /lib/systemd/systemd --unit=multi-user.target';
  const podman = ['podman', ...STORAGE, 'run', ...kind, ...rights, ...limits, ...machine];
  // crun refuses a machine that has both kinds of cgroups mounted, as many build machines do.
  const view = 'umount -l /sys/fs/cgroup/unified 2>/dev/null; exec "$@" >"$0" 2>&1';
  const command = ['-m', '--propagation=private', 'sh', '-c', view, log, ...podman];
  const running = spawn('unshare', [...command, '/bin/sh', '-c', boot], { stdio: 'ignore' });
  const ended = new Promise((resolve) => running.once('exit', resolve));
  ends.push(async () => {
    // SIGRTMIN+14 is systemd's word for: off, at once.
    await ask('kill', '-s', 'SIGRTMIN+14', '1');
    await ended;
  });
  await waitFor('systemd is up', async () =>
    /running|degraded/.test((await ask('systemctl', 'is-system-running')).stdout),
  );
}

// The Git server runs in this process: nothing may make it wait.
function ask(...command: readonly string[]): Promise<CliResult> {
  return collect(spawn('podman', [...STORAGE, 'exec', NAME, ...command]));
}

async function expect(...command: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await ask(...command);
  const { stdout: journal } = code === 0 ? { stdout: '' } : await ask('journalctl', '-n', '50');
  assert.equal(code, 0, `${command.join(' ')}: ${stdout}${stderr}\n${journal}`);
  return stdout.trim();
}

function show(property: string): Promise<string> {
  return expect('systemctl', 'show', '--value', `--property=${property}`, WATCH);
}

async function checkService(site: Site): Promise<void> {
  const production = site.open(site.production);
  // A unit of its type has started once it said that it is ready.
  await expect('systemctl', 'enable', '--now', WATCH);
  await waitFor('the first pass', async () => (await readServed(production)).includes('a.v1.1.0'));
  await waitFor('its words', async () => (await show('StatusText')).startsWith('in step with'));
  assert.equal(await show('NRestarts'), '0');
  await expect('systemctl', 'kill', '--kill-who=main', '--signal=SIGKILL', WATCH);
  await waitFor('the end', async () => (await show('SubState')) === 'auto-restart');
  await expect('systemctl', 'restart', WATCH);
  await expect('systemctl', 'stop', WATCH);
  assert.deepEqual(await Promise.all([show('ActiveState'), show('Result')]), [
    'inactive',
    'success',
  ]);
}

async function checkNight(site: Site, remote: string): Promise<void> {
  const versions = ['1.0.0', '1.1.0', '1.2.0'];
  await pushIndex(site.staging.host, {
    a: await pushOperator(site.staging.host, { name: 'a', versions }),
  });
  const user = ['-p', 'DynamicUser=yes', '-p', 'User=olmirror', '-p', 'StateDirectory=olmirror'];
  const clone = '/var/lib/olmirror/clone';
  const git = ['systemd-run', '--wait', '--pipe', ...user, 'git'];
  await expect(...git, 'clone', '-q', remote.replace('//', `//${LOGIN}@`), clone);
  await expect(...git, '-C', clone, 'remote', 'set-url', 'origin', remote);
  await runAndCommit(site, ['merge']);
  await site.git('push', '-q', 'origin', 'main');
  await expect('systemctl', 'start', 'olmirror-apply.timer');
  await expect('systemctl', 'start', 'olmirror-apply.service');
  assert.ok((await readServed(site.open(site.production))).includes('a.v1.2.0'));
  assert.match(await expect('systemctl', 'list-timers'), /olmirror-apply\.timer/);
}
