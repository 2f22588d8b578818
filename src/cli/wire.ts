import { hostname, uptime } from 'node:os';
import { join, posix, resolve } from 'node:path';
import type { Applier } from '../apply/port.ts';
import { findShardFolder } from '../apply/shard-folders.ts';
import type { EmitEvent } from '../base/events.ts';
import { buildLockTiming, type Locker } from '../base/locker.ts';
import type { PassNotes } from '../base/pass-notes.ts';
import type { ProofNotes } from '../base/proof-notes.ts';
import type { DiskLayerStore } from '../files/layer-store.ts';
import { createRequestLedger } from '../files/request-ledger.ts';
import type { ForgeAccess, ForgePort, ForgeRepository } from '../forge/review-port.ts';
import type { GitPort, RemoteAccess, VerifyMessages } from '../git/port.ts';
import type { ProposalDesk } from '../git/proposal-types.ts';
import type { ObjectReader } from '../kube/port.ts';
import type { MirrorManifest, PerRole, RegistryEntry } from '../manifest/types.ts';
import type { Shard } from '../plan/shard.ts';
import type { PassMemory } from '../reconcile/pass-memory.ts';
import type { PassRunner } from '../reconcile/pass-runner.ts';
import type { PassDeps, PassPreparer } from '../reconcile/prepare-pass.ts';
import { findCertFolder } from '../registry/find-cert-folder.ts';
import { createHttpRegistry } from '../registry/http-registry.ts';
import type { RegistryPort } from '../registry/port.ts';
import type { OpenCatalogServer } from '../serve/port.ts';
import type { ApplierOptions } from './applier-options.ts';
import { boundMemory } from './bound-memory.ts';
import type { CatalogThread } from './catalog-pool.ts';
import type { CommandContext } from './context.ts';
import { createForkedRunner } from './forked-runner.ts';
import { nameCodeFolder } from './keep-code.ts';
import type { LivePlace } from './live-options.ts';
import { loadPasses } from './load-passes.ts';
import type { PassSetup } from './pass-messages.ts';
import type { LeaseChoice } from './read-lease.ts';
import { DEFAULT_MANIFEST, findStateFolder } from './state-folder.ts';
import { systemClock } from './system-clock.ts';

/**
 * The real things behind the ports, built for one command, each loaded when it is first asked for.
 * Close it when the command ends.
 */
export interface Wiring {
  /** `access`: how Git servers are reached; left out where none is. */
  readonly openGit: (access?: RemoteAccess) => Promise<GitPort>;
  /** Branches beside the working tree. */
  readonly openDesk: (access: RemoteAccess) => Promise<ProposalDesk>;
  readonly openRegistry: (entry: RegistryEntry) => RegistryPort;
  readonly openRegistries: (manifest: MirrorManifest) => PerRole<RegistryPort>;
  /** A running cluster, read only. Throws `KUBE_BAD_CONFIG` where nothing says which. */
  openCluster(place: LivePlace): Promise<ObjectReader>;
  /** By gpg. */
  readonly verifyMessages: VerifyMessages;
  /** Where layers, and notes of catalog files, are kept for later runs. */
  readonly openStore: () => Promise<DiskLayerStore>;
  createPreparer(git: GitPort, options?: PreparerOptions): Promise<PassPreparer>;
  /** Passes in a process of their own. */
  createRunner(setup: PassSetup, emit: EmitEvent): PassRunner;
  /** The registries as the manifest names them, their files found against its folder. */
  readonly findAccess: (manifest: MirrorManifest) => PerRole<RegistryEntry>;
  /** What earlier passes left in the state folder. */
  openNotes(): Promise<PassNotes>;
  /** When `watch` last saw each image. */
  openProofs(): Promise<ProofNotes>;
  createApplier(options: ApplierOptions): Promise<Applier>;
  readonly openCatalogServer: OpenCatalogServer;
  openForge(repository: ForgeRepository, access: ForgeAccess): Promise<ForgePort>;
  /** Tells of every answer of a registry from now on: its status, null for none. */
  readonly onRegistryAnswer: (listener: RegistryListener) => void;
  /** Folder for the journal, the lock, half-made layouts and layers built of one state repository. */
  readonly stateFolder: string;
  close(): Promise<void>;
}

export interface PreparerOptions {
  /** Default: the command's progress. */
  readonly emit?: EmitEvent;
  /** What passes before left; default: nothing. */
  readonly kept?: PassMemory;
  /** For whoever prepares pass after pass: a thread that stays. */
  readonly thread?: CatalogThread;
}

export type RegistryListener = (host: string, status: number | null, times: number) => void;

const SHORTEST_IDLE = 1_200_000;
const REGISTRY_TIMEOUT = 30_000;
const REGISTRY_RETRIES = 3;
const KUBE_TIMEOUT = 60_000;
/** Objects of one answer: as kubectl asks. */
const KUBE_PAGE = 500;
const READ_DELAY = 500;
const COPY_DELAY = 1_000;
/** A lock without a sign of life for this long is taken over. */
const LOCK_STALE = 30_000;
/** How long the process of passes stays: long enough for the commit that mends the last one. */
const PASS_LINGER = 30_000;
/** Bytes of layers that are kept for later runs: some states of a few large catalogs. */
const KEPT_LAYERS = 1e9;

/** `repository`: the whole of it, where it is opened already; the manifest lies in it at `context.manifestPath`. */
export function createWiring(context: CommandContext, repository?: GitPort): Wiring {
  const open = new Set<{ close(): Promise<void> }>();
  const listeners = new Set<RegistryListener>();
  const stateFolder = context.stateFolder ?? findStateFolder(context);
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
      onAnswer: (status) => listeners.forEach((listener) => listener(host, status, 1)),
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
  async function openGit(access?: RemoteAccess): Promise<GitPort> {
    if (repository !== undefined)
      return repository.enter(posix.dirname(context.manifestPath ?? context.manifestFile));
    const { openGitRepository } = await import('../git/git-repository.ts');
    return openGitRepository(context.folder, access === undefined ? {} : { access });
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
    const { isInCluster } = await import('../kube/kube-config.ts');
    if (lease === 'auto' && !isInCluster(process.env)) return [file];
    const { openLeaseLocker } = await import('../kube/open-lease-locker.ts');
    const place = lease === 'auto' ? null : lease;
    const path = context.manifestPath ?? (await openGit()).prefix + context.manifestFile;
    const manifest = path === DEFAULT_MANIFEST ? null : path;
    return [file, openLeaseLocker({ ...options, place, manifest, environment: process.env })];
  }
  return {
    stateFolder,
    openStore,
    verifyMessages,
    onRegistryAnswer: (listener) => listeners.add(listener),
    openGit,
    async openDesk(access) {
      const { openProposalDesk } = await import('../git/proposal-desk.ts');
      return openProposalDesk(context.folder, { access });
    },
    async openCluster({ kubeconfig, context: name }) {
      const { openClusterReader } = await import('../kube/open-object-reader.ts');
      return openClusterReader({
        kubeconfig,
        context: name,
        environment: process.env,
        clock: systemClock,
        timeoutMilliseconds: readNumber('OLMIRROR_KUBE_TIMEOUT_MS', KUBE_TIMEOUT),
        pageSize: KUBE_PAGE,
      });
    },
    openRegistry,
    openRegistries,
    findAccess: ({ registries }) => ({
      production: findFiles(registries.production),
      staging: findFiles(registries.staging),
    }),
    async openForge(place, access) {
      const { openForge } = await import('./open-forge.ts');
      const delay = readNumber('OLMIRROR_RETRY_DELAY_MS', READ_DELAY);
      const forge = await openForge(place, access, delay);
      open.add(forge);
      return forge;
    },
    async createPreparer(git, { emit = context.progress.emit, kept, thread } = {}) {
      boundMemory();
      const { createPassPreparer, createLayerBuilder, readFreeSpace, createMissingReader } =
        await loadPasses();
      const deps: PassDeps = {
        openRegistries,
        readSource: () => git.readRemoteUrl(),
        readFreeSpace: (path) => readFreeSpace(resolve(context.folder, path)),
        verifyMessages,
        indexWork: {
          store: await openStore(),
          buildGroups: createLayerBuilder(context.signal, thread),
        },
        requestCount: ledger,
        readMissingThen: createMissingReader(git),
        openFiles: (commit) => git.openFiles(commit),
        clock: systemClock,
        emit,
        signal: context.signal,
      };
      return createPassPreparer(deps, kept);
    },
    createRunner: (setup, emit) =>
      createForkedRunner(setup, {
        emit,
        onRegistryAnswer: (host, status, times) => {
          for (const listener of listeners) listener(host, status, times);
        },
        signal: context.signal,
        lingerMilliseconds: readNumber('OLMIRROR_PASS_LINGER_MS', PASS_LINGER),
      }),
    async openNotes() {
      const { openPassNotes } = await import('../files/pass-notes.ts');
      return openPassNotes(stateFolder, () => systemClock.now());
    },
    async openProofs() {
      const { openProofNotes } = await import('../files/proof-notes.ts');
      return openProofNotes(stateFolder);
    },
    async createApplier(asked) {
      const { copyTimeoutMilliseconds: copyTimeout, graceMilliseconds, shard } = asked;
      const { createApplier } = await import('../apply/apply-plan.ts');
      const { createPodmanBuilder } = await import('../apply/podman-builder.ts');
      const { createSkopeoCopier } = await import('../apply/skopeo-copier.ts');
      const { openLauncher } = await import('../apply/launcher.ts');
      const { openOciLayout } = await import('../files/oci-layout.ts');
      const launcher = openLauncher(nameCodeFolder());
      open.add(launcher);
      const options = {
        timeoutMilliseconds: copyTimeout,
        // One large layer is silent while it moves: who allows a copy more time allows it more silence.
        idleMilliseconds: Math.max(SHORTEST_IDLE, copyTimeout / 2),
        environment: process.env,
        findCertFolder: (host: string) => findCertFolder(host, process.env),
        runGroup: launcher.runGroup,
        onReadying: launcher.start,
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

/** A number from the environment, for tests and for those who know why. */
export function readNumber(name: string, otherwise: number): number {
  const value = Number(process.env[name]);
  return Number.isFinite(value) && value > 0 ? value : otherwise;
}

async function verifyMessages(...asked: Parameters<VerifyMessages>): ReturnType<VerifyMessages> {
  const { createMessageVerifier } = await import('../git/verify-messages.ts');
  return createMessageVerifier(process.env)(...asked);
}
