import { hasErrors } from '../base/problem.ts';
import { compareBytes } from '../base/text.ts';
import { isToolError, type ToolError } from '../base/tool-error.ts';
import type { Catalog } from '../catalog/types.ts';
import type { Snapshot } from '../git/port.ts';
import { listWanted } from '../images/list-wanted.ts';
import { servedRepository } from '../images/map-path.ts';
import { diffSettings } from '../manifest/diff-settings.ts';
import type { CatalogEntry, MirrorManifest, MirrorPolicy } from '../manifest/types.ts';
import type { ServedChange } from '../plan/cluster-upgrades.ts';
import type { PolicyFacts } from '../plan/policy-types.ts';
import { checkRelocation, judgeRelocation } from '../plan/relocation-checks.ts';
import {
  checkClusters,
  checkDebt,
  checkFaults,
  checkPackages,
  checkRemoved,
} from '../plan/review-checks.ts';
import type {
  CatalogReview,
  ClusterUpgrade,
  Review,
  ReviewedCommit,
} from '../plan/review-types.ts';
import type { Check } from '../plan/types.ts';
import { checkInUseFile } from '../plan/upgrade-checks.ts';
import { describePackages } from './describe-packages.ts';
import { findUpgrades } from './find-upgrades.ts';
import { type ChangedSide, readChangedPackages } from './read-changed-packages.ts';
import { readManifest } from './read-manifest.ts';
import { readRecords } from './read-records.ts';
import { type RelocatedSides, readRelocatedSides } from './read-relocated-sides.ts';
import { readMissingList, readWaivers } from './read-rules.ts';

export interface ReviewedSides {
  readonly from: Snapshot;
  readonly to: Snapshot;
  readonly manifestFile: string;
  /** UTC, `YYYY-MM-DD`: waivers end. */
  readonly today: string;
}

/**
 * Compares two commits, asking no registry. A catalog of the earlier one that cannot be read is told and not
 * compared. Throws what is wrong with the later one's manifest.
 */
export async function buildReview(sides: ReviewedSides): Promise<Omit<Review, 'plan'>> {
  const manifest = await readManifest(sides.to, sides.manifestFile);
  const earlier = await readEarlier(sides, manifest);
  const relocated = await readIfRelocated(sides, [earlier.manifest, manifest]);
  const compared: ComparedCatalog[] = [];
  for (const pair of pairCatalogs(earlier.manifest, manifest))
    compared.push(
      await compareCatalog(pair, sides, { before: earlier.manifest, after: manifest, relocated }),
    );
  const inUse = await findUpgrades(sides.to, () =>
    Promise.resolve(compared.flatMap(({ served }) => served ?? [])),
  );
  const upgrades = inUse === null || inUse.fault !== null ? null : inUse.upgrades;
  const { policy } = manifest;
  const facts = await readPolicyFacts(compared, manifest, sides);
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Review',
    mirror: manifest.name,
    from: describeCommit(sides.from),
    to: describeCommit(sides.to),
    catalogs: compared.map(({ review }) => review),
    settings: await readSettings(sides),
    images: diffImages(compared, earlier.manifest, manifest),
    upgrades,
    checks: [
      ...earlier.checks,
      ...(inUse === null ? [] : checkInUseFile({ inUse, manifest })),
      ...checkRelocated(relocated, manifest),
      ...compared.flatMap(({ review, checks }) => [
        ...checks,
        ...listOwnChecks(review, upgrades ?? [], { policy, facts }),
      ]),
    ],
  };
}

// Nothing but the manifests tells whether to read all of both commits.
async function readIfRelocated(
  sides: ReviewedSides,
  manifests: readonly (MirrorManifest | null)[],
): Promise<RelocatedSides | null> {
  if (manifests.every((it) => it === null || it.strategy === 'append')) return null;
  return readRelocatedSides(sides, new Date(`${sides.today}T00:00:00Z`));
}

function checkRelocated(
  relocated: RelocatedSides | null,
  { catalogs }: MirrorManifest,
): readonly Check[] {
  if (relocated === null || relocated.relocation === null) return [];
  const { relocation } = relocated;
  return [
    ...checkRelocation({ relocation }),
    ...catalogs.flatMap(({ name, pin }) =>
      judgeRelocation({ catalog: name, pin }, { relocation }).map(
        ({ code: _code, ...check }) => check,
      ),
    ),
  ];
}

// Of a catalog only what differs was read: its other packages are judged where the index is planned.
async function readPolicyFacts(
  compared: readonly ComparedCatalog[],
  { catalogs }: Pick<MirrorManifest, 'catalogs'>,
  { to, today }: Pick<ReviewedSides, 'to' | 'today'>,
): Promise<PolicyFacts> {
  const files = await Promise.all(catalogs.map((entry) => readWaivers(to, entry)));
  return {
    waivers: files.flatMap(({ waivers }) => waivers),
    records: await readRecords(to),
    signatures: null,
    packages: new Map(
      compared.map(({ review, after }) => [review.catalog, [...after.packages.keys()]]),
    ),
    today,
  };
}

function listOwnChecks(
  { catalog, change, packages }: CatalogReview,
  upgrades: readonly ClusterUpgrade[],
  { policy, facts }: { readonly policy: MirrorPolicy; readonly facts: PolicyFacts },
): readonly Check[] {
  const own = { catalog, policy, facts };
  const told =
    change === 'removed'
      ? [checkRemoved(catalog, packages ?? [])]
      : checkPackages(packages ?? [], upgrades, own);
  return [...checkClusters(upgrades, own), ...told];
}

function describeCommit({ revision, subject, time }: Snapshot): ReviewedCommit {
  return { revision, subject, time };
}

interface Earlier {
  /** Null where the commit has none. */
  readonly manifest: MirrorManifest | null;
  readonly checks: readonly Check[];
}

// A manifest that was broken is being mended: the catalogs are compared by what the later one says.
async function readEarlier(
  { from, manifestFile }: ReviewedSides,
  later: MirrorManifest,
): Promise<Earlier> {
  try {
    return { manifest: await readManifest(from, manifestFile), checks: [] };
  } catch (error) {
    if (isToolError(error, 'MANIFEST_NOT_FOUND')) return { manifest: null, checks: [] };
    if (isToolError(error, 'MANIFEST_INVALID'))
      return { manifest: later, checks: [brokenManifest(error)] };
    throw error;
  }
}

function brokenManifest(error: ToolError): Check {
  return {
    kind: 'invalid',
    severity: 'warning',
    message: `The manifest of the earlier commit cannot be read, so its catalogs are looked for where the later one says. ${error.message}`,
    hint: null,
    catalog: null,
    item: null,
    neededBy: [],
  };
}

interface Pair {
  readonly name: string;
  readonly before: CatalogEntry | null;
  readonly after: CatalogEntry | null;
}

function pairCatalogs(before: MirrorManifest | null, after: MirrorManifest): readonly Pair[] {
  const old = new Map((before?.catalogs ?? []).map((entry) => [entry.name, entry]));
  const fresh = new Map(after.catalogs.map((entry) => [entry.name, entry]));
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .toSorted(compareBytes)
    .map((name) => ({ name, before: old.get(name) ?? null, after: fresh.get(name) ?? null }));
}

interface ComparedCatalog {
  readonly review: CatalogReview;
  readonly checks: readonly Check[];
  readonly before: Catalog;
  readonly after: Catalog;
  /** Null where one side cannot be read. */
  readonly served: ServedChange | null;
}

async function compareCatalog(
  { name, before, after }: Pair,
  { from, to }: ReviewedSides,
  manifests: {
    readonly before: MirrorManifest | null;
    readonly after: MirrorManifest;
    readonly relocated: RelocatedSides | null;
  },
): Promise<ComparedCatalog> {
  const entry = after ?? before;
  if (entry === null) throw new Error('A catalog is of one commit at least.');
  const [old, fresh] = await readSides({ name, before, after }, { from, to }, manifests.relocated);
  const readable = !hasErrors(old.problems) && !hasErrors(fresh.problems);
  const packages = readable ? describePackages(old.catalog, fresh.catalog) : null;
  const manifest = after === null ? (manifests.before ?? manifests.after) : manifests.after;
  return {
    review: {
      catalog: name,
      change: judgeChange(old, fresh),
      target: `${servedRepository(entry, manifest)}:${entry.tag.production}`,
      before: hasErrors(old.problems) ? null : old.tree,
      after: hasErrors(fresh.problems) ? null : fresh.tree,
      packages,
    },
    checks: [
      checkFaults(name, old.problems, { name: 'earlier' }),
      checkFaults(name, fresh.problems, { name: 'later' }),
      before === null || after === null
        ? null
        : checkDebt(
            name,
            (await readMissingList(from, before)).listed,
            (await readMissingList(to, after)).listed,
          ),
    ].filter((check) => check !== null),
    before: old.catalog,
    after: fresh.catalog,
    served: readable ? { entry, before: old.catalog, after: fresh.catalog } : null,
  };
}

async function readSides(
  { before, after }: Pair,
  { from, to }: Pick<ReviewedSides, 'from' | 'to'>,
  relocated: RelocatedSides | null,
): Promise<readonly [ChangedSide, ChangedSide]> {
  if (relocated !== null) return relocated.compare(before, after);
  return readChangedPackages({ snapshot: from, entry: before }, { snapshot: to, entry: after });
}

function judgeChange(before: ChangedSide, after: ChangedSide): CatalogReview['change'] {
  if (before.tree === null) return 'added';
  if (after.tree === null) return 'removed';
  return before.tree === after.tree ? 'same' : 'changed';
}

async function readSettings({ from, to, manifestFile }: ReviewedSides): Promise<readonly string[]> {
  const [before, after] = await Promise.all(
    [from, to].map((snapshot) => snapshot.readFile(manifestFile)),
  );
  if (!before || !after) return [];
  return diffSettings(Buffer.from(before).toString(), Buffer.from(after).toString());
}

function diffImages(
  compared: readonly ComparedCatalog[],
  before: MirrorManifest | null,
  after: MirrorManifest,
): Review['images'] {
  const old = before === null ? new Set<string>() : listUpstream(compared, before, 'before');
  const fresh = listUpstream(compared, after, 'after');
  return {
    added: [...fresh].filter((image) => !old.has(image)).toSorted(compareBytes),
    removed: [...old].filter((image) => !fresh.has(image)).toSorted(compareBytes),
  };
}

function listUpstream(
  compared: readonly ComparedCatalog[],
  manifest: MirrorManifest,
  side: 'before' | 'after',
): ReadonlySet<string> {
  const catalogs = new Map(compared.map((entry) => [entry.review.catalog, entry[side]]));
  const { images, unreadable } = listWanted({ manifest, catalogs, releases: [] });
  return new Set([...images, ...unreadable].map(({ upstream }) => upstream));
}
