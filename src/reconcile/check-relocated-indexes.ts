import { isToolError } from '../base/tool-error.ts';
import { parseCatalog } from '../catalog/parse-catalog.ts';
import { listRewritable } from '../catalog/rewrite-images.ts';
import type { Catalog } from '../catalog/types.ts';
import { pointsAt } from '../cluster/find-pointers.ts';
import { joinPath } from '../images/map-path.ts';
import { readIndexCatalog } from '../index/read-index.ts';
import type { InUse } from '../manifest/in-use.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import { type HeldBundle, listHeld } from '../plan/held-bundles.ts';
import type { RelocateHindrance, RelocateUnclear } from '../plan/relocate-check-types.ts';
import type { RelocatedContext, RelocatedFindings } from './check-relocated-images.ts';

type NamedBundle = HeldBundle & { readonly package: string };

const NEXT =
  'Run `olmirror apply` with strategy relocate: it brings the index to staging under the name that production serves it by.';

/** Reads the indexes that staging serves by production's names, and looks for every installed and pending version in them. */
export async function checkRelocatedIndexes(
  inUse: InUse,
  manifest: MirrorManifest,
  context: RelocatedContext,
): Promise<RelocatedFindings> {
  const read = await Promise.all(
    manifest.catalogs.map((entry) => readIndex(entry, manifest, context)),
  );
  const catalogs = read.flatMap(({ catalog }) => (catalog === null ? [] : [catalog]));
  // A bundle that an unread index may serve is not known to be missing.
  const isWhole = read.every(({ unclear }) => unclear.length === 0);
  const lost = listNamed(inUse).filter((held) => !catalogs.some((it) => serves(it, held)));
  const missing = isWhole ? lost.map(describeLost) : [];
  return {
    proved: 0,
    hindrances: [...read.flatMap(({ hindrances }) => hindrances), ...missing],
    unclear: read.flatMap(({ unclear }) => unclear),
    warnings: [],
  };
}

interface ReadIndex {
  readonly catalog: Catalog | null;
  readonly hindrances: readonly RelocateHindrance[];
  readonly unclear: readonly RelocateUnclear[];
}

async function readIndex(
  entry: CatalogEntry,
  { registries }: MirrorManifest,
  { staging, prover, names, signal }: RelocatedContext,
): Promise<ReadIndex> {
  const repository = joinPath(registries.staging.pathPrefix, entry.repository.production);
  const subject = `${registries.staging.host}/${repository}:${entry.tag.production}`;
  const about = { cluster: null, subject, users: [], next: NEXT };
  const head = await staging.headManifest(repository, entry.tag.production, signal);
  if (head.state === 'unknown') return unclearIndex(about, head.message);
  if (head.state === 'absent') {
    const message = `Staging does not serve the index of ${entry.name}.`;
    return { ...EMPTY, hindrances: [{ ...about, kind: 'index-absent', message }] };
  }
  const proof = await prover.prove(repository, head.digest);
  if (proof.state === 'unknown') return unclearIndex(about, proof.message);
  if (proof.state === 'damaged') {
    const message = `Not all of the index of ${entry.name} is in staging.`;
    return { ...EMPTY, hindrances: [{ ...about, kind: 'index-damaged', message }] };
  }
  try {
    const { files } = await readIndexCatalog(staging, repository, head.digest);
    const { catalog } = parseCatalog(files);
    const bundles = [...catalog.packages.values()].flatMap((pkg) => pkg.bundles);
    const hindrances = bundles.flatMap((bundle) =>
      listRewritable(bundle)
        .filter((reference) => pointsAt(reference, names.production))
        .map((reference) => ({
          ...about,
          kind: 'index-names-production' as const,
          message: `${bundle.name} names ${reference}, which is in production.`,
        })),
    );
    return { catalog, hindrances, unclear: [] };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return unclearIndex(about, error.message);
  }
}

const EMPTY: ReadIndex = { catalog: null, hindrances: [], unclear: [] };

function unclearIndex(
  about: Omit<RelocateUnclear, 'kind' | 'message'>,
  message: string,
): ReadIndex {
  return { ...EMPTY, unclear: [{ ...about, kind: 'index', message }] };
}

// Of which package a bundle is, nothing may tell.
function listNamed(inUse: InUse): readonly NamedBundle[] {
  return listHeld(inUse).flatMap(({ package: name, ...held }) =>
    name === null ? [] : [{ ...held, package: name }],
  );
}

function serves(catalog: Catalog, held: NamedBundle): boolean {
  const found = catalog.packages.get(held.package);
  return found?.bundles.some(({ name }) => name === held.bundle) ?? false;
}

function describeLost(held: NamedBundle): RelocateHindrance {
  return {
    kind: 'not-served',
    cluster: held.cluster,
    subject: held.bundle,
    users: [held.user],
    message: `No index in staging serves ${held.bundle} of package ${held.package}.`,
    next: 'Keep the version in the catalog in Git and run `olmirror apply`, or uninstall it and run `olmirror in-use` again.',
  };
}
