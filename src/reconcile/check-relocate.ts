import type { Clock } from '../base/clock.ts';
import { digestOf } from '../base/digest.ts';
import { hasErrors } from '../base/problem.ts';
import { compareBytes } from '../base/text.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import type { Snapshot } from '../git/port.ts';
import { chooseRead } from '../images/choose-read.ts';
import { hasPathPrefix } from '../images/map-path.ts';
import { createImageProver } from '../images/prove-image.ts';
import { IN_USE_FILE, type InUse } from '../manifest/in-use.ts';
import { undoSwap } from '../manifest/relocation.ts';
import type { MirrorManifest, PerRole, RoleName } from '../manifest/types.ts';
import { judgeInUse, judgeOverlooked } from '../plan/judge-in-use.ts';
import type {
  CheckedInput,
  RelocateCheck,
  RelocateHindrance,
} from '../plan/relocate-check-types.ts';
import { sealRelocateCheck } from '../plan/seal-relocate-check.ts';
import type { RegistryPort } from '../registry/port.ts';
import { checkDeclaredPointers } from './check-declared-pointers.ts';
import { checkRelocatedImages, type RelocatedFindings } from './check-relocated-images.ts';
import { checkRelocatedIndexes } from './check-relocated-indexes.ts';
import { listHeldImages } from './list-held-images.ts';
import { createStateLoader, type LoadedCatalog } from './load-state.ts';
import { nameRole } from './name-role.ts';
import { readClusterFiles } from './read-cluster-files.ts';
import { readInUse } from './read-in-use.ts';

export interface RelocateCheckContext {
  readonly snapshot: Snapshot;
  readonly manifestFile: string;
  readonly openRegistries: (manifest: MirrorManifest) => PerRole<RegistryPort>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Finds out whether clusters need production no more, by HEAD and GET alone. Throws `MANIFEST_IN_USE_INVALID`, also
 * where there is no `in-use.yaml`.
 */
export async function checkRelocate(context: RelocateCheckContext): Promise<RelocateCheck> {
  const { snapshot, manifestFile, clock, signal } = context;
  const state = await createStateLoader()(snapshot, manifestFile);
  const manifest = undoSwap(state.manifest);
  const declared = await readClusterFiles(snapshot);
  const inUse = await requireInUse(snapshot);
  const { production, staging } = context.openRegistries(manifest);
  const names = {
    production: nameRole('production', manifest),
    staging: nameRole('staging', manifest),
  };
  const prover = createImageProver(staging, {
    chooseRead: chooseRead('deep', clock.now()),
    signal,
  });
  const asking = { production, staging, names, manifest, prover, signal };
  const held = listHeldImages(state.catalogs, inUse, manifest);
  const images = await Promise.all(
    inUse.observed.map((cluster) =>
      checkRelocatedImages({ cluster, held: held.get(cluster.name) ?? [] }, asking),
    ),
  );
  const parts = [
    ...images,
    await checkRelocatedIndexes(inUse, manifest, asking),
    checkDeclaredPointers(declared, names.production),
    checkCatalogs(state.catalogs),
  ];
  const gaps = listGaps(inUse, manifest, clock);
  const wipeable = await listWipeable(production, manifest, signal);
  return sealRelocateCheck({
    apiVersion: 'olmirror/v1alpha1',
    kind: 'RelocateCheck',
    mirror: manifest.name,
    revision: snapshot.revision,
    time: clock.now().toISOString(),
    production: describeRole('production', manifest),
    staging: describeRole('staging', manifest),
    inputs: [
      ...(await readInputs(snapshot, [
        manifestFile,
        IN_USE_FILE,
        ...declared.map(({ path }) => path),
      ])),
      ...state.catalogs.map(({ entry, content }) => ({ file: entry.path, digest: content })),
    ],
    clusters: inUse.observed.map((cluster) => ({
      name: cluster.name,
      seen: cluster.seen,
      images: cluster.images.length,
      bundles: cluster.bundles.length,
    })),
    proved: parts.reduce((sum, { proved }) => sum + proved, 0),
    hindrances: [...gaps, ...parts.flatMap(({ hindrances }) => hindrances)],
    unclear: parts.flatMap(({ unclear }) => unclear),
    warnings: parts.flatMap(({ warnings }) => warnings),
    wipeable,
    requests: production.countRequests() + staging.countRequests(),
  });
}

// What bundles need that nobody can read is not known to be there.
function checkCatalogs(catalogs: readonly LoadedCatalog[]): RelocatedFindings {
  const unsound = catalogs.filter(({ problems }) => hasErrors(problems));
  return {
    proved: 0,
    hindrances: [],
    unclear: unsound.map(({ entry }) => ({
      kind: 'catalog',
      cluster: null,
      subject: entry.path,
      users: [],
      message: `The catalog ${entry.name} in Git has faults, so which images its installed versions need is not known.`,
      next: 'Correct what `olmirror validate` names, and commit it.',
    })),
    warnings: [],
  };
}

async function requireInUse(snapshot: Snapshot): Promise<InUse> {
  const inUse = await readInUse(snapshot);
  if (inUse !== null && inUse.clusters.length > 0) return inUse;
  throw new ToolError(
    'MANIFEST_IN_USE_INVALID',
    `${IN_USE_FILE} names no cluster, so nobody knows what is in use.`,
    { hint: 'Look at every cluster with `olmirror in-use`, and commit the file.' },
  );
}

function listGaps(
  inUse: InUse,
  { inUse: settings }: MirrorManifest,
  clock: Clock,
): readonly RelocateHindrance[] {
  const rules = { settings, now: clock.now() };
  const gaps = [...judgeInUse(inUse, rules), ...judgeOverlooked(inUse, rules)];
  return gaps.map(({ cluster, message, hint }) => ({
    kind: 'in-use-gap',
    cluster,
    subject: cluster,
    users: [],
    message,
    next: hint,
  }));
}

function describeRole(role: RoleName, { registries }: MirrorManifest): RelocateCheck['staging'] {
  const { host, aliases, pathPrefix } = registries[role];
  return { host, aliases, pathPrefix };
}

async function readInputs(
  snapshot: Snapshot,
  files: readonly string[],
): Promise<readonly CheckedInput[]> {
  return Promise.all(
    files.map(async (file) => ({
      file,
      digest: digestOf((await snapshot.readFile(file)) ?? new Uint8Array()),
    })),
  );
}

async function listWipeable(
  production: RegistryPort,
  { registries }: MirrorManifest,
  signal: AbortSignal,
): Promise<readonly string[] | null> {
  try {
    const listed = await production.listRepositories(signal);
    const { pathPrefix } = registries.production;
    return listed?.filter((path) => hasPathPrefix(path, pathPrefix)).toSorted(compareBytes) ?? null;
  } catch (error) {
    if (!isToolError(error)) throw error;
    return null;
  }
}
