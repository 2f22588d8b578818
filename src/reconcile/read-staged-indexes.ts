import type { Digest } from '../base/digest.ts';
import { isToolError } from '../base/tool-error.ts';
import { excludeFromDelivery } from '../catalog/exclude-content.ts';
import { findMissing } from '../catalog/find-missing.ts';
import { parseCatalog } from '../catalog/parse-catalog.ts';
import type { Catalog } from '../catalog/types.ts';
import { listCatalogWanted } from '../images/list-wanted.ts';
import { indexRepository } from '../images/map-path.ts';
import { turnAddresses } from '../images/normalize-addresses.ts';
import type { WantedImage } from '../images/types.ts';
import { readIndexCatalog } from '../index/read-index.ts';
import { dayOf } from '../manifest/day.ts';
import { isExpired } from '../manifest/exclude.ts';
import { formatIndexItem } from '../plan/item.ts';
import type { Hindrance, StagedIndex, Unclear } from '../plan/staging-types.ts';
import type { CatalogStatus, StatusReport } from '../plan/status-types.ts';
import type { Plan } from '../plan/types.ts';
import { findLoaded } from './find-loaded.ts';
import type { LoadedCatalog } from './load-state.ts';
import { type PreparedPass } from './prepare-pass.ts';

/** What an index in staging names. */
export interface StagedContent {
  readonly catalog: string;
  readonly digest: Digest;
  /** Not in Git yet, as far as commits go. */
  readonly pending: boolean;
  readonly images: readonly WantedImage[];
}

export interface StagedIndexes {
  readonly indexes: readonly StagedIndex[];
  readonly contents: readonly StagedContent[];
  readonly hindrances: readonly Hindrance[];
  readonly unclear: readonly Unclear[];
}

/** Says of the index that staging serves of each catalog whether it is merged and applied, and what it names. */
export async function readStagedIndexes(
  prepared: PreparedPass,
  { catalogs }: Pick<StatusReport, 'catalogs'>,
  now: Date,
): Promise<StagedIndexes> {
  const parts = await Promise.all(
    catalogs.map((status) => readOne(status, { prepared, today: dayOf(now) })),
  );
  return {
    indexes: parts.flatMap(({ indexes }) => indexes),
    contents: parts.flatMap(({ contents }) => contents),
    hindrances: parts.flatMap(({ hindrances }) => hindrances),
    unclear: parts.flatMap(({ unclear }) => unclear),
  };
}

interface Context {
  readonly prepared: PreparedPass;
  /** UTC date. */
  readonly today: string;
}

async function readOne(status: CatalogStatus, context: Context): Promise<StagedIndexes> {
  const { plan, state } = context.prepared;
  const loaded = findLoaded(state, status);
  const index = describeIndex(status, loaded, context);
  const judged = judgeDelivery(index, status, plan);
  const { digest } = index;
  if (digest === null) return { ...judged, indexes: [index], contents: [] };
  const read = await readContent(loaded, digest, context.prepared);
  if ('kind' in read)
    return { ...judged, indexes: [index], contents: [], unclear: [...judged.unclear, read] };
  const pending = index.state === 'not-merged' || index.state === 'merged-not-committed';
  return {
    ...judged,
    indexes: [index],
    contents: [{ catalog: status.catalog, digest, pending, images: read.images }],
    hindrances: [
      ...judged.hindrances,
      ...(pending ? [] : listLeft(index, { loaded, delivered: read.catalog }, context)),
    ],
  };
}

function describeIndex(
  { catalog, staging, servedId, wantedId }: CatalogStatus,
  { entry }: LoadedCatalog,
  { prepared: { state } }: Context,
): StagedIndex {
  const { host } = state.manifest.registries.staging;
  const repository = indexRepository(entry, state.manifest, 'staging');
  return {
    catalog,
    reference: `${host}/${repository}:${entry.tag.staging}`,
    state: staging.state,
    digest: staging.digest,
    recorded: staging.recorded,
    servedId,
    wantedId,
  };
}

function judgeDelivery(
  index: StagedIndex,
  status: CatalogStatus,
  plan: Plan,
): Pick<StagedIndexes, 'hindrances' | 'unclear'> {
  const { catalog, reference } = index;
  const subject = `${reference}${index.digest === null ? '' : `@${index.digest}`}`;
  switch (status.staging.state) {
    case 'none':
    case 'applied':
      return NOTHING;
    case 'unknown':
      return leaveOpen(subject, status.staging.message ?? 'Staging did not say what it serves.');
    case 'not-merged':
      return hinder('not-merged', {
        subject,
        message: `The index of ${catalog} that staging serves is in no delivery record of Git.`,
        next: `Run \`olmirror merge ${catalog}\`, commit what it writes, then \`olmirror apply\`.`,
      });
    case 'merged-not-committed':
      return hinder('merged-not-committed', {
        subject,
        message: `The index of ${catalog} is merged in the working tree only.`,
        next: 'Commit `catalogs/` and `deliveries/`, then run `olmirror apply`.',
      });
    case 'merged':
      return judgeMerged({ subject, catalog }, status, plan);
  }
}

function judgeMerged(
  { subject, catalog }: { readonly subject: string; readonly catalog: string },
  { action }: CatalogStatus,
  plan: Plan,
): Pick<StagedIndexes, 'hindrances' | 'unclear'> {
  const item = formatIndexItem(catalog);
  const outcome = plan.settled.find((settled) => settled.item === item);
  if (outcome?.kind === 'failed')
    return leaveOpen(
      subject,
      outcome.message ?? `What production serves of ${catalog} is unknown.`,
    );
  // Behind a pin the index waits; what it needs is Git's and production's already, or named by itself.
  if (action === 'pinned') return NOTHING;
  const check = plan.checks.find((it) => it.catalog === catalog && it.severity === 'blocked');
  const why = check === undefined ? '' : ` ${check.message}`;
  return hinder('not-applied', {
    subject,
    message: `The index of ${catalog} is merged, but production does not serve what Git says.${why}`,
    next: check?.hint ?? 'Run `olmirror apply`; `olmirror plan` says what it does.',
  });
}

const NOTHING = { hindrances: [], unclear: [] } as const;

function hinder(
  kind: Hindrance['kind'],
  finding: Omit<Hindrance, 'kind'>,
): Pick<StagedIndexes, 'hindrances' | 'unclear'> {
  return { hindrances: [{ kind, ...finding }], unclear: [] };
}

function leaveOpen(
  subject: string,
  message: string,
): Pick<StagedIndexes, 'hindrances' | 'unclear'> {
  const next = 'Run `olmirror status` for what the registries answer, and repeat the check.';
  return { hindrances: [], unclear: [{ kind: 'index', subject, message, next }] };
}

interface ReadContent {
  /** With upstream addresses. */
  readonly catalog: Catalog;
  readonly images: readonly WantedImage[];
}

async function readContent(
  { entry, catalog }: LoadedCatalog,
  digest: Digest,
  { state: { manifest }, registries }: PreparedPass,
): Promise<ReadContent | Unclear> {
  const repository = indexRepository(entry, manifest, 'staging');
  try {
    const { files } = await readIndexCatalog(registries.staging, repository, digest);
    const delivered = turnAddresses(parseCatalog(files).catalog, manifest, catalog).catalog;
    return {
      catalog: delivered,
      images: listCatalogWanted(entry.name, delivered, manifest).images,
    };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return {
      kind: 'index',
      subject: `${manifest.registries.staging.host}/${repository}@${digest}`,
      message: `What the index of ${entry.name} in staging names cannot be read: ${error.message}`,
      next: error.hint ?? 'Repeat the check once staging gives it out.',
    };
  }
}

interface Delivered {
  readonly loaded: LoadedCatalog;
  readonly delivered: Catalog;
}

// What a gap or a hold left out is in this index alone. Excludes are how a person says that it may go.
function listLeft(
  { catalog, digest, reference }: StagedIndex,
  { loaded, delivered }: Delivered,
  { prepared, today }: Context,
): readonly Hindrance[] {
  const record = prepared.state.records.find(
    (it) => it.catalog === catalog && it.digest === digest,
  );
  if (record === undefined) return [];
  const active = loaded.exclusions.filter((exclusion) => !isExpired(exclusion, today));
  const wanted = excludeFromDelivery(delivered, loaded.catalog, active).catalog;
  const missing = findMissing(loaded.catalog, wanted).bundles;
  const gaps = record.gaps.filter(
    (name) =>
      missing.some((bundle) => bundle.startsWith(`${name}/`)) ||
      active.every((exclusion) => exclusion.package !== name),
  );
  const held = missing.filter((bundle) => record.held.includes(bundle));
  const next = `merge again (\`olmirror merge ${catalog}\`) and commit; or say in rules/${catalog}/exclude.yaml that it is not wanted.`;
  return [
    ...gaps.map(
      (name): Hindrance => ({
        kind: 'gap',
        subject: `${reference}@${digest} ${name}`,
        message: `A gap left ${name} as it was when the index of ${catalog} was merged, so what it brings is in staging alone.`,
        next: `Close the gap (bring the missing bundle, or declare a bridge in rules/${catalog}/bridges.yaml), ${next}`,
      }),
    ),
    ...held.map(
      (bundle): Hindrance => ({
        kind: 'held',
        subject: `${reference}@${digest} ${bundle}`,
        message: `${bundle} was held back when the index of ${catalog} was merged, as its images were missing.`,
        next: `Bring its images, ${next}`,
      }),
    ),
  ];
}
