import type { Digest } from '../base/digest.ts';
import type { Asked } from '../images/find-asked.ts';
import { indexRepository } from '../images/map-path.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { CatalogEntry, DeliveryRecord, MirrorManifest, PerRole } from '../manifest/types.ts';
import type { ExplainedChange } from '../plan/explain-types.ts';
import type { CatalogIndexes, ListedIndex } from '../plan/index-types.ts';
import type { RegistryPort } from '../registry/port.ts';
import type { Explainable, Found } from './find-explained.ts';
import { type ListIndexesContext, listIndexes } from './list-indexes.ts';
import { findChild } from './read-children.ts';

export interface IndexSearch extends Pick<ListIndexesContext, 'readSubject' | 'today' | 'signal'> {
  readonly manifest: MirrorManifest;
  readonly registries: PerRole<RegistryPort>;
  readonly records: readonly DeliveryRecord[];
  /** The tag that clusters are told of. */
  readonly readServedTag: (entry: CatalogEntry) => Promise<string>;
}

/** An index of a catalog, or the delivery's. */
interface Candidate {
  readonly entry: CatalogEntry;
  readonly role: 'production' | 'staging';
  readonly tag: string;
  /** Null where the tag points nowhere, or where that is not known. */
  readonly digest: Digest | null;
  readonly listed: ListedIndex | null;
  /** Why Git wants it; null where it does not. */
  readonly item: string | null;
  readonly remark: string;
}

/** Enough for years of indexes; each costs a request. */
const MOST_READ = 100;

/**
 * Finds the index images that are meant: by the tag that serves, a tag that never moves, the digest
 * or image id, or the digest of one platform; and what staging holds under the tag of a delivery.
 */
export async function findIndexes(asked: Asked, search: IndexSearch): Promise<Found> {
  const images: Explainable[] = [];
  const faults: string[] = [];
  for (const entry of search.manifest.catalogs) {
    if (!mayBeOf(asked, entry, search.manifest)) continue;
    const { candidates, faults: own } = await listCandidates(entry, search);
    faults.push(...own);
    const match = candidates.find((candidate) => isMeant(asked, candidate));
    if (match !== undefined) images.push(buildIndex(match, search, []));
    else {
      const found = await findByChild(asked, candidates, search);
      images.push(...found.images);
      faults.push(...found.faults);
    }
  }
  return { images, faults };
}

function mayBeOf(asked: Asked, entry: CatalogEntry, manifest: MirrorManifest): boolean {
  if (asked.kind !== 'reference') return asked.kind === 'digest';
  return asked.places.some(
    ({ role, repository }) => indexRepository(entry, manifest, role ?? 'production') === repository,
  );
}

async function listCandidates(
  entry: CatalogEntry,
  search: IndexSearch,
): Promise<{ readonly candidates: readonly Candidate[]; readonly faults: readonly string[] }> {
  const { manifest, registries, signal } = search;
  const servedTag = await search.readServedTag(entry);
  const list = await listIndexes(entry, {
    ...search,
    registry: registries[servingRole(manifest)],
    servedTag,
  });
  const staged = await registries.staging.headManifest(
    indexRepository(entry, manifest, 'staging'),
    entry.tag.staging,
    signal,
  );
  const faults = [list.served, staged].flatMap((found) =>
    found.state === 'unknown' ? [found.message] : [],
  );
  const candidates: Candidate[] = [
    {
      entry,
      role: 'production',
      tag: servedTag,
      digest: list.served.state === 'present' ? list.served.digest : null,
      listed: list.indexes.find(({ served }) => served) ?? null,
      item: 'index',
      remark: `It is what production serves of catalog ${entry.name}.`,
    },
    ...list.indexes.map((listed) => listEarlier(entry, listed, list)),
    {
      entry,
      role: 'staging',
      tag: entry.tag.staging,
      digest: staged.state === 'present' ? staged.digest : null,
      listed: null,
      item: null,
      remark: `It is the delivery in staging for catalog ${entry.name}.`,
    },
  ];
  return { candidates, faults: list.fault === null ? faults : [list.fault, ...faults] };
}

function listEarlier(entry: CatalogEntry, listed: ListedIndex, list: CatalogIndexes): Candidate {
  const { tag, digest, served, pinned } = listed;
  const remark = served
    ? `It is the index of catalog ${entry.name} that ${list.servedTag} serves, under its tag that never moves.`
    : `It is another index of catalog ${entry.name}, kept as a way back: \`olmirror index rollback ${tag}\`.`;
  const item = pinned ? 'pin of the index' : null;
  const place = { entry, role: 'production', tag, digest, listed } as const;
  return { ...place, item: served ? 'index' : item, remark };
}

function isMeant(asked: Asked, { role, tag, digest, listed }: Candidate): boolean {
  if (asked.kind === 'name') return false;
  if (asked.kind === 'digest')
    return [digest, listed?.imageId].some((known) => known?.startsWith(`sha256:${asked.hex}`));
  if (!asked.places.some((place) => (place.role ?? 'production') === role)) return false;
  if (asked.digest !== null) return digest === asked.digest;
  return asked.tag === null || asked.tag === tag;
}

async function findByChild(
  asked: Asked,
  candidates: readonly Candidate[],
  search: IndexSearch,
): Promise<Found> {
  const wanted = digestStart(asked);
  if (wanted === null) return { images: [], faults: [] };
  const looked = candidates.slice(0, MOST_READ);
  const faults =
    looked.length < candidates.length
      ? [
          `only ${looked.length} of ${candidates.length} indexes were looked through for their parts`,
        ]
      : [];
  for (const candidate of looked) {
    const { entry, role, digest } = candidate;
    if (digest === null) continue;
    const repository = indexRepository(entry, search.manifest, role);
    const image = { repository, reference: digest, wanted };
    const { remark, fault } = await findChild(search.registries[role], image);
    if (remark !== null) return { images: [buildIndex(candidate, search, [remark])], faults };
    if (fault !== null) faults.push(fault);
  }
  return { images: [], faults };
}

function digestStart(asked: Asked): string | null {
  if (asked.kind === 'digest') return `sha256:${asked.hex}`;
  return asked.kind === 'reference' ? asked.digest : null;
}

function buildIndex(
  { entry, role, tag, digest, listed, item, remark }: Candidate,
  search: IndexSearch,
  remarks: readonly string[],
): Explainable {
  const { manifest, records } = search;
  const serving = servingRole(manifest);
  const repository = {
    production: indexRepository(entry, manifest),
    staging: indexRepository(entry, manifest, 'staging'),
  };
  const record = records.find((candidate) => candidate.digest === digest);
  const taken =
    record === undefined
      ? []
      : [`It was taken in on ${record.date} by \`olmirror ${record.command}\`.`];
  return {
    key: `${repository[role]}:${tag}`,
    kind: 'index',
    upstream: `${manifest.registries[role].host}/${repository[role]}:${tag}`,
    digest,
    tag: digest === null ? tag : null,
    repository,
    serving,
    demandedTags: [],
    arrivalTags: [],
    neededBy: item === null ? [] : [{ catalog: entry.name, package: null, item }],
    remarks: [...remarks, remark, ...taken],
    ...(listed === null ? {} : sayOrigin(listed)),
  };
}

function sayOrigin({
  revision,
  created,
  subject,
}: ListedIndex): { readonly since: ExplainedChange } | null {
  const time = created === null ? Number.NaN : Date.parse(created);
  if (revision === null || Number.isNaN(time)) return null;
  return {
    since: {
      commit: { revision, time: new Date(time).toISOString(), subject: subject ?? '' },
      message: 'the first commit that it was built of, as it says itself',
    },
  };
}
