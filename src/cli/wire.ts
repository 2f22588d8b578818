import { createHash } from 'node:crypto';
import { homedir, hostname, uptime } from 'node:os';
import { join, resolve } from 'node:path';
import type { Applier } from '../apply/port.ts';
import { findShardFolder } from '../apply/shard-folders.ts';
import type { EmitEvent } from '../base/events.ts';
import { buildLockTiming, type Locker } from '../base/locker.ts';
import type { PassNotes } from '../base/pass-notes.ts';
import type { DiskLayerStore } from '../files/layer-store.ts';
import { createRequestLedger } from '../files/request-ledger.ts';
import type { GitPort } from '../git/port.ts';
import type { MirrorManifest, PerRole, RegistryEntry } from '../manifest/types.ts';
import type { Shard } from '../plan/shard.ts';
import type { PassDeps, PassPreparer } from '../reconcile/prepare-pass.ts';
import { findCertFolder } from '../registry/find-cert-folder.ts';
import { createHttpRegistry } from '../registry/http-registry.ts';
import type { RegistryPort } from '../registry/port.ts';
import type { OpenCatalogServer } from '../serve/port.ts';
import { boundMemory } from './bound-memory.ts';
import type { CommandContext } from './context.ts';
import type { LeaseChoice } from './read-lease.ts';
import { systemClock } from './system-clock.ts';

/**
 * The real things behind the ports, built for one command, each loaded when it is first asked for.
 * Close it when the command ends.
 */
export interface Wiring {
  readonly openGit: () => Promise<GitPort>;
  readonly openRegistry: (entry: RegistryEntry) => RegistryPort;
  readonly openRegistries: (manifest: MirrorManifest) => PerRole<RegistryPort>;
  /** Where layers, and notes of catalog files, are kept for later runs. */
  readonly openStore: () => Promise<DiskLayerStore>;
  createPreparer(git: GitPort, emit?: EmitEvent): Promise<PassPreparer>;
  /** The registries as the manifest names them, their files found against its folder. */
  readonly findAccess: (manifest: MirrorManifest) => PerRole<RegistryEntry>;
  /** What earlier passes left in the state folder. */
  openNotes(): Promise<PassNotes>;
  createApplier(options: ApplierOptions): Promise<Applier>;
  readonly openCatalogServer: OpenCatalogServer;
  /** Folder for the journal, the lock, half-made layouts and layers built of one state repository. */
  readonly stateFolder: string;
  close(): Promise<void>;
}

export interface ApplierOptions {
  /** How long one copy may take. */
  readonly copyTimeoutMilliseconds: number;
  /** How long what runs may go on after an interrupt. */
  readonly graceMilliseconds?: number;
  /** What part of the manifest it writes; left out for all of it. */
  readonly shard?: Shard;
  /** Default `auto`. */
  readonly lease?: LeaseChoice;
}

const SHORTEST_IDLE = 1_200_000;
const REGISTRY_TIMEOUT = 30_000;
const REGISTRY_RETRIES = 3;
const READ_DELAY = 500;
const COPY_DELAY = 1_000;
/** A lock without a sign of life for this long is taken over. */
const LOCK_STALE = 30_000;
/** Bytes of layers that are kept for later runs: some states of a few large catalogs. */
const KEPT_LAYERS = 1e9;

export function createWiring(context: CommandContext): Wiring {
  const open = new Set<{ close(): Promise<void> }>();
  const stateFolder = findStateFolder(context.folder);
  const ledger = createRequestLedger({
    folder: join(stateFolder, 'requests'),
    clock: systemClock,
    warn: (message) => context.progress.emit({ kind: 'warning', message, hint: null }),
  });
  function findFiles(entry: RegistryEntry): RegistryEntry {
    return {
      ...entry,
      caFile: resolveFile(entry.caFile, context.folder),
      authFile: resolveFile(entry.authFile, context.folder),
    };
  }
  function openRegistry(entry: RegistryEntry): RegistryPort {
    const { host, insecure, caFile, authFile, requestsPerDay } = findFiles(entry);
    const registry = createHttpRegistry({
      host,
      insecure,
      caFile,
      authFile,
      environment: process.env,
      timeoutMilliseconds: readNumber('OLMIRROR_REGISTRY_TIMEOUT_MS', REGISTRY_TIMEOUT),
      retries: REGISTRY_RETRIES,
      backoffMilliseconds: readNumber('OLMIRROR_RETRY_DELAY_MS', READ_DELAY),
      onRequest: requestsPerDay === null ? undefined : () => ledger.add(host, 1),
      clock: systemClock,
    });
    open.add(registry);
    return registry;
  }
  function openRegistries(manifest: MirrorManifest): PerRole<RegistryPort> {
    return {
      production: openRegistry(manifest.registries.production),
      staging: openRegistry(manifest.registries.staging),
    };
  }
  async function openStore(): Promise<DiskLayerStore> {
    const { createLayerStore } = await import('../files/layer-store.ts');
    return createLayerStore({ folder: join(stateFolder, 'layers'), maxBytes: KEPT_LAYERS });
  }
  async function openLockers(lease: LeaseChoice): Promise<readonly Locker[]> {
    const { createFileLocker } = await import('../apply/file-locker.ts');
    const options = {
      host: hostname(),
      clock: systemClock,
      elapsed: readElapsed,
      timing: buildLockTiming(readNumber('OLMIRROR_LOCK_STALE_MS', LOCK_STALE)),
      onWait: (message: string) => context.progress.emit({ kind: 'warning', message, hint: null }),
    };
    const file = createFileLocker({ ...options, folder: stateFolder });
    // The client of Kubernetes is large: only a pod, or who names a Lease, pays for it.
    if (lease === 'off') return [file];
    if (lease === 'auto' && process.env['KUBERNETES_SERVICE_HOST'] === undefined) return [file];
    const { isInCluster, openLeaseLocker } = await import('../kube/open-lease-locker.ts');
    if (lease === 'auto' && !isInCluster(process.env)) return [file];
    const place = lease === 'auto' ? null : lease;
    return [file, openLeaseLocker({ ...options, place, environment: process.env })];
  }
  return {
    stateFolder,
    openStore,
    async openGit() {
      const { openGitRepository } = await import('../git/git-repository.ts');
      return openGitRepository(context.folder);
    },
    openRegistry,
    openRegistries,
    findAccess: ({ registries }) => ({
      production: findFiles(registries.production),
      staging: findFiles(registries.staging),
    }),
    async createPreparer(git, emit = context.progress.emit) {
      boundMemory();
      const { createPassPreparer } = await import('../reconcile/prepare-pass.ts');
      const { createLayerBuilder } = await import('./build-layers.ts');
      const { readFreeSpace } = await import('../files/free-space.ts');
      const { createMissingReader } = await import('../reconcile/read-missing-then.ts');
      const deps: PassDeps = {
        openRegistries,
        readSource: () => git.readRemoteUrl(),
        readFreeSpace: (path) => readFreeSpace(resolve(context.folder, path)),
        indexWork: {
          store: await openStore(),
          buildGroups: createLayerBuilder(context.signal),
        },
        requestCount: ledger,
        readMissingThen: createMissingReader(git),
        clock: systemClock,
        emit,
        signal: context.signal,
      };
      return createPassPreparer(deps);
    },
    async openNotes() {
      const { openPassNotes } = await import('../files/pass-notes.ts');
      return openPassNotes(stateFolder, () => systemClock.now());
    },
    async createApplier(asked) {
      const { copyTimeoutMilliseconds: copyTimeout, graceMilliseconds, shard } = asked;
      const { createApplier } = await import('../apply/apply-plan.ts');
      const { createPodmanBuilder } = await import('../apply/podman-builder.ts');
      const { createSkopeoCopier } = await import('../apply/skopeo-copier.ts');
      const { openLauncher } = await import('../apply/launcher.ts');
      const { openOciLayout } = await import('../files/oci-layout.ts');
      const launcher = openLauncher();
      open.add(launcher);
      const options = {
        timeoutMilliseconds: copyTimeout,
        // One large layer is silent while it moves: who allows a copy more time allows it more silence.
        idleMilliseconds: Math.max(SHORTEST_IDLE, copyTimeout / 2),
        environment: process.env,
        findCertFolder: (host: string) => findCertFolder(host, process.env),
        runGroup: launcher.runGroup,
      };
      const workFolder = findWorkFolder(stateFolder, shard);
      return createApplier({
        lockers: await openLockers(asked.lease ?? 'auto'),
        copier: createSkopeoCopier({ ...options, stateFolder: workFolder }),
        podman: { builder: createPodmanBuilder(options), openLayout: openOciLayout },
        clock: systemClock,
        random: Math.random,
        retry: { delayMilliseconds: readNumber('OLMIRROR_RETRY_DELAY_MS', COPY_DELAY) },
        stateFolder: workFolder,
        ...(graceMilliseconds === undefined ? {} : { graceMilliseconds }),
      });
    },
    async openCatalogServer(request) {
      const { openCatalogServer } = await import('../serve/open-catalog-server.ts');
      return openCatalogServer(request);
    },
    async close() {
      await Promise.all([...open].map((thing) => thing.close()));
      await ledger.flush();
    },
  };
}

// XDG: state that outlives a restart but is not the user's work. One folder per state repository.
function findStateFolder(folder: string): string {
  const home = process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state');
  return join(
    home,
    'olmirror',
    createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 16),
  );
}

// Shards run side by side, and each removes what a killed pass left; what publishes indexes runs alone.
function findWorkFolder(stateFolder: string, shard: Shard | undefined): string {
  return shard === undefined || shard.part === 'index'
    ? stateFolder
    : findShardFolder(stateFolder, shard);
}

function resolveFile(file: string | null, folder: string): string | null {
  return file === null ? null : resolve(folder, file);
}

// Since the machine started, its sleep included, which the timers of Node leave out.
function readElapsed(): number {
  return uptime() * 1000;
}

function readNumber(name: string, otherwise: number): number {
  const value = Number(process.env[name]);
  return Number.isFinite(value) && value > 0 ? value : otherwise;
}
