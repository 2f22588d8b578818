import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type PushedImage, pushImage } from '../../scripts/lib/push-image.ts';
import { type RegistryOptions, startRegistry } from '../../scripts/lib/start-registry.ts';
import { type ApplierDeps, createApplier } from '../../src/apply/apply-plan.ts';
import type { ApplyRequest, ApplyResult, Copier, RegistryAccess } from '../../src/apply/port.ts';
import { digestOf, parseDigest } from '../../src/base/digest.ts';
import type { PassEvent } from '../../src/base/events.ts';
import { formatTagItem } from '../../src/plan/item.ts';
import type { CopyStep, Outcome, Plan, Step, TagStep } from '../../src/plan/types.ts';
import { createHttpRegistry } from '../../src/registry/http-registry.ts';
import type { RegistryPort } from '../../src/registry/port.ts';
import { createSpyCopier, type SpyCopier } from '../fakes/copier.ts';
import { createFakePodman } from '../fakes/podman.ts';
import { openFileLocker } from '../support/open-file-locker.ts';
import { openSkopeo } from '../support/open-skopeo.ts';

export const CLOCK: ApplierDeps['clock'] = {
  now: () => new Date(),
  async sleep(milliseconds, signal) {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  },
};

/** Of a pass that copies into production and publishes no index. */
export const NO_INDEX: Pick<
  ApplyRequest,
  'servingRole' | 'buildIndex' | 'describeIndex' | 'closure'
> = {
  servingRole: 'production',
  buildIndex: () => Promise.reject(new Error('No index was expected to be built.')),
  describeIndex: () => Promise.reject(new Error('podman was expected to build nothing.')),
  closure: () => [],
};

export interface WorldOptions {
  readonly production?: Partial<RegistryOptions>;
  /** Host through which production is reached instead of its own. */
  readonly productionHost?: (real: string) => Promise<string>;
  readonly stagingHost?: (real: string) => Promise<string>;
  readonly productionAccess?: Partial<RegistryAccess>;
  readonly deps?: Partial<ApplierDeps>;
  readonly idleMilliseconds?: number;
  readonly timeoutMilliseconds?: number;
}

/** Two real registries, real skopeo behind a spy, and an applier with short delays. */
export interface World {
  readonly folder: string;
  readonly stateFolder: string;
  readonly productionHost: string;
  readonly stagingHost: string;
  readonly production: RegistryPort;
  readonly staging: RegistryPort;
  readonly copier: SpyCopier;
  readonly events: readonly PassEvent[];
  apply(
    steps: readonly Step[],
    more?: Partial<ApplyRequest>,
    signal?: AbortSignal,
  ): Promise<ApplyResult>;
  /** The same with another copier. */
  applyWith(copier: Copier, steps: readonly Step[]): Promise<ApplyResult>;
  /** Digest under a reference in production; null where it is absent. */
  look(repository: string, reference: string): Promise<string | null>;
  stop(): Promise<void>;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-test-'));
  const production = await startRegistry({
    folder: join(folder, 'production'),
    ...options.production,
  });
  const staging = await startRegistry({ folder: join(folder, 'staging') });
  const productionHost = (await options.productionHost?.(production.host)) ?? production.host;
  const stagingHost = (await options.stagingHost?.(staging.host)) ?? staging.host;
  const stateFolder = join(folder, 'state');
  const access = { insecure: true, authFile: null, caFile: null };
  const registries = {
    production: openRegistry(productionHost, { ...access, ...options.productionAccess }),
    staging: openRegistry(stagingHost, access),
  };
  const copier = createSpyCopier(
    openSkopeo({
      environment: { PATH: process.env['PATH'], HOME: folder },
      stateFolder,
      ...pickTimes(options),
    }),
  );
  const retry = {
    attempts: 3,
    delayMilliseconds: 10,
    longestDelayMilliseconds: 20,
    longestWaitMilliseconds: 2_000,
  };
  const events: PassEvent[] = [];
  const deps = {
    lockers: [openFileLocker(stateFolder)],
    copier,
    podman: createFakePodman(),
    clock: CLOCK,
    random: () => 0.5,
    stateFolder,
    retry,
    ...options.deps,
  };
  const applier = createApplier(deps);
  const fixed: Omit<ApplyRequest, 'plan'> = {
    registries,
    access: {
      production: { host: productionHost, ...access, ...options.productionAccess },
      staging: { host: stagingHost, ...access },
    },
    ...NO_INDEX,
    emit: (event) => events.push(event),
  };
  return {
    folder,
    stateFolder,
    productionHost,
    stagingHost,
    production: registries.production,
    staging: registries.staging,
    copier,
    events,
    apply: (steps, more = {}, signal = new AbortController().signal) =>
      applier.applyPlan({ ...fixed, plan: planOf(steps), ...more }, signal),
    applyWith: (other, steps) =>
      createApplier({ ...deps, copier: other }).applyPlan(
        { ...fixed, plan: planOf(steps) },
        new AbortController().signal,
      ),
    look: (repository, reference) => lookUp(production.host, repository, reference),
    async stop(): Promise<void> {
      await Promise.all([
        registries.production.close(),
        registries.staging.close(),
        production.stop(),
        staging.stop(),
      ]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function pickTimes(options: WorldOptions): {
  idleMilliseconds?: number;
  timeoutMilliseconds?: number;
} {
  const { idleMilliseconds, timeoutMilliseconds } = options;
  return {
    ...(idleMilliseconds === undefined ? {} : { idleMilliseconds }),
    ...(timeoutMilliseconds === undefined ? {} : { timeoutMilliseconds }),
  };
}

function openRegistry(host: string, access: RegistryAccess): RegistryPort {
  return createHttpRegistry({
    host,
    ...access,
    environment: {},
    retries: 0,
    timeoutMilliseconds: 5_000,
    clock: CLOCK,
  });
}

// Past any proxy, with a client of its own: what the registry really holds.
async function lookUp(host: string, repository: string, reference: string): Promise<string | null> {
  const registry = openRegistry(host, { insecure: true, authFile: null, caFile: null });
  const presence = await registry.headManifest(repository, reference);
  await registry.close();
  if (presence.state === 'unknown') throw new Error(presence.message);
  return presence.state === 'present' ? presence.digest : null;
}

export function planOf(steps: readonly Step[]): Plan {
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Plan',
    mirror: 'test',
    revision: 'a'.repeat(40),
    time: '2026-01-01T00:00:00Z',
    indexOnly: false,
    binding: { manifest: digestOf('manifest'), catalogs: {} },
    steps,
    checks: [],
    settled: [],
    catalogs: [],
    wantedItems: steps.flatMap((step) => step.items).length,
    bytes: 0,
    repositories: [],
    storage: null,
    hash: digestOf('plan'),
  };
}

/** Puts a small image on staging. */
export function stage(
  world: World,
  repository: string,
  platforms: readonly string[] = ['linux/amd64'],
): Promise<PushedImage> {
  return pushImage(world.stagingHost, {
    repository,
    tags: ['staged'],
    files: { 'etc/name': repository },
    platforms,
  });
}

export function copyStep(
  image: Pick<PushedImage, 'repository' | 'digest'>,
  tags: readonly string[] = [],
): CopyStep {
  const { repository } = image;
  const digest = parseDigest(image.digest);
  return {
    kind: 'copy',
    id: `copy:${repository}@${digest}`,
    reason: 'test',
    bytes: 100,
    items: [`${repository}@${digest}`, ...tags.map((tag) => formatTagItem(repository, tag))],
    upstream: `registry.example/${repository}@${digest}`,
    from: { role: 'staging', repository },
    to: { role: 'production', repository },
    digest,
    absent: digest,
    protectTag: protectTagOf(digest),
    tags,
  };
}

export function tagStep(
  image: Pick<PushedImage, 'repository' | 'digest'>,
  tag: string,
  previous: string | null,
): TagStep {
  const { repository } = image;
  const id = formatTagItem(repository, tag);
  return {
    kind: 'tag',
    id,
    reason: 'test',
    bytes: 0,
    items: [id],
    repository,
    tag,
    digest: parseDigest(image.digest),
    previous: previous === null ? null : parseDigest(previous),
  };
}

export function protectTagOf(digest: string): string {
  return digest.replace(':', '-');
}

export function kinds(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.map((outcome) => outcome.kind);
}
